/**
 * The ways out of a service's core: what it sends, and its timers. What it sends in a pause of its term waits, in its order,
 * until the pause is over; when the term is over it is silent, whatever it is still in the middle of. Its commits are refused
 * by the database.
 */

import type { Outgoing } from '../../bus/index.js';
import { Unconfirmed } from '../../bus/index.js';
import type { Clock, Publisher } from '../ports.js';
import type { Term } from './term.js';

export function gatedBus(bus: Publisher, term: Pick<Term, 'holds' | 'isOpen' | 'secured'>): Publisher {
  const refuse = () => Promise.reject(new Unconfirmed('this service is not the active one'));
  const send = (message: Outgoing) => (term.isOpen() ? bus.publish(message) : refuse());
  let waiting = 0;
  let last = Promise.resolve();
  return {
    publish(message) {
      if (waiting === 0 && term.holds()) return send(message);
      waiting++;
      const turn = last.then(() => term.secured());
      const sent = turn.then(() => send(message), refuse);
      const next = () => {
        waiting--;
      };
      last = turn.then(next, next);
      return sent;
    },
  };
}

/** A clock whose timers end with the term. */
export function gatedClock(clock: Clock, term: Pick<Term, 'ended'>): Clock {
  return {
    ...clock,
    schedule: (ms, call) =>
      clock.schedule(ms, () => {
        if (!term.ended) call();
      }),
  };
}
