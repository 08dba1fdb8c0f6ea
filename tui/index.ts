/** The screen that people live in. */

import type { Client } from '../client/index.js';
import { App } from './app.js';
import { crashed } from './crash.js';
import { readSettings } from './settings.js';
import { Terminal } from './terminal.js';

export interface TuiOptions {
  /** $PRAXIS_HOME: transcripts and the log of a crash go there. */
  home: string;
  /** The node of this machine and where the person is: sessions there start in that directory by default. */
  here?: { node: string; cwd: string };
  input?: NodeJS.ReadStream & { fd: number };
  output?: NodeJS.WriteStream;
  env?: NodeJS.ProcessEnv;
}

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/**
 * Shows the screen until the person leaves it; then says that the system goes on. The terminal is as it was afterwards, whatever happened. Ends the
 * process with 1 on a crash, whose log is in `home`/logs, and with 128 and the signal's number on a signal. `client` stays open.
 */
export async function runTui(client: Client, options: TuiOptions): Promise<void> {
  const { home, here = null, input = process.stdin, output = process.stdout, env = process.env } = options;
  if (!output.isTTY || !input.isTTY) throw new Error('The screen needs a terminal.');
  const app = new App({ client, home, here, env, ...readSettings(home), now: Date.now });
  const terminal = new Terminal({
    input,
    output,
    env,
    onInput: (event) => app.input(event),
    onResize: () => app.resized(),
  });
  const crash = (error: unknown): void => {
    terminal.close();
    process.stderr.write(crashed(error, home));
    process.exit(1);
  };
  const signalled = (signal: NodeJS.Signals, number: number): void => {
    if (signal === 'SIGINT' && terminal.lent) return;
    terminal.close();
    process.exit(128 + number);
  };
  process.on('uncaughtException', crash);
  for (const signal of SIGNALS) process.on(signal, signalled);
  app.show(terminal);
  await app.finished;
  app.stop();
  terminal.close();
  process.off('uncaughtException', crash);
  for (const signal of SIGNALS) process.off(signal, signalled);
  output.write(
    app.connected
      ? 'Praxis goes on in the background, and so do its sessions.\npraxis opens this screen again; praxis down stops it.\n'
      : 'Praxis was not reached: praxis status says what runs here.\npraxis opens this screen again.\n',
  );
}
