/** What the commands of the overlays do: live sessions, the settings, the help, a question. */
import { sanitizeLine } from '../client/index.js';
import { contextsOf } from './allowed.js';
import { answerWith } from './answers.js';
import { openSession, say, step } from './change.js';
import { EMPTY_EDITOR, editorOf } from './editor.js';
import type { Effect, Step } from './effects.js';
import { inForm } from './form.js';
import { inInbox } from './inbox.js';
import type { Command } from './keys.js';
import { inNodes } from './nodes.js';
import { inPick } from './pick.js';
import { PREFERENCES, turned } from './preferences.js';
import { inStart } from './start-form.js';
import { currentChat, type Overlay, overlaySessions, type State, withChosenSession } from './state.js';

/** Characters of a name that the service takes. */
const MAX_TITLE = 200;

/** The help for where one is; a second one over it would say the same. */
export function helpOverlay(state: State): State {
  if (state.overlay?.kind === 'help') return state;
  const here = contextsOf(state).filter((context) => context !== 'everywhere');
  return { ...state, overlay: { kind: 'help', top: 0, here, under: state.overlay } };
}

/** Asks for another name of the session; it begins with the one that it has. */
export function renameOverlay(state: State, sessionId: string): State {
  const title = state.chats.get(sessionId)?.view.session.title ?? state.sessions.get(sessionId)?.title;
  const name = editorOf(sanitizeLine(title ?? ''));
  return { ...state, overlay: { kind: 'rename', sessionId, name, under: state.overlay } };
}

function inRename(
  state: State,
  { sessionId, name, under }: Extract<Overlay, { kind: 'rename' }>,
  command: Command,
): Step<State> {
  const back: State = { ...state, overlay: under };
  if (command !== 'accept') return step(command === 'dismiss' ? back : state);
  return step(back, { type: 'rename', sessionId, title: name.text.trim().slice(0, MAX_TITLE) || null });
}

/** `wanted`: what its filter begins with. */
export const sessionsOverlay = (state: State, wanted = ''): State =>
  withChosenSession({
    ...state,
    overlay: {
      kind: 'sessions',
      filter: editorOf(wanted),
      filtering: false,
      selected: null,
      confirm: null,
      loading: true,
      ended: false,
    },
  });

export function overlayCommand(state: State, command: Command, key: string, now: number): Step<State> {
  switch (state.overlay?.kind) {
    case 'rename':
      return inRename(state, state.overlay, command);
    case 'nodes':
      return inNodes(state, state.overlay, command, now);
    case 'inbox':
      return inInbox(state, state.overlay, command, key, now);
    case 'form':
      return inForm(state, state.overlay, command, now);
    case 'question':
      return inQuestion(state, state.overlay, command, key, now);
    case 'help':
      return inHelp(state, state.overlay, command);
    case 'start':
      return inStart(state, state.overlay, command, key, now);
    case 'sessions':
      return inSessions(state, state.overlay, command, now);
    case 'pick':
      return inPick(state, state.overlay, command, now);
    case 'settings':
      return inSettings(state, state.overlay, command);
    case 'status':
      return command === 'dismiss' ? step({ ...state, overlay: null }) : step(state);
    default:
      return step(state);
  }
}

/** Lines by which the keys scroll. */
const SCROLLS: Partial<Record<Command, number>> = { next: 1, previous: -1, pageDown: 10, pageUp: -10 };

function inQuestion(
  state: State,
  overlay: Extract<Overlay, { kind: 'question' }>,
  command: Command,
  key: string,
  now: number,
): Step<State> {
  if (command === 'dismiss') return step({ ...state, overlay: null });
  const by = SCROLLS[command];
  if (by !== undefined)
    return step({ ...state, overlay: { ...overlay, top: Math.max(0, overlay.top + by) } });
  const chat = currentChat(state);
  if (!chat) return step(state);
  const answered = answerWith(state, chat, key, now);
  const isDone = answered.effects.some((e) => e.type === 'answer');
  return isDone ? { ...answered, state: { ...answered.state, overlay: null } } : answered;
}

function inSettings(
  state: State,
  overlay: Extract<Overlay, { kind: 'settings' }>,
  command: Command,
): Step<State> {
  const count = PREFERENCES.length;
  switch (command) {
    case 'dismiss':
      return step({ ...state, overlay: null });
    case 'next':
    case 'previous': {
      const selected = (overlay.selected + (command === 'next' ? 1 : -1) + count) % count;
      return step({ ...state, overlay: { ...overlay, selected } });
    }
    case 'toggle':
    case 'toggleBack': {
      const preference = PREFERENCES[overlay.selected]!;
      const settings = turned(state.settings, preference, command === 'toggle' ? 1 : -1);
      const { mouse } = settings;
      const effects: Effect[] = [{ type: 'settings', settings }];
      if (mouse !== state.mouse) effects.push({ type: 'mouse', on: mouse });
      return step({ ...state, settings, mouse }, ...effects);
    }
    default:
      return step(state);
  }
}

const HELP_SCROLLS: Partial<Record<Command, number>> = { next: 1, previous: -1, pageDown: 10, pageUp: -10 };

function inHelp(state: State, overlay: Extract<Overlay, { kind: 'help' }>, command: Command): Step<State> {
  if (command === 'dismiss') return step({ ...state, overlay: overlay.under });
  const by = HELP_SCROLLS[command] ?? 0;
  return step({ ...state, overlay: { ...overlay, top: Math.max(0, overlay.top + by) } });
}

const closed = (state: State, sessionId: string, now: number): Step<State> =>
  step(say(state, 'Closing the session. Its transcript stays.', now), { type: 'close', sessionId });

const putAway = (state: State, sessionId: string, now: number): Step<State> =>
  step(say(state, 'Put away. praxis session restore brings it back.', now), { type: 'archive', sessionId });

/** Commands of the live sessions that do something to the chosen one. */
export const ACTS_ON_ONE: ReadonlySet<Command> = new Set(['resume', 'discard', 'rename']);

function inSessions(
  state: State,
  overlay: Extract<Overlay, { kind: 'sessions' }>,
  command: Command,
  now: number,
): Step<State> {
  const shown = overlaySessions(state);
  const found = shown.findIndex((s) => s.sessionId === overlay.selected);
  const at = Math.max(0, found);
  const chosen = shown[at];
  const isGone = overlay.selected !== null && found < 0 && chosen !== undefined;
  // What is closed leaves the choice to its neighbour.
  const selected = (shown[at + 1] ?? shown[at - 1])?.sessionId ?? null;
  const left: State = { ...state, overlay: { ...overlay, confirm: null, selected } };
  const change = (next: Partial<typeof overlay>): Step<State> =>
    step({ ...state, overlay: { ...overlay, ...next } });
  if (isGone && ACTS_ON_ONE.has(command)) {
    const moved: State = { ...state, overlay: { ...overlay, selected: chosen.sessionId } };
    return step(say(moved, 'That session has just left the list.', now, 'warning'));
  }
  switch (command) {
    case 'previous':
    case 'next': {
      const to = at + (command === 'next' ? 1 : -1);
      return change({ selected: shown[Math.max(0, Math.min(shown.length - 1, to))]?.sessionId ?? null });
    }
    case 'filter':
      return change({ filtering: true });
    case 'dismiss':
      return overlay.filtering
        ? change({ filtering: false, filter: EMPTY_EDITOR })
        : step({ ...state, overlay: null });
    case 'resume':
      return chosen ? openSession(state, chosen.sessionId) : step(state);
    case 'discard':
      if (!chosen) return step(say(state, 'There is no session to close.', now, 'warning'));
      if (chosen.state === 'ended') return putAway(left, chosen.sessionId, now);
      // What works is asked for once more; an idle one loses nothing, its transcript stays.
      if (chosen.state === 'working' || chosen.state === 'waiting' || chosen.queued > 0)
        return change({ confirm: chosen.sessionId });
      return closed(left, chosen.sessionId, now);
    case 'rename':
      return chosen ? step(renameOverlay(state, chosen.sessionId)) : step(state);
    case 'ended':
      return change({ ended: !overlay.ended, selected: chosen?.state === 'ended' ? null : overlay.selected });
    case 'no':
      return change({ confirm: null });
    case 'yes':
      return overlay.confirm === null ? step(state) : closed(left, overlay.confirm, now);
    default:
      return step(state);
  }
}
