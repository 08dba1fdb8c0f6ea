/** Randomness that repeats: the same seed gives the same schedule of faults. */
import { createHash } from 'node:crypto';

export class Random {
  private state: number;

  /** What is drawn depends on these words alone. */
  constructor(...words: readonly (string | number)[]) {
    this.state = createHash('sha256').update(JSON.stringify(words)).digest().readUInt32LE();
  }

  /** An integer from `from` to `to`, both included. (mulberry32) */
  between(from: number, to: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return from + Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * (to - from + 1));
  }
}
