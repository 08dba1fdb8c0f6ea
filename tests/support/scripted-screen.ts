/** The screen over the scripted client (scripted-tui.ts) in a terminal, for the suites that read it there. Each test has a home of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { KEY, type TerminalOptions, TestTerminal } from './terminal.js';

/** For who starts it in another way. */
export const program = new URL('./scripted-tui.ts', import.meta.url).pathname;

/** $PRAXIS_HOME of the test that runs. */
export let home = '';
const terminals: TestTerminal[] = [];

/** Called once by each suite. */
export function everyTestAlone(): void {
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ptui-'));
  });
  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.kill();
    rmSync(home, { recursive: true, force: true });
  });
}

/** Any program in a terminal that ends with the test. */
export function inTerminal(command: string, args: string[], options: TerminalOptions = {}): TestTerminal {
  const terminal = new TestTerminal(command, args, {
    columns: 100,
    rows: 30,
    ...options,
    env: { PRAXIS_HOME: home, ...options.env },
  });
  terminals.push(terminal);
  return terminal;
}

/** The screen, just started. */
export const start = (options?: TerminalOptions): TestTerminal =>
  inTerminal(process.execPath, ['--import', 'tsx', program], options);

/** The screen with its list. */
export async function open(options?: TerminalOptions): Promise<TestTerminal> {
  const terminal = start(options);
  await terminal.waitFor('connected');
  await terminal.waitFor('Demo agent');
  return terminal;
}

/** The screen with a new session. */
export async function chat(options?: TerminalOptions): Promise<TestTerminal> {
  const t = await open(options);
  t.type(KEY.enter);
  await t.waitFor('Working directory');
  t.type(KEY.enter);
  await t.waitFor('Ask the agent something');
  return t;
}
