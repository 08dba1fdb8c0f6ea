/** Everything the screen shows, as one value. Who changes it: reduce.ts; who draws it: screens/. Views of sessions are folded elsewhere and read only here. */
import type { LinkState, SessionView } from '../client/index.js';
import type { ConnectorInfo, Form, NodeInfo, OpenApproval, SessionInfo } from '../proto/index.js';
import type { Editor } from './editor.js';
import type { Listing } from './files.js';
import { fuzzyRank } from './fuzzy.js';
import { type Context, type KeyMap, keyMap } from './keys.js';
import type { Search } from './search.js';
import { DEFAULTS, type Settings } from './settings.js';
import type { Anchor } from './viewport.js';

/** A prompt that is not in the journal yet. */
export interface Sending {
  /** Known once the client has made it. */
  turnId: string | null;
  ticket: number;
  text: string;
}

export interface Chat {
  sessionId: string;
  view: SessionView;
  /** The history that was there when the session was opened is here. */
  caughtUp: boolean;
  draft: Editor;
  sending: readonly Sending[];
  anchor: Anchor;
  /** Ids of items that a person opened, or folded where they are open by themselves. */
  expanded: ReadonlySet<string>;
  expandAll: boolean;
  /** How many prompts back ↑ has gone; 0: the person's own draft, kept in `stash`. */
  recall: number;
  stash: Editor;
  /** Where keys go: typing, answering the oldest open question, changing what waits, or going through what is folded. */
  target: 'prompt' | 'question' | 'queue' | 'browse';
  /** The question that `target` is for, and since when: a key that was meant for the prompt must not answer it. */
  question: { requestId: string; since: number } | null;
  /** The person chose to type instead of answering it. */
  declined: boolean;
  typedAt: number;
  /** Whether a turn ran when the view changed last, and when the newest one that was seen ended. */
  busy: boolean;
  endedAt: number;
  /** What was answered here and is not resolved yet: the option, or what was done with the form, by the id of the request. */
  answered: ReadonlyMap<string, string>;
  /** When a question or a waiting prompt that had the keys went away by itself. */
  takenAt: number;
  /** The line of the popup that is chosen, and the place in the draft of the word for which it was closed. */
  popup: { selected: number; closedAt: number | null };
  /** The turn of the waiting prompt that is chosen, while the queue has the keys. */
  queueAt: string | null;
  /** The item that is chosen, while the transcript has the keys. */
  browseAt: string | null;
  /** The waiting prompt whose place the draft will take, and the draft that was there before. */
  editing: { turnId: string; stash: Editor } | null;
  search: Search | null;
}

export type Entry =
  | { kind: 'node'; key: string; node: NodeInfo }
  | { kind: 'agent'; key: string; node: NodeInfo; connector: ConnectorInfo }
  | { kind: 'heading'; key: string; text: string }
  | { kind: 'session'; key: string; session: SessionInfo };

/** What was answered in a form so far, by the names of its fields. */
export interface FormDraft {
  written: ReadonlyMap<string, Editor>;
  picked: ReadonlyMap<string, readonly (string | boolean)[]>;
}

export type Overlay =
  /** `here`: where it was asked for; `under`: the window that it covers. */
  | { kind: 'help'; top: number; here: readonly Context[]; under: Overlay | null }
  | { kind: 'status' }
  /** The open question, whole. */
  | { kind: 'question'; requestId: string; top: number }
  /** The open questions of all sessions. `since`: when the one that has the keys came under them. */
  | {
      kind: 'inbox';
      selected: string | null;
      since: number;
      top: number;
      /** Answered here, and not gone from the list yet. */
      answered: ReadonlySet<string>;
      /** No list has come yet. */
      loading: boolean;
      /** The service was asked for the list and has not answered: it is not asked again meanwhile. */
      asked: boolean;
    }
  /** A form that is filled in. `hash`: of the arguments that the inbox has shown; `under`: the window that it covers. */
  | {
      kind: 'form';
      sessionId: string;
      requestId: string;
      hash: string | null;
      form: Form;
      draft: FormDraft;
      row: number;
      /** It was tried to send the answers: what is wrong with them is shown. */
      tried: boolean;
      under: Overlay | null;
    }
  | { kind: 'nodes'; filter: Editor; filtering: boolean; selected: string | null }
  /** `under`: the window that it covers. */
  | { kind: 'rename'; sessionId: string; name: Editor; under: Overlay | null }
  | { kind: 'settings'; selected: number }
  /** One of many, found by letters of its name: choices.ts has them. `selected`: the id of the one that was gone to; null: the best. */
  | { kind: 'pick'; what: 'palette' | 'history'; filter: Editor; selected: string | null }
  | {
      kind: 'sessions';
      filter: Editor;
      filtering: boolean;
      selected: string | null;
      confirm: string | null;
      loading: boolean;
      /** Those that have ended are shown too. */
      ended: boolean;
    }
  | {
      kind: 'start';
      node: string;
      connector: string;
      title: string;
      cwd: Editor;
      yolo: boolean;
      yoloAllowed: boolean;
      field: 'cwd' | 'transport' | 'timeout' | 'yolo';
      /** How long a prompt may run, as it is written. */
      timeout: Editor;
      /** The ways to drive the agent, and which of them is chosen. */
      transports: readonly string[];
      transport: number;
      /** The person has written in the directory; before, recent ones are proposed. */
      touched: boolean;
      /** The proposed directory that is chosen. */
      pick: number | null;
      starting: boolean;
      error: string | null;
    };

export interface Toast {
  text: string;
  tone: 'info' | 'warning' | 'bad';
  until: number;
}

export interface State {
  /** The name of our login. */
  me: string;
  /** Where a session starts by default on the node of that name. */
  here: { node: string; cwd: string } | null;
  link: LinkState;
  nodes: readonly NodeInfo[];
  /** False until the first list of nodes is there. */
  listed: boolean;
  sessions: ReadonlyMap<string, SessionInfo>;
  /** False until the first list of sessions is there. */
  sessionsListed: boolean;
  chats: ReadonlyMap<string, Chat>;
  /** The open questions of all sessions, oldest first, as the service told them last. */
  inbox: readonly OpenApproval[];
  /** What was answered in forms that are open still, by the id of the request. */
  formDrafts: ReadonlyMap<string, FormDraft>;
  /** The chat on the right. */
  current: string | null;
  /** The session that was there before it. */
  before: string | null;
  focus: 'list' | 'chat';
  /** Key of an entry of the list. */
  selected: string | null;
  overlay: Overlay | null;
  toast: Toast | null;
  /** The session that a second Ctrl+C closes. */
  closing: string | null;
  settings: Settings;
  /** Whether the terminal has the keys of the person's desktop. */
  focused: boolean;
  /** The names in directories of nodes, by files.ts' key. */
  files: ReadonlyMap<string, Listing>;
  mouse: boolean;
  keys: KeyMap;
  tickets: number;
  columns: number;
  rows: number;
}

export function initialState(
  given: Pick<State, 'me' | 'here' | 'link' | 'columns' | 'rows'> & Partial<State>,
): State {
  return {
    nodes: [],
    listed: false,
    sessions: new Map(),
    sessionsListed: false,
    chats: new Map(),
    inbox: [],
    formDrafts: new Map(),
    current: null,
    before: null,
    focus: 'list',
    selected: null,
    overlay: null,
    toast: null,
    closing: null,
    settings: DEFAULTS,
    focused: true,
    files: new Map(),
    mouse: true,
    keys: keyMap(),
    tickets: 0,
    ...given,
  };
}

const ORDER = ['waiting', 'working', 'starting', 'idle', 'lost', 'ended'];

/** Every frame asks several times, and the list changes seldom. */
const sorted = new WeakMap<State['sessions'], SessionInfo[]>();

/** Sessions that are not ended: the ones that wait for a person first, then the newest. */
export function liveSessions({ sessions }: State): SessionInfo[] {
  const known = sorted.get(sessions);
  if (known) return known;
  const live = [...sessions.values()]
    .filter((s) => s.state !== 'ended' && s.state !== 'archived')
    .sort((a, b) =>
      a.state === b.state ? b.createdAt - a.createdAt : ORDER.indexOf(a.state) - ORDER.indexOf(b.state),
    );
  sorted.set(sessions, live);
  return live;
}

/** What a person calls a session: its title, else its agent and the beginning of its id. */
export const sessionName = (s: SessionInfo): string =>
  s.title ?? `${s.agent || s.connector} ${s.sessionId.slice(0, 6)}`;

/** The list on the left, from top to bottom: the sessions, since one lives in them, then where another could be started. */
export function entries(state: State): Entry[] {
  const out: Entry[] = [];
  const live = liveSessions(state);
  if (live.length > 0) out.push({ kind: 'heading', key: 'heading sessions', text: 'Sessions' });
  for (const session of live) out.push({ kind: 'session', key: `session ${session.sessionId}`, session });
  out.push({ kind: 'heading', key: 'heading nodes', text: 'Nodes' });
  for (const node of state.nodes) {
    out.push({ kind: 'node', key: `node ${node.name}`, node });
    for (const connector of node.connectors.filter(
      ({ status }) => status !== 'missing' && status !== 'checking',
    ))
      out.push({ kind: 'agent', key: `agent ${node.name} ${connector.id}`, node, connector });
  }
  return out;
}

export const selectable = (entry: Entry): boolean => entry.kind === 'agent' || entry.kind === 'session';

/** The entry that is selected, or the first that could be. */
export function selectedEntry(state: State): Entry | undefined {
  const all = entries(state).filter(selectable);
  return (
    all.find((e) => e.key === state.selected) ??
    all.find((e) => e.kind === 'agent' && e.connector.status === 'ready' && e.node.state === 'live') ??
    all[0]
  );
}

export const currentChat = (state: State): Chat | undefined =>
  state.current === null ? undefined : state.chats.get(state.current);

/** The open questions that were not answered here yet, the oldest first. */
export const openQuestions = (chat: Chat) =>
  chat.view.approvals.filter((a) => !chat.answered.has(a.requestId));

/** Of these the one that has, or had last, the keys; else the oldest. */
export function openQuestion(chat: Chat) {
  const open = openQuestions(chat);
  return open.find((a) => a.requestId === chat.question?.requestId) ?? open[0];
}

/** Milliseconds for which a question must have been on the screen before its keys answer it. */
export const QUESTION_GUARD_MS = 300;

/** Whether a, A, r, R answer now. */
export const isAnswering = (chat: Chat, now: number): boolean =>
  chat.target === 'question' && chat.question !== null && now - chat.question.since >= QUESTION_GUARD_MS;

/** Whether a key may still be meant for what had the keys and has just gone. */
export const isJustTaken = (chat: Chat, now: number): boolean => now - chat.takenAt < QUESTION_GUARD_MS;

/** Columns from which on changes are shown side by side by themselves. */
const SIDE_BY_SIDE_COLUMNS = 140;

export const isSideBySide = ({ settings, columns }: State): boolean =>
  settings.diff === 'side' || (settings.diff === 'auto' && columns >= SIDE_BY_SIDE_COLUMNS);

/** The sessions of the overlay: those that its filter leaves, the best first. */
export function overlaySessions(state: State): SessionInfo[] {
  const { overlay } = state;
  const live = liveSessions(state);
  if (overlay?.kind !== 'sessions') return live;
  const ended = overlay.ended ? [...state.sessions.values()].filter((s) => s.state === 'ended') : [];
  const all = [...live, ...ended.sort((a, b) => b.updatedAt - a.updatedAt)];
  const { text } = overlay.filter;
  if (text === '') return all;
  // What fits a name fits best; then where, what and how it is, in the order of the list.
  const named = fuzzyRank(text, all, sessionName);
  const others = fuzzyRank(
    text,
    all.filter((s) => !named.includes(s)),
    (s) => `${sessionName(s)} ${s.node} ${s.connector} ${s.agent} ${s.cwd} ${s.sessionId} ${s.state}`,
    false,
  );
  return [...named, ...others];
}

/** The live sessions with one of them chosen: what comes to the top later does not get a key that was meant for it. */
export function withChosenSession(state: State): State {
  const { overlay } = state;
  if (overlay?.kind !== 'sessions' || overlay.selected !== null) return state;
  return { ...state, overlay: { ...overlay, selected: overlaySessions(state)[0]?.sessionId ?? null } };
}

/** The prompts of a chat that ↑ recalls, newest first. */
export function recallable(chat: Chat): string[] {
  const texts = [...chat.view.items.filter((i) => i.kind === 'prompt'), ...chat.view.queue].map(
    (p) => p.text,
  );
  return [...texts, ...chat.sending.map((s) => s.text)]
    .reverse()
    .filter((t, i, all) => t !== '' && all[i - 1] !== t);
}
