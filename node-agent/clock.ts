/** Time as a parameter: what waits takes a Clock, so that a test can move it. */

export interface Clock {
  /** Milliseconds that only ever grow, about those since 1970: a jump of the machine's clock does not show in them. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds. Returns the way to call it off. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves to what `promise` resolves to, or to undefined when `ms` pass first. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(ms, () => resolve(undefined));
    promise.then(
      (value) => {
        stop();
        resolve(value);
      },
      (error) => {
        stop();
        reject(error);
      },
    );
  });
}
