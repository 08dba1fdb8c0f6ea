/**
 * Bytes of all messages that the broker holds. Above the limit those who publish wait; consumers go on, so it falls again.
 */

/** Bytes of message bodies at which publishers are made to wait. They go on at four fifths of it. */
export const DEFAULT_MEMORY_LIMIT = 512 * 1024 * 1024;

export class Memory {
  #bytes = 0;
  #full = false;
  readonly #listeners = new Set<(full: boolean) => void>();

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Calls back when the limit is reached and when there is room again. Returns the way to stop. */
  onChange(listener: (full: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#full && this.#bytes > this.limit) this.#set(true);
  }

  subtract(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#full && this.#bytes <= this.limit * 0.8) this.#set(false);
  }

  #set(full: boolean): void {
    this.#full = full;
    for (const listener of [...this.#listeners]) listener(full);
  }
}
