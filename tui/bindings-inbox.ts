/** The keys of the inbox. Those that answer are the same as in a chat. */
import type { Binding } from './bindings.js';

export const INBOX_BINDINGS: readonly Binding[] = [
  {
    in: 'everywhere',
    command: 'inbox',
    keys: ['ctrl+n'],
    label: 'waiting for you',
    name: 'Show what waits for you',
    slash: 'inbox',
    help: 'Show the open questions of all sessions, and answer them.',
  },
  {
    in: 'inbox',
    command: 'next',
    keys: ['down', 'j', 'tab'],
    label: 'down',
    help: 'Go to the next question.',
  },
  {
    in: 'inbox',
    command: 'previous',
    keys: ['up', 'k', 'shift+tab'],
    help: 'Go to the question before.',
  },
  {
    in: 'inbox',
    command: 'resume',
    keys: ['enter'],
    label: 'open session',
    help: 'Open the session that asks.',
  },
  { in: 'inbox', command: 'pageDown', keys: ['pagedown', ' '], help: 'Scroll the question down.' },
  { in: 'inbox', command: 'pageUp', keys: ['pageup'], help: 'Scroll the question up.' },
  {
    in: 'inbox',
    command: 'dismiss',
    keys: ['escape', 'q', 'ctrl+n'],
    label: 'close',
    help: 'Go back; what is not answered stays open.',
  },
];
