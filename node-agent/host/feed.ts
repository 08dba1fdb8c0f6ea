/**
 * Brings the events of a process to its script, in order, one batch at a time. Nothing is thrown away: what no handler wants yet
 * waits, and its source with it; what a renewed VM had not finished is given again.
 */

/** Items that may wait before the source is paused. */
const MAX_WAITING = 1_000;

export type StreamEvent = 'line' | 'data' | 'exit';

export interface FeedOptions {
  /** Resolves when the script has handled the items; 'again' when it has not and must get them again. */
  deliver(event: StreamEvent, items: unknown[]): Promise<'done' | 'again'>;
  source: { pause(): void; resume(): void };
}

export class Feed {
  private readonly wanted = new Set<StreamEvent>();
  private waiting: { event: StreamEvent; item: unknown }[] = [];
  private delivering = false;

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
      const handled = await this.options.deliver(
        event,
        batch.map(({ item }) => item),
      );
      if (handled === 'again') this.waiting.unshift(...batch);
    }
    this.delivering = false;
    if (this.wantsOutput && this.waiting.length < MAX_WAITING) this.options.source.resume();
  }

  private get wantsOutput(): boolean {
    return this.wanted.has('line') || this.wanted.has('data');
  }

  /** The first items of one kind. Output that only the other kind of handler wants is passed over. */
  private next(): { event: StreamEvent; item: unknown }[] {
    if (this.wantsOutput)
      this.waiting = this.waiting.filter(({ event }) => event === 'exit' || this.wanted.has(event));
    const event = this.waiting[0]?.event;
    if (event === undefined || !this.wanted.has(event)) return [];
    const end = this.waiting.findIndex((entry) => entry.event !== event);
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }
}
