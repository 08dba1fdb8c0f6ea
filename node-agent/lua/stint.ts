/**
 * How long a script has computed for one thing since it last waited: in the call for it, and in the tasks that this put aside, and these.
 * What the host answers at once is no wait, nor is a task's way through the host: a script that asks such things for ever, or starts
 * itself anew, takes as much from the others as one that computes for ever.
 */
import { LUA_ASK_MS, MAX_FRAME_BYTES } from '../../proto/index.js';

export class Stint {
  private spent = 0;
  private since = 0;
  private saidBytes = 0;

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

  /** The host has answered at once, or begins a task. */
  answered(): void {
    this.spent += LUA_ASK_MS;
  }

  /** It has said so much text more, which waits for the node; false: that is too much. */
  says(bytes: number): boolean {
    this.saidBytes += bytes;
    return this.saidBytes <= MAX_FRAME_BYTES;
  }

  get isOver(): boolean {
    return this.spent >= this.maxMs;
  }
}
