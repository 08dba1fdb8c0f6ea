/**
 * `praxis` alone: the screen, on a system that is brought up first where it belongs on this machine. Without a terminal: one
 * demo prompt to its end, and down again what was started for it.
 */
import { connectClient, placeOf } from '../../client/index.js';
import { defaultName, ErrorCode, homeOf, NodeConfig, PraxisError, readConfig } from '../../proto/index.js';
import { withClient } from '../connect.js';
import { EXIT, UsageError } from '../exit.js';
import { type Io, note, say } from '../io.js';
import { bringUp } from '../up/start.js';
import { liveState } from '../up/state.js';
import { takeDown } from '../up/stop.js';
import { run } from './run.js';

const DEMO_PROMPT = 'Say hello and show what you can do';

export async function screen(io: Io, program: string): Promise<number> {
  const home = homeOf(io.env);
  const place = placeOf(io.env, home);
  const interactive = io.stdin.isTTY === true && io.stdout.isTTY === true;
  // Every part of a screen would come after the other, on one line.
  if (interactive && io.env.TERM === 'dumb')
    throw new UsageError(
      'The screen needs a terminal that draws, and TERM is "dumb": set TERM to the name of yours, or use praxis run and praxis session',
    );
  let started = false;
  if (place.elsewhere === undefined && !io.env.PRAXIS_BUS_URL && !(await runsAlready(io)))
    ({ started } = await bringUp(io, program));
  if (!interactive) return demo(io, started);
  // A system that does not answer is said in a sentence, not on a screen that stays empty.
  if (!started) await withClient(io, async () => undefined);
  const client = connectClient({ env: io.env, name: 'praxis-tui' });
  try {
    const { runTui } = await import('../../tui/index.js');
    const node = readConfig(home.nodeConfig, NodeConfig)?.name ?? defaultName();
    const here = place.parts.includes('node') ? { here: { node, cwd: io.cwd } } : {};
    await runTui(client, { home: home.root, env: io.env, ...here });
    return EXIT.ok![0];
  } finally {
    await client.close();
  }
}

/** Somebody runs the parts without a supervisor, as systemd or a container does. */
async function runsAlready(io: Io): Promise<boolean> {
  if (liveState(homeOf(io.env))) return false;
  try {
    return await withClient(io, async () => true);
  } catch (error) {
    if (error instanceof PraxisError && error.code === ErrorCode.Disconnected) return false;
    throw error;
  }
}

async function demo(io: Io, started: boolean): Promise<number> {
  try {
    note(io, 'There is no terminal here, so this is one prompt to the demo agent:');
    const code = await run(io, 'demo', DEMO_PROMPT, { yolo: true });
    if (code !== EXIT.ok![0])
      throw new PraxisError(ErrorCode.AgentLost, 'The demo agent did not end its turn as it should');
    say(io, '\nThis was Praxis without a terminal. In a terminal, praxis opens its screen.');
    return code;
  } finally {
    if (started) await takeDown(homeOf(io.env), (line) => note(io, line));
  }
}
