/** Brings the system of this machine up and waits until it can be used, saying on the way what it waits for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connectClient, type Place, placeOf } from '../../client/index.js';
import {
  Credentials,
  ErrorCode,
  type Home,
  homeOf,
  lockHolder,
  nodeLogin,
  PraxisError,
  readConfig,
  runs,
} from '../../proto/index.js';
import type { Io } from '../io.js';
import { lastWords, logFile, logSize, openLog } from './logs.js';
import { liveState, noteStarting, readState, type UpState } from './state.js';

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
  // What the logs tell before this is of earlier runs.
  const before = { up: logSize(logFile(home, 'up')), service: logSize(logFile(home, 'service')) };
  const stale = started ? readState(home)?.since : undefined;
  const current = () => {
    const state = readState(home);
    return state?.since === stale ? undefined : state;
  };
  const supervisor = started ? spawnSupervisor(io, home, program) : undefined;
  try {
    const words = () => lastWords(logFile(home, 'up'), before.up);
    await waitForParts(current, place, supervisor, words, progress);
    await waitForSystem(io, home, current, place, progress);
  } catch (error) {
    if (!(error instanceof NotUp)) throw error;
    throw failed(home, error.message, current()?.parts.service?.logFrom ?? before.service);
  } finally {
    progress.clear();
    supervisor?.unref();
  }
  return { started, place };
}

/** What the supervisor of this start says; undefined before it has said anything. */
type Current = () => UpState | undefined;

/** It cannot come up, or took too long. */
class NotUp extends Error {}

/** In a session of its own, so that it outlives our terminal. */
function spawnSupervisor(io: Io, home: Home, program: string): ChildProcess {
  const log = openLog(home, 'up');
  try {
    // A supervisor that runs from source needs the loader that we run with.
    const args = [...process.execArgv, program, 'up', '--foreground', '--log-files'];
    const supervisor = spawn(process.execPath, args, {
      env: io.env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (supervisor.pid !== undefined) noteStarting(home, supervisor.pid);
    return supervisor;
  } finally {
    closeSync(log);
  }
}

async function waitForParts(
  current: Current,
  { parts }: Place,
  supervisor: ChildProcess | undefined,
  words: () => string | undefined,
  progress: Progress,
): Promise<void> {
  progress.say(`starting ${parts.join(' and ')}`);
  await until(current, () => {
    const state = current();
    if (state && runs(state.supervisor)) return parts.every((part) => state.parts[part]?.state === 'running');
    if (supervisor && (supervisor.exitCode !== null || supervisor.signalCode !== null))
      throw new NotUp(`it ended; it said: ${words() ?? 'nothing'}`);
    return false;
  });
}

/** The service answers, and the node of this machine, if there is to be one, is live and has looked for its agents. */
async function waitForSystem(
  io: Io,
  home: Home,
  current: Current,
  place: Place,
  progress: Progress,
): Promise<void> {
  if (!place.parts.includes('service')) {
    await until(current, () => lockHolder(home, 'node') !== undefined);
    return;
  }
  progress.say('waiting for the service');
  let client: ReturnType<typeof connectClient> | undefined;
  await until(current, () => {
    client ??= tryConnect(io);
    return client?.link.kind === 'connected';
  });
  try {
    progress.say('waiting for the node and its agents');
    let liveSince: number | undefined;
    let looking = true;
    client!.onNodes((nodes) => {
      // Other machines may have nodes too, of another name.
      const login = readConfig(home.credentials('node'), Credentials)?.user;
      const own = nodes.find(({ name, state }) => state === 'live' && nodeLogin(name) === login);
      if (own) liveSince ??= performance.now();
      looking = own?.connectors.some(({ status }) => status === 'checking') ?? true;
    });
    await until(
      current,
      () => liveSince !== undefined && (!looking || performance.now() > liveSince + LOOK_MS),
    );
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

async function until(current: Current, condition: () => boolean): Promise<void> {
  for (const limit = performance.now() + UP_MS; !condition(); ) {
    const given = givenUp(current());
    if (given !== undefined) throw new NotUp(given);
    if (performance.now() > limit) throw new NotUp(`it was not ready after ${UP_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function givenUp(state: UpState | undefined): string | undefined {
  for (const [name, part] of Object.entries(state?.parts ?? {}))
    if (part.state === 'failed') return `the ${name} ${part.lastEnd ?? 'was given up'}`;
  return undefined;
}

/** With what the service complains about: it serves on without logins for this machine, and then the node cannot start. */
function failed(home: Home, why: string, logFrom: number): PraxisError {
  const complaint = lastWords(logFile(home, 'service'), logFrom);
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
