/** What the commands of the overlays do: live sessions, the start form, the help. */
import type { ConnectorInfo, NodeInfo } from '../proto/index.js';
import { contextsOf } from './allowed.js';
import { answerWith } from './answers.js';
import { openSession, say, step } from './change.js';
import { EMPTY_EDITOR, editorOf } from './editor.js';
import type { Effect, Step } from './effects.js';
import { directoriesFor } from './files.js';
import { inInbox } from './inbox.js';
import type { Command } from './keys.js';
import { inNodes } from './nodes.js';
import { inPick } from './pick.js';
import { PREFERENCES, turned } from './preferences.js';
import { currentChat, type Overlay, overlaySessions, type State } from './state.js';

/** The help for where one is; a second one over it would say the same. */
export function helpOverlay(state: State): State {
  if (state.overlay?.kind === 'help') return state;
  const here = contextsOf(state).filter((context) => context !== 'everywhere');
  return { ...state, overlay: { kind: 'help', top: 0, here, under: state.overlay } };
}

/** `wanted`: what its filter begins with. */
export const sessionsOverlay = (state: State, wanted = ''): State => ({
  ...state,
  overlay: {
    kind: 'sessions',
    filter: editorOf(wanted),
    filtering: false,
    selected: null,
    confirm: null,
    loading: true,
  },
});

/** The first of `wishes` that the node's owner allows, else its home, else the first directory that is allowed. */
function proposedDirectory(node: NodeInfo, wishes: readonly (string | undefined)[]): string {
  const isAllowed = (path: string): boolean =>
    node.roots.some((root) => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`));
  const wish = [...wishes, node.home].find((path) => path !== undefined && isAllowed(path));
  return wish ?? node.roots[0] ?? node.home;
}

/** The form that starts a session: where (this directory on this machine, the one used last elsewhere), and whether it may do everything. */
export function startOverlay(state: State, node: NodeInfo, connector: ConnectorInfo): State {
  const last = [...state.sessions.values()]
    .filter((s) => s.node === node.name)
    .sort((a, b) => b.createdAt - a.createdAt)[0];
  const here = state.here?.node === node.name ? state.here.cwd : undefined;
  const trouble =
    node.state === 'lost'
      ? `The node ${node.name} is lost; it may come back.`
      : connector.status === 'ready'
        ? null
        : (connector.hint ?? `The agent is not ready (${connector.status}).`);
  return {
    ...state,
    overlay: {
      kind: 'start',
      node: node.name,
      connector: connector.id,
      title: connector.title,
      cwd: editorOf(proposedDirectory(node, [here, last?.cwd])),
      yolo: false,
      yoloAllowed: node.yolo === 'allow',
      field: 'cwd',
      touched: false,
      pick: null,
      starting: false,
      error: trouble,
    },
  };
}

export function overlayCommand(state: State, command: Command, key: string, now: number): Step<State> {
  switch (state.overlay?.kind) {
    case 'nodes':
      return inNodes(state, state.overlay, command);
    case 'inbox':
      return inInbox(state, state.overlay, command, key, now);
    case 'question':
      return inQuestion(state, state.overlay, command, key, now);
    case 'help':
      return inHelp(state, state.overlay, command);
    case 'start':
      return inStart(state, state.overlay, command, now);
    case 'sessions':
      return inSessions(state, state.overlay, command, now);
    case 'pick':
      return inPick(state, state.overlay, command, now);
    case 'settings':
      return inSettings(state, state.overlay, command);
    case 'soon':
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

function inStart(
  state: State,
  overlay: Extract<Overlay, { kind: 'start' }>,
  command: Command,
  now: number,
): Step<State> {
  const { pick } = overlay;
  const onCwd = overlay.field === 'cwd';
  const proposed = directoriesFor(state, overlay);
  const change = (next: Partial<typeof overlay>): Step<State> =>
    step({ ...state, overlay: { ...overlay, ...next } });
  const take = (path: string): Step<State> =>
    change({ cwd: editorOf(path), touched: true, pick: null, error: null });
  switch (command) {
    case 'dismiss':
      return step({ ...state, overlay: null });
    case 'next':
      return onCwd && (pick ?? -1) < proposed.length - 1
        ? change({ pick: (pick ?? -1) + 1 })
        : change({ field: 'yolo', pick: null });
    case 'previous':
      return onCwd
        ? change({ pick: pick === null || pick === 0 ? null : pick - 1 })
        : change({ field: 'cwd' });
    case 'nextField': {
      // What is half typed is completed; a whole path lets go of the field.
      const completes = onCwd && (pick !== null || overlay.touched) && proposed.length > 0;
      return completes ? take(`${proposed[pick ?? 0]}/`) : change({ field: onCwd ? 'yolo' : 'cwd' });
    }
    case 'previousField':
      return change({ field: onCwd ? 'yolo' : 'cwd', pick: null });
    case 'toggle':
      if (!overlay.yoloAllowed)
        return step(say(state, 'The owner of this node does not allow YOLO.', now, 'warning'));
      return step({ ...state, overlay: { ...overlay, yolo: !overlay.yolo } });
    case 'start': {
      if (overlay.starting) return step(state);
      if (pick !== null && proposed[pick] !== undefined) return take(proposed[pick]);
      const { node, connector, yolo } = overlay;
      const cwd = overlay.cwd.text.trim().replace(/(?<=.)\/+$/, '');
      return step(
        { ...state, overlay: { ...overlay, starting: true, error: null } },
        { type: 'start', node, connector, cwd, yolo },
      );
    }
    default:
      return step(state);
  }
}

const closed = (state: State, sessionId: string, now: number): Step<State> =>
  step(say(state, 'Closing the session. Its transcript stays.', now), { type: 'close', sessionId });

function inSessions(
  state: State,
  overlay: Extract<Overlay, { kind: 'sessions' }>,
  command: Command,
  now: number,
): Step<State> {
  const shown = overlaySessions(state);
  const at = Math.max(
    0,
    shown.findIndex((s) => s.sessionId === overlay.selected),
  );
  const chosen = shown[at];
  const change = (next: Partial<typeof overlay>): Step<State> =>
    step({ ...state, overlay: { ...overlay, ...next } });
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
      if (!chosen) return step(state);
      // What works is asked for once more; an idle one loses nothing, its transcript stays.
      if (chosen.state === 'working' || chosen.state === 'waiting' || chosen.queued > 0)
        return change({ confirm: chosen.sessionId });
      return closed({ ...state, overlay: { ...overlay, selected: null } }, chosen.sessionId, now);
    case 'no':
      return change({ confirm: null });
    case 'yes': {
      const sessionId = overlay.confirm;
      if (sessionId === null) return step(state);
      return closed({ ...state, overlay: { ...overlay, confirm: null, selected: null } }, sessionId, now);
    }
    default:
      return step(state);
  }
}
