/** Time as the client sees it, passed in so that tests never sleep. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, `ms` milliseconds from now. Returns the way to prevent it. */
  schedule(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  schedule(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
