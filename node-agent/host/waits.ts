/** What a script waits for without asking the host for anything: its own `future:set`, for some time. */
import type { Clock } from '../clock.js';

export class Waits {
  private readonly waiting = new Map<number, Set<() => void>>();

  /** Resolves when the future is set, when `ms` milliseconds have passed, or when nothing is worth waiting for any more. */
  wait(id: number, clock: Clock, ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop?.();
        waiters.delete(end);
        if (waiters.size === 0) this.waiting.delete(id);
        resolve();
      };
      const waiters = this.waiting.get(id) ?? new Set();
      waiters.add(end);
      this.waiting.set(id, waiters);
      const stop = ms === undefined ? undefined : clock.after(ms, end);
    });
  }

  wake(id: number): void {
    for (const end of [...(this.waiting.get(id) ?? [])]) end();
  }

  wakeAll(): void {
    for (const id of [...this.waiting.keys()]) this.wake(id);
  }
}
