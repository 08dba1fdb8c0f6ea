/**
 * One prompt on its way through an agent. However the agent behaves, it comes to an end: a cancel, or the time limit, is
 * followed by stronger means, each after its grace: the agent's own cancel, SIGINT, the end of its process group.
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
  private callOff: () => void;

  constructor(
    readonly id: string,
    private readonly clock: Clock,
    private readonly means: TurnMeans,
    timeoutSecs: number,
  ) {
    this.callOff = clock.after(timeoutSecs * 1_000, () => this.stop('timed_out'));
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
