/**
 * The ways out of a service's core: what it sends, and its timers. They are open during its term only, so that a core whose
 * term is over is silent, whatever it is still in the middle of. Its commits are refused by the database.
 */
import { Unconfirmed } from '../../bus/index.js';
import type { Clock, Publisher } from '../ports.js';
import type { Term } from './term.js';

export function gatedBus(bus: Publisher, term: Pick<Term, 'isOpen'>): Publisher {
  return {
    publish: (message) =>
      term.isOpen()
        ? bus.publish(message)
        : Promise.reject(new Unconfirmed('this service is not the active one')),
  };
}

/** A clock whose timers end with the term. */
export function gatedClock(clock: Clock, term: Pick<Term, 'holds'>): Clock {
  return {
    ...clock,
    schedule: (ms, call) =>
      clock.schedule(ms, () => {
        if (term.holds()) call();
      }),
  };
}
