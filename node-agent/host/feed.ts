/**
 * Brings the events of a process to its script, in order, one batch at a time. Nothing is thrown away: what no handler wants yet
 * waits, and its source with it; what a renewed VM had not finished is given again.
 */

/** Items that may wait before the source is paused. */
const MAX_WAITING = 1_000;

/** Items that the script gets in one go, so that many of them are not taken for a script that never stops computing. */
const MAX_BATCH = 256;

export type StreamEvent = 'line' | 'data' | 'exit';

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
  private waiting: { event: StreamEvent; item: unknown }[] = [];
  private delivering = false;
  private held = false;
  /** Items of the batch under way that the script has told to be handled. */
  private progress = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly options: FeedOptions) {}

  /** The script has a handler for these events. The first one for output starts the source. */
  listen(event: StreamEvent): void {
    this.wanted.add(event);
    void this.pump();
  }

  /** The VM is new: its handlers are gone until it listens again. */
  forgetHandlers(): void {
    this.wanted.clear();
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
    if (!this.held && this.wantsOutput && this.waiting.length < MAX_WAITING) this.options.source.resume();
  }

  private get wantsOutput(): boolean {
    return this.wanted.has('line') || this.wanted.has('data');
  }

  /** The first items of one kind. Output that only the other kind of handler wants is passed over. */
  private next(): { event: StreamEvent; item: unknown }[] {
    if (this.held) return [];
    if (this.wantsOutput)
      this.waiting = this.waiting.filter(({ event }) => event === 'exit' || this.wanted.has(event));
    const event = this.waiting[0]?.event;
    if (event === undefined || !this.wanted.has(event)) return [];
    const end = this.waiting.findIndex((entry) => entry.event !== event);
    return this.waiting.splice(0, Math.min(end < 0 ? this.waiting.length : end, MAX_BATCH));
  }
}
