/** What the terminal is asked to do besides drawing: ring, tell the desktop, take text on its clipboard. No words of an agent pass unfiltered. */
import { sanitizeLine } from '../client/index.js';
import type { Settings } from './settings.js';

/** Characters of a notification. */
const MAX_NOTE = 160;
/** Bytes that terminals take on their clipboard at least. */
export const MAX_COPY_BYTES = 70_000;

export const BELL = '\x07';

/** Inside tmux a sequence for the terminal around it must be wrapped. */
const wrapped = (sequence: string, env: NodeJS.ProcessEnv): string =>
  env.TMUX ? `\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\` : sequence;

/** Terminals that know OSC 777 and not OSC 9; the others ignore what they do not know. */
const is777 = (env: NodeJS.ProcessEnv): boolean => /^(foot|rxvt)/.test(env.TERM ?? '');

/** The sequence that shows `text` as a notification of the desktop. */
export function notification(text: string, how: Settings['notify'], env: NodeJS.ProcessEnv): string {
  if (how === 'off') return '';
  const note = sanitizeLine(text).slice(0, MAX_NOTE);
  const is = how === 'auto' ? (is777(env) ? 'osc777' : 'osc9') : how;
  const sequence =
    is === 'osc9' ? `\x1b]9;${note}\x07` : `\x1b]777;notify;Praxis;${note.replaceAll(';', ',')}\x07`;
  return wrapped(sequence, env);
}

/** The title of the terminal: our own words only, so that no agent has a say in it. */
export function title(waiting: number, working: number): string {
  const parts = [waiting > 0 && `${waiting} waiting`, working > 0 && `${working} working`].filter(Boolean);
  return `\x1b]2;${['praxis', ...parts].join(' · ')}\x07`;
}

/** The sequence (OSC 52) that puts `text` on the clipboard. */
export function clipboard(text: string, env: NodeJS.ProcessEnv): string {
  const sequence = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
  // tmux takes the plain one for its own buffer, where it is told to.
  return env.TMUX ? sequence + wrapped(sequence, env) : sequence;
}
