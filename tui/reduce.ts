/** The one function that changes the state: a message in, a new state and what is to be done out. It reads no clock and does nothing itself. */
import { isFailedStart } from '../client/index.js';
import type { NodeInfo, SessionInfo } from '../proto/index.js';
import { takeQuestion, withoutSettled } from './answers.js';
import { callsFor } from './attention.js';
import { openSession, say, step, withChat, withCurrent } from './change.js';
import { run, typed } from './commands.js';
import { EMPTY_EDITOR, editorOf } from './editor.js';
import type { Effect, Message, Step } from './effects.js';
import { wantedFiles, withListing } from './files.js';
import { withoutForm } from './form.js';
import { chooseRefused, inboxRead, readInbox } from './inbox.js';
import { input } from './keyboard.js';
import { editRefused, queueChanged } from './queue.js';
import { searched } from './search.js';
import {
  type Chat,
  currentChat,
  entries,
  liveSessions,
  openQuestion,
  type State,
  selectable,
  selectedEntry,
  withChosenSession,
} from './state.js';

export function reduce(state: State, message: Message, now: number): Step<State> {
  const next = reduced(state, message, now);
  if (message.type !== 'input' && message.type !== 'files') return next;
  const wish = wantedFiles(next.state);
  if (!wish) return next;
  const asked = withListing(next.state, wish.key, 'asked');
  return { state: asked, effects: [...next.effects, { type: 'files', ...wish }] };
}

function reduced(state: State, message: Message, now: number): Step<State> {
  switch (message.type) {
    case 'link':
      return step(
        { ...state, link: message.link },
        ...(message.link.kind === 'connected' && state.link.kind !== 'connected' ? [REFRESH] : []),
      );
    case 'nodes':
      return step(
        { ...state, nodes: message.nodes, listed: true },
        ...(someNodeTurned(state, message.nodes) ? [REFRESH] : []),
      );
    case 'sessions':
      return alsoInbox(
        step(withSessions(state, message.sessions, message.whole), ...calls(state, message.sessions)),
      );
    case 'inbox':
      return inboxRead(state, message.questions, now);
    case 'chooseRefused':
      return chooseRefused(state, message.requestId, message.error, now);
    case 'opened':
      return step({
        ...state,
        chats: new Map(state.chats).set(message.sessionId, newChat(message.sessionId, message.view)),
      });
    case 'started':
      // Somebody who went elsewhere meanwhile is not pulled back.
      return isStarting(state)
        ? openSession(state, message.sessionId)
        : step(say(state, 'The session has started.', now));
    case 'startFailed':
      return state.overlay?.kind === 'start' && isStarting(state)
        ? step({ ...state, overlay: { ...state.overlay, starting: false, error: message.error } })
        : step(say(state, message.error, now, 'bad'));
    case 'changed':
      return step(viewChanged(state, message.sessionId, now));
    case 'caughtUp':
      return step(withChat(state, message.sessionId, () => ({ caughtUp: true })));
    case 'sent':
      return step(
        withChat(state, message.sessionId, (c) => ({
          sending: c.sending.map((s) => (s.ticket === message.ticket ? { ...s, turnId: message.turnId } : s)),
        })),
      );
    case 'accepted':
      return step(withoutTicket(state, message.sessionId, message.ticket));
    case 'refused':
      return step(refused(state, message, now));
    case 'editRefused':
      return step(editRefused(state, message, now));
    case 'said':
      return step(say(state, message.text, now, message.tone));
    case 'files':
      return step(withListing(state, message.key, message.listing));
    case 'edited':
      return step(edited(state, message.sessionId, message.text, now));
    case 'scrolled':
      return step(withChat(state, message.sessionId, () => ({ anchor: message.anchor })));
    case 'toggled':
      return step(
        withChat(state, message.sessionId, (c) => ({ expanded: flipped(c.expanded, message.itemId) })),
      );
    case 'clicked':
      return clicked(state, message.key, now);
    case 'resized':
      return step({ ...state, columns: message.columns, rows: message.rows });
    case 'tick':
      return alsoInbox(step(ticked(state, now)));
    case 'input':
      return input(state, message.event, now);
  }
}

/** Whether the form is open that waits for its session: another one is none of its business. */
const isStarting = ({ overlay }: State): boolean => overlay?.kind === 'start' && overlay.starting;

const REFRESH: Effect = { type: 'refresh' };

/** Whether a node was lost or came back: its sessions may be others then. */
const someNodeTurned = (state: State, nodes: readonly NodeInfo[]): boolean =>
  nodes.some((node) => state.nodes.some((known) => known.name === node.name && known.state !== node.state));

/** A click on what is not selected selects it; on what is, it opens it. */
function clicked(state: State, key: string | null, now: number): Step<State> {
  if (key === null) return step(currentChat(state) ? { ...state, focus: 'chat' } : state);
  const entry = entries(state).find((e) => e.key === key);
  if (!entry || !selectable(entry)) return step(state);
  const isSelected = state.focus === 'list' && selectedEntry(state)?.key === key;
  const next: State = { ...state, focus: 'list', selected: key };
  return isSelected ? run(next, 'open', '', now) : step(next);
}

/** While the inbox is open it is read anew: a second question of a session that waits already is announced by nobody. */
function alsoInbox({ state, effects }: Step<State>): Step<State> {
  const read = readInbox(state);
  return { state: read.state, effects: [...effects, ...read.effects] };
}

const calls = (state: State, changed: readonly SessionInfo[]): Effect[] => {
  const { bell, notify } = state.settings;
  return callsFor(state, changed).map((text) => ({ type: 'call', text, bell, notify }));
};

function edited(state: State, sessionId: string, text: string, now: number): State {
  const chat = state.chats.get(sessionId);
  return chat ? typed(state, chat, editorOf(text), now) : state;
}

function ticked(before: State, now: number): State {
  const state = before.toast && before.toast.until <= now ? { ...before, toast: null } : before;
  if (state.current === null) return state;
  const found = withCurrent(state, (c) => ({ search: c.search && searched(c, c.search) }));
  return takeQuestion(found, state.current, now);
}

const newChat = (sessionId: string, view: Chat['view']): Chat => ({
  sessionId,
  view,
  caughtUp: false,
  draft: EMPTY_EDITOR,
  sending: [],
  anchor: null,
  expanded: new Set(),
  expandAll: false,
  recall: 0,
  stash: EMPTY_EDITOR,
  target: 'prompt',
  question: null,
  declined: false,
  typedAt: 0,
  busy: false,
  endedAt: 0,
  answered: new Map(),
  takenAt: 0,
  popup: { selected: 0, closedAt: null },
  queueAt: null,
  browseAt: null,
  editing: null,
  search: null,
});

function flipped(set: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function withSessions(state: State, changed: readonly SessionInfo[], whole: boolean): State {
  const sessions = new Map(whole ? [] : state.sessions);
  for (const session of changed)
    if (isFailedStart(session)) sessions.delete(session.sessionId);
    else sessions.set(session.sessionId, session);
  const overlay =
    state.overlay?.kind === 'sessions' && whole ? { ...state.overlay, loading: false } : state.overlay;
  const listed: State = { ...state, sessions, overlay, sessionsListed: true };
  // Who comes back goes on where they were. Later lists move nothing.
  const selected = state.selected ?? (state.sessionsListed ? null : newestSession(listed));
  const next: State = { ...listed, selected };
  return whole ? withChosenSession(next) : next;
}

/** The key of the live session that was started last. */
function newestSession(state: State): string | null {
  const [newest] = [...liveSessions(state)].sort((a, b) => b.createdAt - a.createdAt);
  return newest ? `session ${newest.sessionId}` : null;
}

function viewChanged(state: State, sessionId: string, now: number): State {
  const chat = state.chats.get(sessionId);
  const busy = chat !== undefined && chat.view.running !== null;
  const next =
    chat && chat.busy !== busy
      ? withChat(state, sessionId, () => ({ busy, endedAt: busy ? chat.endedAt : now }))
      : state;
  const queued = queueChanged(dropAccepted(next, sessionId), sessionId, now);
  const settled = withoutClosedForm(withoutSettled(queued, sessionId, now), sessionId);
  return withoutAnswered(takeQuestion(settled, sessionId, now));
}

/** What is known of the forms of a session whose view has changed. */
function withoutClosedForm(state: State, sessionId: string): State {
  const view = state.chats.get(sessionId)?.view;
  if (!view) return state;
  const isSettled = (id: string): boolean =>
    view.items.some((i) => i.kind === 'form' && i.requestId === id && i.state !== 'open');
  return withoutForm(state, (id) => !isSettled(id));
}

/** A question that somebody else answered is not shown as open any more. */
function withoutAnswered(state: State): State {
  const { overlay } = state;
  if (overlay?.kind !== 'question') return state;
  const chat = currentChat(state);
  const isOpen = chat && openQuestion(chat)?.requestId === overlay.requestId;
  return isOpen ? state : { ...state, overlay: null };
}

/** A prompt whose turn is among the events is drawn from there. */
function dropAccepted(state: State, sessionId: string): State {
  const chat = state.chats.get(sessionId);
  if (!chat || chat.sending.length === 0) return state;
  const { view } = chat;
  const known = (turnId: string) =>
    view.running?.turnId === turnId ||
    view.queue.some((p) => p.turnId === turnId) ||
    view.items.some((i) => i.kind === 'prompt' && i.turnId === turnId);
  return withChat(state, sessionId, () => ({
    sending: chat.sending.filter((s) => s.turnId === null || !known(s.turnId)),
  }));
}

const withoutTicket = (state: State, sessionId: string, ticket: number): State =>
  withChat(state, sessionId, (c) => ({ sending: c.sending.filter((s) => s.ticket !== ticket) }));

/** A prompt that was not taken goes back to where it was written, if nothing else is there. */
function refused(
  state: State,
  { sessionId, ticket, error }: Extract<Message, { type: 'refused' }>,
  now: number,
): State {
  const chat = state.chats.get(sessionId);
  const sending = chat?.sending.find((s) => s.ticket === ticket);
  if (!chat || !sending) return state;
  const next = withoutTicket(state, sessionId, ticket);
  const back = chat.draft.text === '';
  const restored = back ? withChat(next, sessionId, () => ({ draft: editorOf(sending.text) })) : next;
  return say(restored, `Not sent: ${error}`, now, 'bad');
}
