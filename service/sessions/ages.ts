/**
 * How long ago something was, by the clock that does not jump. What was there before this run of the service has the age that the wall
 * clock gives it when it is first asked for; from then on it grows with the steady clock.
 */
import type { Clock } from '../ports.js';

export class Ages {
  /** When each began, on the steady clock. */
  private readonly begins = new Map<string, number>();

  constructor(private readonly clock: Pick<Clock, 'now' | 'steady'>) {}

  /** Milliseconds since `at` (ms since 1970), which is when the thing `id` began. */
  of(id: string, at: number): number {
    const steady = this.clock.steady();
    const begin = this.begins.get(id) ?? steady - Math.max(0, this.clock.now() - at);
    this.begins.set(id, begin);
    return steady - begin;
  }

  /** It begins anew, `age` milliseconds ago. */
  restart(id: string, age = 0): void {
    this.begins.set(id, this.clock.steady() - age);
  }

  forget(id: string): void {
    this.begins.delete(id);
  }
}
