/** How long to wait before the next try: full jitter, so that many parts do not come back to a broker all at once. */
export const BACKOFF_BASE_MS = 100;
export const BACKOFF_CAP_MS = 5_000;
/** The cap for a broker at a socket of this machine: few wait for it, and it is back as soon as its process is. */
export const LOCAL_CAP_MS = 250;

/** Milliseconds before try number `attempt` (1 is the first repetition); `random` gives 0 <= x < 1. */
export const backoffMs = (attempt: number, random: () => number, capMs: number = BACKOFF_CAP_MS): number =>
  Math.round(random() * Math.min(capMs, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 20)));
