/** When to call a person: a session that is not looked at begins to wait, finishes, or is gone. */
import { sanitizeLine } from '../client/index.js';
import type { SessionInfo } from '../proto/index.js';
import { type State, sessionName } from './state.js';

/** Whether the person has the session before the eyes. */
function isSeen(state: State, sessionId: string): boolean {
  if (!state.focused || state.current !== sessionId) return false;
  return state.columns >= 72 || state.focus === 'chat';
}

/** What happened to a session, as a sentence; null: nothing to call somebody for. `isOpen`: it is open here. */
function event(before: SessionInfo | undefined, now: SessionInfo, isOpen: boolean): string | null {
  // One that was started here may wait for its person before the first word of it comes.
  const isNews = before ? before.state !== now.state : isOpen && now.state === 'waiting';
  if (!isNews) return null;
  const name = `${sanitizeLine(sessionName(now))} on ${now.node}`;
  const wasBusy = before?.state === 'working' || before?.state === 'waiting';
  switch (now.state) {
    case 'waiting':
      return `${name} waits for you`;
    case 'idle':
      return wasBusy && now.queued === 0 ? `${name} is done` : null;
    case 'lost':
      return `${name} is lost`;
    case 'ended':
      return now.reason === 'closed' ? null : `${name} has ended`;
    default:
      return null;
  }
}

/** What to call the person for when `changed` follows on `state`. */
export const callsFor = (state: State, changed: readonly SessionInfo[]): string[] =>
  changed.flatMap((session) => {
    const text = isSeen(state, session.sessionId)
      ? null
      : event(state.sessions.get(session.sessionId), session, state.chats.has(session.sessionId));
    return text === null ? [] : [text];
  });
