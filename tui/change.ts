/** Small changes of the state that several commands make. */
import type { Effect, Step } from './effects.js';
import type { Chat, State, Toast } from './state.js';

/** Milliseconds for which a line about what happened stays. */
const TOAST_MS = 5_000;

export const step = (state: State, ...effects: Effect[]): Step<State> => ({ state, effects });

export const say = (state: State, text: string, now: number, tone: Toast['tone'] = 'info'): State => ({
  ...state,
  toast: { text, tone, until: now + TOAST_MS },
});

export function withChat(state: State, sessionId: string, change: (chat: Chat) => Partial<Chat>): State {
  const chat = state.chats.get(sessionId);
  if (!chat) return state;
  return { ...state, chats: new Map(state.chats).set(sessionId, { ...chat, ...change(chat) }) };
}

/** The same, for the chat on the right. */
export const withCurrent = (state: State, change: (chat: Chat) => Partial<Chat>): State =>
  state.current === null ? state : withChat(state, state.current, change);

/** Shows the session on the right and gives it the keys. */
export function openSession(state: State, sessionId: string): Step<State> {
  const opened: State = {
    ...state,
    overlay: null,
    current: sessionId,
    before: state.current === sessionId ? state.before : state.current,
    focus: 'chat',
    selected: `session ${sessionId}`,
  };
  return state.chats.has(sessionId) ? step(opened) : step(opened, { type: 'attach', sessionId });
}
