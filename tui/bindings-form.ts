/** The keys of a form by which the agent asks, and of its window. */
import type { Binding } from './bindings.js';

export const FORM_BINDINGS: readonly Binding[] = [
  {
    in: 'form',
    command: 'fillIn',
    keys: ['enter'],
    label: 'fill in',
    help: 'Open the form, to fill it in, decline it or cancel it.',
  },
  {
    in: 'form',
    command: 'answer',
    keys: ['tab'],
    label: 'type',
    help: 'Go to the next open question, and from the last one to the prompt. Any other letter goes to the prompt, too.',
  },
  {
    in: 'inbox',
    command: 'fillIn',
    keys: ['f'],
    label: 'fill in',
    help: 'Fill in the form, decline it or cancel it.',
  },
  {
    in: 'fields',
    command: 'accept',
    keys: ['enter'],
    label: 'take',
    help: 'Take what stands there and go to the next field; at the end do what is written there.',
  },
  {
    in: 'fields',
    command: 'toggle',
    keys: [' '],
    label: 'choose',
    help: 'Choose what stands there, or not. In a text it is a blank.',
  },
  { in: 'fields', command: 'next', keys: ['down', 'tab'], label: 'down', help: 'Go down.' },
  { in: 'fields', command: 'previous', keys: ['up', 'shift+tab'], label: 'up', help: 'Go up.' },
  {
    in: 'fields',
    command: 'dismiss',
    keys: ['escape'],
    label: 'leave it open',
    help: 'Go back; the form stays open, and what was answered stays in it.',
  },
];
