/** The confirms of one channel: they leave together at the end of a turn of the event loop, a run of them as one. */
import type { Hold } from './queue.js';

type Send = (method: 'basic.ack' | 'basic.nack', tag: number, multiple: boolean) => void;

export class Confirms {
  /** The tag of the newest message. */
  #newest = 0;
  /** The lowest tag that is not safe yet. */
  #lowest = 1;
  /** Tags above `lowest` that are safe or refused. */
  readonly #settled = new Set<number>();
  /** Tags that are safe and that the publisher does not know of. */
  #untold: number[] = [];
  #scheduled = false;

  constructor(private readonly send: Send) {}

  /** The hold of the next message: safe when each of `parts` has released it, refused when one of them has refused it. */
  next(parts: number): Hold {
    const tag = ++this.#newest;
    let left = parts;
    let refused = false;
    const release = (): void => {
      if (--left > 0) return;
      this.#settled.add(tag);
      if (refused) this.send('basic.nack', tag, false);
      else this.#untold.push(tag);
      if (this.#scheduled) return;
      this.#scheduled = true;
      process.nextTick(() => this.#flush());
    };
    const refuse = (): void => {
      refused = true;
      release();
    };
    return { release, refuse };
  }

  #flush(): void {
    this.#scheduled = false;
    while (this.#settled.delete(this.#lowest)) this.#lowest++;
    const untold = this.#untold;
    this.#untold = [];
    let run = 0;
    let count = 0;
    for (const tag of untold) {
      if (tag >= this.#lowest) this.send('basic.ack', tag, false);
      else {
        run = Math.max(run, tag);
        count++;
      }
    }
    if (count > 0) this.send('basic.ack', run, count > 1);
  }
}
