/**
 * Brings the events of a process, a terminal or a file to its script, in order, one batch at a time. Nothing is thrown away: what
 * no handler wants yet waits, and its source with it; what a renewed VM had not finished is given again.
 */

/** Items that may wait before the source is paused. */
const MAX_WAITING = 1_000;

/** Items that the script gets in one go, so that many of them are not taken for a script that never stops computing. */
const MAX_BATCH = 256;

export type StreamEvent = 'line' | 'data' | 'status' | 'title' | 'exit';

/** Of output, a script takes one form; the other is passed over. */
const isOutput = (event: StreamEvent): boolean => event === 'line' || event === 'data';

/** What nobody asked for does not hold up the rest. */
const isState = (event: StreamEvent): boolean => event === 'status' || event === 'title';

export interface FeedOptions {
  /**
   * Resolves when the script has handled the items; 'again' when a renewed VM must get those that it has not handled; 'spoilt'
   * when the first of these is what the script could not cope with.
   */
  deliver(event: StreamEvent, items: unknown[]): Promise<'done' | 'again' | 'spoilt'>;
  source: { pause(): void; resume(): void };
}

export class Feed {
  private readonly wanted = new Set<StreamEvent>();
  /** What some VM of this script has listened to. */
  private readonly known = new Set<StreamEvent>();
  private waiting: { event: StreamEvent; item: unknown }[] = [];
  private flowing = false;
  private delivering = false;
  private held = false;
  /** Items of the batch under way that the script has told to be handled. */
  private progress = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly options: FeedOptions) {}

  /** The script has a handler for these events. The first one for output starts the source. */
  listen(event: StreamEvent): void {
    this.wanted.add(event);
    this.known.add(event);
    if (isOutput(event)) this.flowing = true;
    void this.pump();
  }

  /** The script takes the output in another way, so the source may run. */
  flow(): void {
    if (this.flowing) return;
    this.flowing = true;
    void this.pump();
  }

  /** Whether the script has ever listened to these events. */
  knows(event: StreamEvent): boolean {
    return this.known.has(event);
  }

  /** Whether such an event waits for its handler. */
  has(event: StreamEvent): boolean {
    return this.waiting.some((entry) => entry.event === event);
  }

  /** The VM is new: its handlers are gone until it listens again. */
  forgetHandlers(): void {
    this.wanted.clear();
    this.flowing = false;
    this.options.source.pause();
  }

  /** One more item of the batch under way is handled. */
  handled(): void {
    this.progress++;
  }

  /** Hands over nothing more until release(). */
  hold(): void {
    this.held = true;
    this.options.source.pause();
  }

  release(): void {
    this.held = false;
    void this.pump();
  }

  /** Resolves when the script has had all that it wants of what came so far. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.idle.push(resolve);
      void this.pump();
    });
  }

  push(event: StreamEvent, item: unknown): void {
    this.waiting.push({ event, item });
    if (this.waiting.length >= MAX_WAITING) this.options.source.pause();
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.delivering) return;
    this.delivering = true;
    for (let batch = this.next(); batch.length > 0; batch = this.next()) {
      const { event } = batch[0]!;
      this.progress = 0;
      const handled = await this.options.deliver(
        event,
        batch.map(({ item }) => item),
      );
      if (handled !== 'done')
        this.waiting.unshift(...batch.slice(this.progress + (handled === 'spoilt' ? 1 : 0)));
    }
    this.delivering = false;
    if (!this.held) for (const resolve of this.idle.splice(0)) resolve();
    if (!this.held && this.flowing && this.waiting.length < MAX_WAITING) this.options.source.resume();
  }

  /** The first items of one kind. Output that only the other kind of handler wants is passed over. */
  private next(): { event: StreamEvent; item: unknown }[] {
    if (this.held) return [];
    if (this.wanted.has('line') || this.wanted.has('data'))
      this.waiting = this.waiting.filter(({ event }) => !isOutput(event) || this.wanted.has(event));
    const start = this.waiting.findIndex(({ event }) => this.wanted.has(event) || !isState(event));
    const event = this.waiting[start]?.event;
    if (event === undefined || !this.wanted.has(event)) return [];
    const rest = this.waiting.slice(start).findIndex((entry) => entry.event !== event);
    const count = rest < 0 ? this.waiting.length - start : rest;
    return this.waiting.splice(start, Math.min(count, MAX_BATCH));
  }
}
