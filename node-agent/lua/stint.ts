/**
 * How long one call into a script has computed since it last waited. What the host answers at once is no wait: a script that asks such
 * things for ever takes as much from the others as one that computes for ever.
 */
import { LUA_ASK_MS } from '../../proto/index.js';

export class Stint {
  private spent = 0;
  private since = 0;

  /** `now` in milliseconds, of a clock that only goes forward. */
  constructor(
    private readonly maxMs: number,
    private readonly now: () => number,
  ) {}

  /** The script runs. */
  begin(): void {
    this.since = this.now();
  }

  /** It asks something, or has ended. */
  end(): void {
    this.spent += this.now() - this.since;
  }

  /** The host has answered; `waited`: and had given back its event loop before. */
  answered(waited: boolean): void {
    if (waited) this.spent = 0;
    else this.spent += LUA_ASK_MS;
  }

  /** While it runs: what it does from here on is another piece of work. */
  renew(): void {
    this.spent = 0;
    this.begin();
  }

  get isOver(): boolean {
    return this.spent >= this.maxMs;
  }
}
