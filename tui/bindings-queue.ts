/** The keys of the prompts that wait. */
import type { Binding } from './bindings.js';

export const QUEUE_BINDINGS: readonly Binding[] = [
  {
    in: 'chat',
    command: 'queue',
    keys: ['alt+q'],
    label: 'waiting prompts',
    name: 'Edit, remove or reorder the prompts that wait',
    slash: 'queue',
    help: 'Go to the prompts that wait, to edit, remove or reorder them.',
  },
  {
    in: 'chat',
    command: 'sendNow',
    keys: ['ctrl+x'],
    name: 'Cancel what runs and send the prompt now',
    help: 'Cancel what runs and send the prompt before all that wait.',
  },
  {
    in: 'queue',
    command: 'editWaiting',
    keys: ['enter', 'e'],
    label: 'edit',
    help: 'Edit the prompt where prompts are written.',
  },
  {
    in: 'queue',
    command: 'remove',
    keys: ['d', 'delete'],
    label: 'remove',
    help: 'Take the prompt out of the queue.',
  },
  {
    in: 'queue',
    command: 'runNext',
    keys: ['n'],
    label: 'run next',
    help: 'Let it run before the others that wait.',
  },
  {
    in: 'queue',
    command: 'runNow',
    keys: ['!'],
    label: 'run now',
    help: 'Cancel what runs and let it run at once.',
  },
  { in: 'queue', command: 'previous', keys: ['up', 'k'], help: 'Go up.' },
  {
    in: 'queue',
    command: 'next',
    keys: ['down', 'j'],
    help: 'Go down, and from the last one back to the prompt.',
  },
  {
    in: 'queue',
    command: 'dismiss',
    keys: ['escape', 'q', 'tab', 'alt+q'],
    label: 'back',
    help: 'Go back to the prompt. Any other letter does that too.',
  },
  {
    in: 'editing',
    command: 'saveEdit',
    keys: ['enter'],
    label: 'save',
    help: 'Put what you wrote in the place of the waiting prompt.',
  },
  {
    in: 'editing',
    command: 'dropEdit',
    keys: ['escape'],
    label: 'leave as it was',
    help: 'Leave the waiting prompt as it was.',
  },
];
