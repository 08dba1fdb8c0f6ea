/** The one list of keys and commands: it makes what the keys do, the footer, the palette, `/` in the prompt, the help and docs/keys.md. */
import { CHAT_BINDINGS } from './bindings-chat.js';
import { FORM_BINDINGS } from './bindings-form.js';
import { INBOX_BINDINGS } from './bindings-inbox.js';
import { QUEUE_BINDINGS } from './bindings-queue.js';
import { WINDOW_BINDINGS } from './bindings-windows.js';

export type Context =
  | 'everywhere'
  | 'list'
  | 'chat'
  | 'question'
  | 'form'
  | 'fields'
  | 'sessions'
  | 'filter'
  | 'confirm'
  | 'start'
  | 'help'
  | 'popup'
  | 'pick'
  | 'search'
  | 'found'
  | 'status'
  | 'settings'
  | 'full'
  | 'queue'
  | 'editing'
  | 'inbox'
  | 'nodes'
  | 'nodesFilter'
  | 'rename'
  | 'browse';

export type Command =
  | 'sessions'
  | 'nodes'
  | 'help'
  | 'quit'
  | 'suspend'
  | 'mouse'
  | 'previous'
  | 'next'
  | 'open'
  | 'toChat'
  | 'send'
  | 'newline'
  | 'interrupt'
  | 'back'
  | 'answer'
  | 'pageUp'
  | 'pageDown'
  | 'bottom'
  | 'expand'
  | 'transcript'
  | 'allowOnce'
  | 'allowAlways'
  | 'rejectOnce'
  | 'rejectAlways'
  | 'choose'
  | 'resume'
  | 'discard'
  | 'filter'
  | 'dismiss'
  | 'yes'
  | 'no'
  | 'nextField'
  | 'previousField'
  | 'toggle'
  | 'start'
  | 'palette'
  | 'diff'
  | 'full'
  | 'settings'
  | 'toggleBack'
  | 'edit'
  | 'copyAnswer'
  | 'copyCode'
  | 'search'
  | 'status'
  | 'history'
  | 'cancel'
  | 'close'
  | 'compact'
  | 'accept'
  | 'sendNow'
  | 'queue'
  | 'editWaiting'
  | 'remove'
  | 'runNext'
  | 'runNow'
  | 'saveEdit'
  | 'dropEdit'
  | 'theirs'
  | 'ended'
  | 'rename'
  | 'lastSession'
  | 'browse'
  | 'unfold'
  | 'copyItem'
  | 'inbox'
  | 'fillIn';

export interface Binding {
  command: Command;
  keys: readonly string[];
  in: Context;
  /** A word or two for the footer; absent: not in the footer. */
  label?: string;
  /** In the footer only where room is left. */
  late?: boolean;
  /** A sentence for the help. */
  help: string;
  /** What the palette calls it; absent: it makes no sense there. */
  name?: string;
  /** Written in the prompt as `/slash`, it is done and not sent. */
  slash?: string;
}

export const CONTEXTS: Record<Context, string> = {
  everywhere: 'Everywhere',
  list: 'List of nodes, agents and sessions',
  chat: 'Chat',
  browse: 'What is folded in the transcript, one at a time',
  queue: 'The prompts that wait',
  editing: 'A waiting prompt that is edited',
  question: 'A question of the agent',
  form: 'A form of the agent',
  fields: 'A form that is filled in',
  nodes: 'Nodes',
  nodesFilter: 'Filter of the nodes',
  rename: 'The name of a session',
  inbox: 'What waits for you',
  sessions: 'Live sessions',
  filter: 'Filter of the live sessions',
  confirm: 'Confirm',
  start: 'Start a session',
  help: 'Help',
  popup: 'Commands while a prompt begins with /',
  search: 'Search: what is looked for',
  found: 'Search: the matches',
  pick: 'Command palette, and the prompts that were sent',
  status: 'Status of the session',
  settings: 'Settings',
  full: 'A question on the whole screen',
};

const EVERYWHERE: readonly Binding[] = [
  {
    in: 'everywhere',
    command: 'help',
    keys: ['f1', 'ctrl+h', '?'],
    label: 'help',
    help: 'Show the keys, those of this place first. In the prompt, ? does so while nothing is written.',
    name: 'Show the keys',
    slash: 'help',
  },
  {
    in: 'everywhere',
    command: 'settings',
    keys: ['ctrl+s'],
    name: 'Settings',
    slash: 'settings',
    help: 'Choose the theme, the bell, the mouse and more.',
  },
  {
    in: 'everywhere',
    command: 'palette',
    keys: ['ctrl+k'],
    label: 'commands',
    help: 'Find every command, session and agent by name.',
  },
  {
    in: 'everywhere',
    command: 'sessions',
    keys: ['ctrl+w'],
    label: 'sessions',
    help: 'Show the live sessions of all nodes.',
    name: 'Show the live sessions',
    slash: 'sessions',
  },
  {
    in: 'everywhere',
    command: 'lastSession',
    keys: ['alt+l'],
    name: 'Go to the session before this one',
    help: 'Go to the session that was open before, and back again.',
  },
  {
    in: 'everywhere',
    command: 'quit',
    keys: ['ctrl+q'],
    label: 'quit',
    help: 'Leave this screen. The system and all sessions go on.',
    name: 'Quit',
    slash: 'quit',
  },
  {
    in: 'everywhere',
    command: 'nodes',
    keys: ['ctrl+l'],
    label: 'nodes',
    help: 'Show the nodes with their agents, and what those that cannot be used need.',
    name: 'Show nodes and agents',
    slash: 'nodes',
  },
  {
    in: 'everywhere',
    command: 'mouse',
    keys: ['alt+m'],
    help: 'Give the mouse to the terminal, to select and copy text, or take it back.',
    name: 'Give the mouse to the terminal, or take it back',
    slash: 'mouse',
  },
  {
    in: 'everywhere',
    command: 'suspend',
    keys: ['ctrl+z'],
    help: 'Put this screen to sleep; fg in the shell wakes it.',
    name: 'Suspend',
  },
];

export const BINDINGS: readonly Binding[] = [
  ...CHAT_BINDINGS,
  ...FORM_BINDINGS,
  ...QUEUE_BINDINGS,
  ...INBOX_BINDINGS,
  ...EVERYWHERE,
  ...WINDOW_BINDINGS,
];
