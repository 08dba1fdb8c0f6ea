/** Other keys for commands, as tui.json asks for them. What cannot be is left as it was, and said. */
import { BINDINGS, type Binding, type Context } from './bindings.js';
import type { Settings } from './settings.js';

/** Where letters are written, a letter is no command. */
const WRITTEN: readonly Context[] = [
  'everywhere',
  'chat',
  'editing',
  'popup',
  'pick',
  'search',
  'filter',
  'nodesFilter',
  'rename',
  'start',
];

/** As the input filter names keys: modifiers in this order, then one character or the name of a key. */
const KEY = /^(ctrl\+)?(alt\+)?(shift\+)?(\S|space|[a-z]{2,9}|f\d{1,2})$/;

export interface Rebound {
  bindings: readonly Binding[];
  problems: string[];
}

export function rebound(keys: Settings['keys']): Rebound {
  const problems: string[] = [];
  let bindings: Binding[] = [...BINDINGS];
  for (const [name, given] of Object.entries(keys)) {
    const chosen = given === 'none' ? [] : [given].flat();
    const [command, context] = name.split('.').reverse();
    const wanted = bindings.filter(
      (b) => b.command === command && (context === undefined || b.in === context),
    );
    const problem = problemWith(name, wanted, chosen);
    if (problem !== null) {
      problems.push(problem);
      continue;
    }
    const places = new Set(wanted.map((b) => b.in));
    bindings = bindings.map((b) => {
      if (wanted.includes(b)) return { ...b, keys: chosen };
      // A key has one meaning in its place: who asked for it gets it.
      return places.has(b.in) ? { ...b, keys: b.keys.filter((k) => !chosen.includes(k)) } : b;
    });
  }
  return { bindings, problems };
}

function problemWith(name: string, wanted: readonly Binding[], chosen: readonly string[]): string | null {
  if (wanted.length === 0) return `${name} is no command`;
  const bad = chosen.find((key) => !KEY.test(key));
  if (bad !== undefined) return `${bad} is no key`;
  if (wanted.some((b) => b.in === 'question' && b.command !== 'answer'))
    return `the keys that answer a question stay as they are (${name})`;
  const letter = chosen.find((key) => key.length === 1 && wanted.some((b) => WRITTEN.includes(b.in)));
  return letter === undefined ? null : `${letter} is written there, so it cannot be a key of ${name}`;
}
