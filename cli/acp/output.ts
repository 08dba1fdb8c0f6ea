/** Lines to the editor, in order. When it reads slowly, `busy` holds back whoever has more to say. */
import type { Writable } from 'node:stream';

export class Output {
  #drained: Promise<void> | undefined;

  constructor(private readonly stream: Writable) {}

  write(line: string): void {
    if (this.stream.write(`${line}\n`) || this.#drained) return;
    this.#drained = new Promise((resolve) => {
      this.stream.once('drain', () => {
        this.#drained = undefined;
        resolve();
      });
    });
  }

  busy(): Promise<void> | undefined {
    return this.#drained;
  }
}
