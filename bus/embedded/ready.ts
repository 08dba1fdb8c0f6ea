/** The messages of a queue that wait for a consumer, in the order in which they were published. */
import type { Message } from './message.js';
import type { Hold } from './queue.js';

export interface Entry {
  readonly message: Message;
  /** Grows with every message of the queue: where an entry belongs when it comes back. */
  readonly position: number;
  /** Milliseconds since 1970; Infinity for never. */
  readonly expiresAt: number;
  readonly hold: Hold | undefined;
  redelivered: boolean;
}

/** Taken entries leave a gap at the front, which is closed when it has become the larger part. */
const COMPACT_AT = 1_024;

export class Ready {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #position = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  append(message: Message, expiresAt: number, hold: Hold | undefined): void {
    this.#entries.push({ message, position: this.#position++, expiresAt, hold, redelivered: false });
    this.#bytes += message.bodySize;
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (!entry) return undefined;
    this.#entries[this.#head++] = undefined;
    this.#bytes -= entry.message.bodySize;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    } else if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    }
    return entry;
  }

  /** Puts entries back in their old places. */
  restore(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    for (const { message } of entries) this.#bytes += message.bodySize;
    const all = [...entries, ...this.#entries.slice(this.#head)] as Entry[];
    this.#entries = all.sort((a, b) => a.position - b.position);
    this.#head = 0;
  }
}
