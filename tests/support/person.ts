/**
 * Somebody at the screen of `praxis`, the shipped program in a terminal. What they press is remembered by the window it was pressed in, and only
 * after the screen has shown what the key does: a key that shows nothing new fails, so does one whose effect was there before.
 */
import type { Context } from '../../tui/bindings.js';
import { PRAXIS, type System } from './system.js';
import { bytesOf, type TerminalOptions, TestTerminal } from './terminal.js';
import { waitUntil } from './wait.js';

/** What is to be seen: some text of the screen, or a condition of it. */
export type Seen = string | RegExp | ((text: string) => boolean);

const holds = (text: string, seen: Seen): boolean =>
  typeof seen === 'string' ? text.includes(seen) : seen instanceof RegExp ? seen.test(text) : seen(text);

/** The text is gone from the screen. */
export const gone =
  (...words: string[]): Seen =>
  (text) =>
    words.every((word) => !text.includes(word));

/** The list on the left is at least this wide. */
const LIST_COLUMNS = 24;

export class Person {
  readonly terminal: TestTerminal;

  /** `tried` collects `context key` and `/command`. */
  constructor(
    system: Pick<System, 'env' | 'work'>,
    readonly tried: Set<string>,
    options: TerminalOptions = {},
  ) {
    const { NO_COLOR: _, ...inherited } = system.env;
    const env = Object.entries({ ...inherited, ...options.env }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    this.terminal = new TestTerminal(process.execPath, [PRAXIS], {
      columns: 100,
      rows: 30,
      cwd: system.work,
      ...options,
      env: Object.fromEntries(env),
    });
  }

  get text(): string {
    return this.terminal.text();
  }

  see(seen: Seen, timeoutMs?: number): Promise<void> {
    return this.terminal.waitFor(seen, timeoutMs);
  }

  /** Text and keys that are no matter of the test; `seen` is waited for. */
  async type(keys: string, seen: Seen, timeoutMs?: number): Promise<void> {
    this.terminal.type(keys);
    await this.see(seen, timeoutMs);
  }

  /** Presses `key` once the screen has offered it in so many words. */
  async follow(offer: Seen, key: string): Promise<void> {
    await this.see(offer);
    this.terminal.type(bytesOf(key));
  }

  /** The key `key` of the key map, in `context`. */
  async press(context: Context, key: string, seen: Seen): Promise<void> {
    await this.#try(`${context} ${key}`, bytesOf(key), seen);
  }

  /** `/name` and Enter. */
  async slash(name: string, seen: Seen): Promise<void> {
    await this.#try(`/${name}`, `/${name}${bytesOf('enter')}`, seen);
  }

  /** What is seen is no text: a sequence to the terminal, a file. */
  async pressUntil(context: Context, key: string, done: () => boolean | Promise<boolean>): Promise<void> {
    if (await done()) throw new Error(`${key}: what it does was done before`);
    this.terminal.type(bytesOf(key));
    await waitUntil(done);
    this.tried.add(`${context} ${key}`);
  }

  async #try(name: string, bytes: string, seen: Seen): Promise<void> {
    if (holds(this.text, seen)) throw new Error(`${name}: ${seen} is on the screen before:\n${this.text}`);
    this.terminal.type(bytes);
    await this.see(seen);
    this.tried.add(name);
  }

  /** Starts a session with the agent of that title, in the directory that the form proposes. */
  async start(agent: string, ready: Seen = 'The agent is ready'): Promise<void> {
    await this.choose(agent);
    await this.type(bytesOf('enter'), 'Working directory');
    await this.type(bytesOf('enter'), ready, 30_000);
  }

  /** Goes to the line of the list that begins so. */
  async choose(name: string): Promise<void> {
    const rows = () => this.text.split('\n').map((line) => line.slice(0, LIST_COLUMNS));
    const there = (text: string): boolean =>
      text.split('\n').some((line) => line.slice(0, LIST_COLUMNS).includes(`▸ ${name}`));
    for (let i = 0; i < 30 && !there(this.text); i++) {
      // A session may be called after its agent; a mark stands before its name.
      const target = rows().findIndex((row) => row.replace(/^[ ▸]+/, '').startsWith(name));
      if (target < 0) throw new Error(`${name} is not in the list:\n${this.text}`);
      const at = rows().findIndex((row) => row.includes('▸'));
      const key = target > at ? 'down' : 'up';
      await this.type(bytesOf(key), () => rows().findIndex((row) => row.includes('▸')) !== at);
    }
  }

  leave(): void {
    this.terminal.kill();
  }
}
