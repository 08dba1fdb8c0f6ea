/** Keys as commands, and keys as a person reads them. */
import { BINDINGS, type Binding, CONTEXTS, type Command, type Context } from './bindings.js';

export { BINDINGS, type Binding, CONTEXTS, type Command, type Context } from './bindings.js';

/** The bindings that are in force, and what they make of a key. */
export interface KeyMap {
  readonly bindings: readonly Binding[];
  /** What `key` does in the first of `contexts` that knows it. */
  commandFor(contexts: readonly Context[], key: string): Command | undefined;
}

export function keyMap(bindings: readonly Binding[] = BINDINGS): KeyMap {
  const index = new Map<string, Command>(
    bindings.flatMap((b) => b.keys.map((key): [string, Command] => [`${b.in} ${key}`, b.command])),
  );
  return {
    bindings,
    commandFor(contexts, key) {
      for (const context of contexts) {
        const command = index.get(`${context} ${key}`);
        if (command !== undefined) return command;
      }
      return undefined;
    },
  };
}

const NAMES: Record<string, string> = {
  enter: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  up: '↑',
  down: '↓',
  right: '→',
  left: '←',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  delete: 'Del',
  ctrl: 'Ctrl',
  alt: 'Alt',
  shift: 'Shift',
  space: 'Space',
  ' ': 'Space',
};

/** A key as a person reads it: `Ctrl+W`, `Esc`, `a`. */
export function keyName(key: string): string {
  const parts = key.split('+');
  return parts.map((p) => NAMES[p] ?? (parts.length > 1 || /^f\d/.test(p) ? p.toUpperCase() : p)).join('+');
}

/**
 * The first key of `command` (in `place`, where it has others elsewhere), as a person reads it, else what is written in the prompt;
 * empty where it has neither.
 */
export function keyOf({ bindings }: KeyMap, command: Command, place?: Context): string {
  const ways = bindings.filter((b) => b.command === command && (place === undefined || b.in === place));
  const key = ways.find((b) => b.keys.length > 0)?.keys[0];
  const slash = ways.find((b) => b.slash !== undefined)?.slash;
  return key === undefined ? (slash === undefined ? '' : `/${slash}`) : keyName(key);
}

/** Every way to a command but the palette: its keys, then what is written in the prompt. */
const howTo = (b: Binding): string =>
  [...b.keys.map(keyName), ...(b.slash === undefined ? [] : [`/${b.slash}`])]
    .map((k) => `\`${k}\``)
    .join(' ');

/** The map as a page of the documentation. */
export function keysMarkdown(): string {
  const parts = (Object.keys(CONTEXTS) as Context[]).map((context) => {
    const rows = BINDINGS.filter((b) => b.in === context).map((b) => `| ${howTo(b)} | ${b.help} |`);
    return `## ${CONTEXTS[context]}\n\n| key | what it does |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Keys\n\nMade from the key map by \`npm run docs:keys\`.\n\nOther keys are given in \`tui.json\` in the directory of Praxis (\`~/.praxis\`), by the name of a command or of one in one place, as in \`"keys": { "sessions": "ctrl+g", "chat.expand": ["f4", "alt+e"], "mouse": "none" }\`. The screen says at its start what it could not take.\n\n${parts.join('\n')}`;
}
