/** Brings the system of this machine up and waits until it can be used, saying on the way what it waits for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connectClient, type Place, placeOf } from '../../client/index.js';
import { ErrorCode, type Home, homeOf, PraxisError } from '../../proto/index.js';
import type { Io } from '../io.js';
import { lastWords, logFile, openLog } from './logs.js';
import { liveState, readState, type UpState } from './state.js';

/** Milliseconds that the parts have to come up. */
const UP_MS = 60_000;
const POLL_MS = 25;
/** Milliseconds that a live node has to look for its agents; those found later are there later. */
const LOOK_MS = 3_000;

/** Resolves when service and node are ready. `started`: nobody had started them before. */
export async function bringUp(io: Io, program: string): Promise<{ started: boolean; place: Place }> {
  const home = homeOf(io.env);
  const place = placeOf(io.env, home);
  if (place.parts.length === 0)
    throw new PraxisError(
      ErrorCode.InvalidRequest,
      `This machine is a client of the Praxis at ${place.elsewhere}; there is nothing to start here`,
    );
  const progress = new Progress(io);
  const started = liveState(home) === undefined;
  const supervisor = started ? spawnSupervisor(io, home, program) : undefined;
  try {
    await waitForParts(home, place, supervisor, progress);
    await waitForSystem(io, home, place, progress);
  } finally {
    progress.clear();
    supervisor?.unref();
  }
  return { started, place };
}

/** In a session of its own, so that it outlives our terminal. */
function spawnSupervisor(io: Io, home: Home, program: string): ChildProcess {
  const log = openLog(home, 'up');
  try {
    // A supervisor that runs from source needs the loader that we run with.
    const args = [...process.execArgv, program, 'up', '--foreground', '--log-files'];
    return spawn(process.execPath, args, {
      env: io.env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

async function waitForParts(
  home: Home,
  { parts }: Place,
  supervisor: ChildProcess | undefined,
  progress: Progress,
): Promise<void> {
  progress.say(`starting ${parts.join(' and ')}`);
  await until(home, () => {
    const state = liveState(home);
    if (state) return parts.every((part) => state.parts[part]?.state === 'running');
    if (supervisor && (supervisor.exitCode !== null || supervisor.signalCode !== null))
      throw failed(home, `it ended; it said: ${lastWords(logFile(home, 'up')) ?? 'nothing'}`);
    return false;
  });
}

/** The service answers, and the node of this machine, if there is to be one, is live and has looked for its agents. */
async function waitForSystem(io: Io, home: Home, place: Place, progress: Progress): Promise<void> {
  if (!place.parts.includes('service')) return;
  progress.say('waiting for the service');
  let client: ReturnType<typeof connectClient> | undefined;
  await until(home, () => {
    client ??= tryConnect(io);
    return client?.link.kind === 'connected';
  });
  try {
    progress.say('waiting for the node and its agents');
    let liveSince: number | undefined;
    let looking = true;
    client!.onNodes((nodes) => {
      const live = nodes.filter(({ state }) => state === 'live');
      if (live.length > 0) liveSince ??= performance.now();
      looking = live.some(({ connectors }) => connectors.some(({ status }) => status === 'checking'));
    });
    await until(home, () => liveSince !== undefined && (!looking || performance.now() > liveSince + LOOK_MS));
  } finally {
    await client?.close();
  }
}

/** Undefined while the service has not written our login yet. */
function tryConnect(io: Io) {
  try {
    return connectClient({ env: io.env, name: 'praxis-up' });
  } catch (error) {
    if (error instanceof PraxisError && error.code === ErrorCode.Disconnected) return undefined;
    throw error;
  }
}

async function until(home: Home, condition: () => boolean): Promise<void> {
  for (const limit = performance.now() + UP_MS; !condition(); ) {
    const given = givenUp(readState(home));
    if (given !== undefined) throw failed(home, given);
    if (performance.now() > limit) throw failed(home, `it was not ready after ${UP_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function givenUp(state: UpState | undefined): string | undefined {
  for (const [name, part] of Object.entries(state?.parts ?? {}))
    if (part.state === 'failed') return `the ${name} ${part.lastEnd ?? 'was given up'}`;
  return undefined;
}

/** With what the service complains about: it serves on without logins for this machine, and then the node cannot start. */
function failed(home: Home, why: string): PraxisError {
  const complaint = lastWords(logFile(home, 'service'));
  return new PraxisError(ErrorCode.Disconnected, `Praxis did not start: ${why}`, {
    ...(complaint !== undefined && !why.includes(complaint) && { details: `The service said: ${complaint}` }),
    hint: `The logs are in ${home.logs}; praxis down ends what is left`,
  });
}

/** One line on a terminal that is written over; nothing elsewhere. */
class Progress {
  #shown = false;

  constructor(private readonly io: Io) {}

  say(what: string): void {
    if (!this.io.stderr.isTTY) return;
    this.io.stderr.write(`\r\x1b[K${what} ...`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.io.stderr.write('\r\x1b[K');
  }
}
