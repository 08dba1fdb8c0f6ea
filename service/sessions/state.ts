/**
 * The state machine of a session, the only one. A pair that is not in the table does not happen: `next` says undefined, and
 * the caller leaves the session as it is.
 */
import type { SessionState } from '../../proto/index.js';

export type LifeEvent =
  /** The agent has answered session/new. */
  | 'opened'
  /** A turn begins. */
  | 'prompted'
  /** The agent asks for permission during a turn. */
  | 'asked'
  /** Its last open question is answered. */
  | 'answered'
  /** The running turn has ended and none follows. */
  | 'turn_ended'
  /** The node or the agent is gone. */
  | 'lost'
  /** The node is asked to bring the agent back. */
  | 'reopening'
  /** The node is back, in the same run, and the agent is doing what the name says. */
  | 'found_starting'
  | 'found_idle'
  | 'found_working'
  | 'found_waiting'
  /** Closed, timed out, failed or removed: for good. */
  | 'ended'
  /** Out of the lists, and back. */
  | 'archived'
  | 'restored';

type Row = Partial<Record<LifeEvent, SessionState>>;

export const TRANSITIONS: Record<SessionState, Row> = {
  starting: { opened: 'idle', lost: 'lost', ended: 'ended' },
  idle: { prompted: 'working', asked: 'idle', answered: 'idle', lost: 'lost', ended: 'ended' },
  working: { asked: 'waiting', turn_ended: 'idle', lost: 'lost', ended: 'ended' },
  waiting: { asked: 'waiting', answered: 'working', turn_ended: 'idle', lost: 'lost', ended: 'ended' },
  lost: {
    lost: 'lost',
    reopening: 'starting',
    found_starting: 'starting',
    found_idle: 'idle',
    found_working: 'working',
    found_waiting: 'waiting',
    ended: 'ended',
  },
  ended: { archived: 'archived' },
  archived: { restored: 'ended' },
};

/** The state after `event`; undefined where the event has no place in `state`. */
export const next = (state: SessionState, event: LifeEvent): SessionState | undefined =>
  TRANSITIONS[state][event];
