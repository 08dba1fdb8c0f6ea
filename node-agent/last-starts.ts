/**
 * When each session's agent was started, for agents that name a session's file by the minute: to load a session in the minute in
 * which it was started or loaded before would overwrite its history.
 */
import type { SessionId } from '../proto/index.js';
import type { Clock } from './clock.js';

const MINUTE_MS = 60_000;

const endOfMinute = (at: number) => (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;

export class LastStarts {
  private readonly times = new Map<SessionId, number>();
  /** What an earlier process of the node started was started before. */
  private readonly boot: number;

  /** `wall` is the clock after which agents name their files: milliseconds since 1970. */
  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly wall: () => number,
  ) {
    this.boot = wall();
  }

  /** The session's agent has answered that it is there. */
  note(sessionId: SessionId): void {
    const now = this.wall();
    for (const [id, at] of this.times) if (endOfMinute(at) <= now) this.times.delete(id);
    this.times.set(sessionId, now);
  }

  /** Resolves when the minute of the last start is over; a minute later at most. */
  async minuteOver(sessionId: SessionId): Promise<void> {
    // A wall clock that was set back must not make it longer than a minute.
    const wait = Math.min(endOfMinute(this.times.get(sessionId) ?? this.boot) - this.wall(), MINUTE_MS);
    if (wait > 0) await new Promise<void>((resolve) => this.clock.after(wait, resolve));
  }
}
