/** How fast one agent may speak: after so many frames in a second it is not read before the next one begins. */
import type { Clock } from './clock.js';

const SECOND_MS = 1_000;

export class Pace {
  private begin: number;
  private count = 0;

  /** `limit` is in frames per second. */
  constructor(
    private readonly limit: number,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.begin = clock.now();
  }

  /** Takes note of a frame. Gives the milliseconds for which the agent is not to be read; 0 while it keeps within its limit. */
  frame(): number {
    const now = this.clock.now();
    if (now - this.begin >= SECOND_MS) {
      this.begin = now;
      this.count = 0;
    }
    return ++this.count < this.limit ? 0 : this.begin + SECOND_MS - now;
  }
}
