/** What the service needs from the outside, as the smallest interfaces, so that its tests are its only other user. */
import type { Outgoing } from '../bus/index.js';

/** Time. `schedule` calls back once after `ms` and returns the way to stop it. */
export interface Clock {
  /** The wall clock, for what people read: milliseconds since 1970. It jumps when somebody sets it, and over a sleep. */
  now(): number;
  /** Milliseconds since some moment, for how long a thing lasts: never jumps, and stands while the machine sleeps. */
  steady(): number;
  schedule(ms: number, call: () => void): () => void;
}

/** The bus, as the service's core sees it: rejects with Unroutable or Unconfirmed, sends in the order of the calls. */
export interface Publisher {
  publish(message: Outgoing): Promise<void>;
}

/** A logger that takes details first, as pino does. Details are ids and sizes, never frames. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  schedule(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
