/** The one list of keys and commands: it makes what the keys do, the footer, the palette, `/` in the prompt, the help and docs/keys.md. */

export type Context =
  | 'everywhere'
  | 'list'
  | 'chat'
  | 'question'
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
  | 'soon'
  | 'full';

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
  | 'operations'
  | 'orchestrator'
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
  | 'accept';

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
  question: 'A question of the agent',
  sessions: 'Live sessions (Ctrl+W)',
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
  soon: 'Operations and Orchestrator',
};

export const BINDINGS: readonly Binding[] = [
  {
    in: 'list',
    command: 'open',
    keys: ['enter', 'right', 'l'],
    label: 'open',
    help: 'Start a session with the agent, or open the session.',
  },
  { in: 'list', command: 'previous', keys: ['up', 'k'], help: 'Go up.' },
  { in: 'list', command: 'next', keys: ['down', 'j'], help: 'Go down.' },
  {
    in: 'list',
    command: 'toChat',
    keys: ['tab'],
    label: 'chat',
    help: 'Go to the chat on the right.',
    name: 'Go to the chat',
  },
  { in: 'list', command: 'help', keys: ['?'], label: 'help', help: 'Show the keys.' },

  {
    in: 'chat',
    command: 'send',
    keys: ['enter'],
    label: 'send',
    help: 'Send the prompt. While the agent works it is queued.',
  },
  {
    in: 'chat',
    command: 'newline',
    keys: ['shift+enter', 'alt+enter', 'ctrl+j'],
    label: 'new line',
    late: true,
    help: 'Begin a new line in the prompt.',
  },
  {
    in: 'chat',
    command: 'interrupt',
    keys: ['ctrl+c'],
    label: 'cancel/close',
    help: 'Cancel the running prompt and keep what was said; when nothing runs, close the session (a second press when there is a draft, or when a turn has just ended).',
  },
  {
    in: 'chat',
    command: 'back',
    keys: ['escape'],
    label: 'list',
    help: 'Go back to the list. The session lives on.',
    name: 'Detach from the session',
    slash: 'detach',
  },
  {
    in: 'chat',
    command: 'answer',
    keys: ['tab'],
    label: 'answer',
    help: 'Go between the prompt and the open question.',
  },
  {
    in: 'chat',
    command: 'expand',
    keys: ['ctrl+t'],
    label: 'details',
    late: true,
    help: 'Open or fold all tool calls and thoughts. A click opens or folds one.',
    name: 'Open or fold all tool calls and thoughts',
    slash: 'details',
  },
  { in: 'chat', command: 'pageUp', keys: ['pageup', 'shift+up'], help: 'Scroll up; so does the wheel.' },
  {
    in: 'chat',
    command: 'pageDown',
    keys: ['pagedown', 'shift+down'],
    help: 'Scroll down; so does the wheel.',
  },
  {
    in: 'chat',
    command: 'bottom',
    keys: ['ctrl+g'],
    help: 'Go to the end of the transcript and follow it.',
    name: 'Go to the end of the transcript',
  },
  {
    in: 'chat',
    command: 'transcript',
    keys: ['ctrl+alt+w'],
    help: 'Save the transcript as markdown.',
    name: 'Save the transcript',
    slash: 'transcript',
  },
  {
    in: 'chat',
    command: 'search',
    keys: ['ctrl+f'],
    name: 'Search the transcript',
    slash: 'find',
    help: 'Search the whole transcript, folded parts too.',
  },
  {
    in: 'chat',
    command: 'edit',
    keys: ['ctrl+e'],
    label: 'editor',
    late: true,
    name: 'Write the prompt in $EDITOR',
    slash: 'editor',
    help: 'Write the prompt in $VISUAL or $EDITOR; what is saved comes back here.',
  },
  {
    in: 'chat',
    command: 'copyAnswer',
    keys: ['alt+c'],
    name: 'Copy the last answer',
    slash: 'copy',
    help: 'Put the last answer on the clipboard (OSC 52). Text selected with the mouse goes there too.',
  },
  {
    in: 'chat',
    command: 'copyCode',
    keys: ['alt+k'],
    name: 'Copy the last block of code',
    help: 'Put the last block of code on the clipboard (OSC 52).',
  },
  {
    in: 'chat',
    command: 'diff',
    keys: ['alt+v'],
    name: 'Show changes side by side, or in one column',
    slash: 'diff',
    help: 'Show changes side by side, or in one column.',
  },
  {
    in: 'chat',
    command: 'history',
    keys: ['ctrl+r'],
    name: 'Take an earlier prompt',
    slash: 'history',
    help: 'Choose one of the prompts that were sent, to change it and send it again.',
  },
  {
    in: 'chat',
    command: 'status',
    keys: [],
    name: 'Show the status of the session',
    slash: 'status',
    help: 'Show where the session runs, its id, its tokens and who waits for what.',
  },
  {
    in: 'chat',
    command: 'cancel',
    keys: [],
    name: 'Cancel the running prompt',
    slash: 'cancel',
    help: 'Cancel the running prompt; what was said stays.',
  },
  {
    in: 'chat',
    command: 'close',
    keys: [],
    name: 'Close the session',
    slash: 'close',
    help: 'Close the session. Its transcript stays.',
  },
  {
    in: 'chat',
    command: 'compact',
    keys: [],
    name: 'Compact the context',
    slash: 'compact',
    help: 'Ask the agent to shorten what it remembers, where it offers that.',
  },

  { in: 'question', command: 'allowOnce', keys: ['a'], label: 'allow once', help: 'Allow it this time.' },
  { in: 'question', command: 'allowAlways', keys: ['A'], label: 'always', help: 'Allow it from now on.' },
  {
    in: 'question',
    command: 'full',
    keys: ['f'],
    label: 'full view',
    help: 'Show all of it on the whole screen.',
  },
  { in: 'question', command: 'rejectOnce', keys: ['r'], label: 'reject', help: 'Reject it this time.' },
  { in: 'question', command: 'rejectAlways', keys: ['R'], label: 'always', help: 'Reject it from now on.' },
  {
    in: 'question',
    command: 'choose',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    help: 'Choose a further option that the agent offers, by its number.',
  },
  {
    in: 'question',
    command: 'answer',
    keys: ['tab'],
    label: 'type',
    help: 'Go to the prompt instead. Any other letter does that too.',
  },

  { in: 'sessions', command: 'resume', keys: ['enter'], label: 'resume', help: 'Open the session.' },
  {
    in: 'sessions',
    command: 'discard',
    keys: ['d', 'delete'],
    label: 'discard',
    help: 'Close the session; one that works only after a question.',
  },
  {
    in: 'sessions',
    command: 'filter',
    keys: ['/'],
    label: 'filter',
    help: 'Type letters of what is wanted.',
  },
  { in: 'sessions', command: 'previous', keys: ['up', 'k'], help: 'Go up.' },
  { in: 'sessions', command: 'next', keys: ['down', 'j'], help: 'Go down.' },
  { in: 'sessions', command: 'dismiss', keys: ['escape', 'ctrl+w'], label: 'dismiss', help: 'Go back.' },

  { in: 'filter', command: 'resume', keys: ['enter'], label: 'resume', help: 'Open the selected session.' },
  { in: 'filter', command: 'previous', keys: ['up'], help: 'Go up.' },
  { in: 'filter', command: 'next', keys: ['down'], help: 'Go down.' },
  {
    in: 'filter',
    command: 'dismiss',
    keys: ['escape', 'ctrl+w'],
    label: 'no filter',
    help: 'Drop the filter.',
  },

  { in: 'confirm', command: 'yes', keys: ['y'], label: 'yes', help: 'Do it.' },
  { in: 'confirm', command: 'no', keys: ['n', 'escape'], label: 'no', help: 'Leave it.' },

  { in: 'start', command: 'start', keys: ['enter'], label: 'start', help: 'Start the session.' },
  {
    in: 'start',
    command: 'nextField',
    keys: ['tab', 'down'],
    label: 'next field',
    help: 'Go to the next field.',
  },
  { in: 'start', command: 'previousField', keys: ['shift+tab', 'up'], help: 'Go to the field before.' },
  {
    in: 'start',
    command: 'toggle',
    keys: ['ctrl+y'],
    label: 'YOLO',
    help: 'Turn YOLO on or off: the agent may then do everything without asking.',
  },
  { in: 'start', command: 'dismiss', keys: ['escape'], label: 'cancel', help: 'Start nothing.' },

  {
    in: 'help',
    command: 'dismiss',
    keys: ['escape', '?', 'f1', 'q'],
    label: 'close',
    help: 'Close the help.',
  },
  { in: 'help', command: 'previous', keys: ['up', 'k', 'pageup'], label: 'up', help: 'Scroll up.' },
  { in: 'help', command: 'next', keys: ['down', 'j', 'pagedown'], label: 'down', help: 'Scroll down.' },

  {
    in: 'popup',
    command: 'accept',
    keys: ['enter'],
    label: 'accept',
    help: 'Take it; a further Enter sends.',
  },
  {
    in: 'popup',
    command: 'next',
    keys: ['tab', 'down'],
    label: 'next',
    help: 'Go down, and on from the top.',
  },
  { in: 'popup', command: 'previous', keys: ['shift+tab', 'up'], help: 'Go up, and on from the end.' },
  {
    in: 'popup',
    command: 'dismiss',
    keys: ['escape'],
    label: 'close',
    help: 'Close the list; the text stays.',
  },

  { in: 'search', command: 'accept', keys: ['enter'], label: 'done', help: 'Go on to the matches: n and N.' },
  { in: 'search', command: 'next', keys: ['down'], label: 'next', help: 'Go to the next match.' },
  { in: 'search', command: 'previous', keys: ['up'], label: 'previous', help: 'Go to the match before.' },
  { in: 'search', command: 'dismiss', keys: ['escape'], label: 'close', help: 'End the search where it is.' },

  {
    in: 'found',
    command: 'next',
    keys: ['n', 'down', 'enter'],
    label: 'next',
    help: 'Go to the next match.',
  },
  { in: 'found', command: 'previous', keys: ['N', 'up'], label: 'previous', help: 'Go to the match before.' },
  {
    in: 'found',
    command: 'search',
    keys: ['/', 'ctrl+f'],
    label: 'change',
    help: 'Change what is looked for.',
  },
  {
    in: 'found',
    command: 'dismiss',
    keys: ['escape', 'q'],
    label: 'close',
    help: 'End the search where it is.',
  },

  { in: 'pick', command: 'accept', keys: ['enter'], label: 'choose', help: 'Do it.' },
  { in: 'pick', command: 'next', keys: ['down', 'tab', 'ctrl+n'], label: 'down', help: 'Go down.' },
  { in: 'pick', command: 'previous', keys: ['up', 'shift+tab'], label: 'up', help: 'Go up.' },
  { in: 'pick', command: 'dismiss', keys: ['escape', 'ctrl+k'], label: 'close', help: 'Choose nothing.' },

  { in: 'status', command: 'dismiss', keys: ['escape', 'enter', 'q'], label: 'close', help: 'Close it.' },

  { in: 'full', command: 'next', keys: ['down', 'j'], label: 'down', help: 'Scroll down.' },
  { in: 'full', command: 'previous', keys: ['up', 'k'], label: 'up', help: 'Scroll up.' },
  { in: 'full', command: 'pageDown', keys: ['pagedown', ' '], help: 'Scroll down by ten lines.' },
  { in: 'full', command: 'pageUp', keys: ['pageup'], help: 'Scroll up by ten lines.' },
  {
    in: 'full',
    command: 'dismiss',
    keys: ['escape', 'f', 'q', 'tab'],
    label: 'close',
    help: 'Go back; the question stays open.',
  },

  { in: 'settings', command: 'next', keys: ['down', 'j', 'tab'], label: 'down', help: 'Go down.' },
  { in: 'settings', command: 'previous', keys: ['up', 'k', 'shift+tab'], label: 'up', help: 'Go up.' },
  {
    in: 'settings',
    command: 'toggle',
    keys: ['enter', 'right', ' '],
    label: 'change',
    help: 'Take the next value; it is saved at once.',
  },
  { in: 'settings', command: 'toggleBack', keys: ['left'], help: 'Take the value before.' },
  { in: 'settings', command: 'dismiss', keys: ['escape', 'ctrl+s', 'q'], label: 'close', help: 'Go back.' },

  { in: 'soon', command: 'dismiss', keys: ['escape', 'enter', 'q'], label: 'close', help: 'Go back.' },

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
    command: 'operations',
    keys: ['ctrl+p'],
    name: 'Operations',
    help: 'What runs for a long time on the nodes. Not built yet.',
  },
  {
    in: 'everywhere',
    command: 'orchestrator',
    keys: ['ctrl+o'],
    name: 'Orchestrator',
    help: 'Several agents on one task. Not built yet.',
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
    command: 'nodes',
    keys: ['ctrl+l'],
    label: 'nodes',
    help: 'Go to the list of nodes and agents.',
    name: 'Go to nodes and agents',
    slash: 'nodes',
  },
  {
    in: 'everywhere',
    command: 'help',
    keys: ['f1', 'ctrl+h'],
    label: 'help',
    help: 'Show the keys.',
    name: 'Show the keys',
    slash: 'help',
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
