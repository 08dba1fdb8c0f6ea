/**
 * One prompt on its way through an agent. However the agent behaves, it comes to an end: a cancel, or the time limit, is
 * followed by stronger means, each after its grace: the agent's own cancel, SIGINT, the end of its process group. While a
 * question of the agent waits for a person, the time is not the agent's: the limit stands still.
 */
import { CANCEL_GRACE_MS, INTERRUPT_GRACE_MS } from '../proto/index.js';
import type { Clock } from './clock.js';

export interface TurnMeans {
  /** Sends the agent's own `session/cancel`. */
  cancel(): void;
  interrupt(): void;
  /** Ends the process group; the agent's exit settles the turn. */
  terminate(): void;
}

/** Why a turn is being stopped, if it is. */
export type Stopping = 'cancelled' | 'timed_out' | undefined;

export class Turn {
  stopping: Stopping;
  private callOff: () => void = () => undefined;
  /** Milliseconds of the limit that are left, and since when they run; null: they stand still. */
  private left: number;
  private since: number | null = null;

  constructor(
    readonly id: string,
    private readonly clock: Clock,
    private readonly means: TurnMeans,
    timeoutSecs: number,
  ) {
    this.left = timeoutSecs * 1_000;
    this.goOn();
  }

  /** The agent waits for a person. A second call changes nothing. */
  hold(): void {
    if (this.stopping || this.since === null) return;
    this.callOff();
    this.left -= this.clock.now() - this.since;
    this.since = null;
  }

  /** The agent has its answer, and its time goes on. */
  goOn(): void {
    if (this.stopping || this.since !== null) return;
    this.since = this.clock.now();
    this.callOff = this.clock.after(this.left, () => this.stop('timed_out'));
  }

  /** Asks the agent to stop, then makes it. A second call changes nothing. */
  stop(reason: 'cancelled' | 'timed_out'): void {
    if (this.stopping) return;
    this.stopping = reason;
    this.callOff();
    this.means.cancel();
    this.callOff = this.clock.after(CANCEL_GRACE_MS, () => {
      this.means.interrupt();
      this.callOff = this.clock.after(INTERRUPT_GRACE_MS, () => this.means.terminate());
    });
  }

  /** The prompt has its answer. */
  settle(): void {
    this.callOff();
  }
}
