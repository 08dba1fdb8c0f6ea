/** Time that moves when a test says so. */
import type { Clock } from '../../node-agent/clock.js';

export class ManualClock implements Clock {
  private time = 1_000_000;
  private readonly timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets `ms` pass: what is due runs, in its order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.time = Math.max(this.time, due.at);
      due.run();
    }
    this.time = end;
  }
}

/**
 * The system's clock, whose long waits can be made to end early: graces of seconds in a test that must not last seconds, while
 * short polls go on as they are.
 */
export class HurriedClock implements Clock {
  /** Milliseconds that a wait lasts at most if it begins from now on. */
  constructor(public longestMs = Number.MAX_SAFE_INTEGER) {}

  now(): number {
    return Date.now();
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.min(ms, this.longestMs));
    return () => clearTimeout(timer);
  }
}
