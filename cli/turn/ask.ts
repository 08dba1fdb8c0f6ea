/** Lines that a person writes on the terminal, one at a time. */
import { createInterface, type Interface } from 'node:readline';
import type { Io } from '../io.js';

export class Lines {
  readonly #io: Io;
  readonly #interface: Interface;
  readonly #lines: AsyncIterator<string>;

  /** Not in raw mode: Ctrl+C stays the signal that cancels the prompt. */
  constructor(io: Io, signal: AbortSignal) {
    this.#io = io;
    this.#interface = createInterface({ input: io.stdin, terminal: false, signal });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  /** The next line, trimmed; undefined when somebody else has answered or the input has ended. */
  async ask(prompt: string): Promise<string | undefined> {
    this.#io.stderr.write(prompt);
    const { value, done } = await this.#lines.next();
    return done ? undefined : value.trim();
  }

  close(): void {
    this.#interface.close();
    this.#io.stdin.pause();
  }
}
