/**
 * The supervisor: runs the parts of this machine, starts again what dies, keeps `up.json` true, and ends everything when
 * it is asked to. Parts are children with sessions of their own, so a Ctrl+C reaches only the supervisor, which stops the
 * node (and with it the agents) before the service.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { type Home, refOf, VERSION } from '../../proto/index.js';
import { LOG_CHECK_MS, lastWords, logFile, logSize, openLog, rotate } from './logs.js';
import { Part, STOP_GRACE_MS } from './part.js';
import { stopProcess } from './processes.js';
import { claimState, forgetStarting, type PartName, removeState, type UpState, writeState } from './state.js';

export interface SuperviseOptions {
  home: Home;
  env: NodeJS.ProcessEnv;
  /** In the order of their start. */
  parts: readonly PartName[];
  /** The command of a part: a program and its arguments. */
  command(part: PartName): readonly [string, ...string[]];
  /** Logs go to files; otherwise to our stderr. */
  logFiles: boolean;
  log(line: string): void;
  /** Resolves when the supervisor shall end. */
  stopAsked: Promise<void>;
}

/** `already`: another supervisor runs here. `failed`: every part was given up. */
export type Outcome = 'stopped' | 'already' | 'failed';

export async function supervise(options: SuperviseOptions): Promise<Outcome> {
  const { home, log } = options;
  const since = Date.now();
  const state: UpState = { supervisor: refOf(process.pid), version: VERSION, since, parts: {} };
  const claim = claimState(home, state);
  forgetStarting(home, process.pid);
  if (!claim) return 'already';
  await endLeftovers(claim.left, log);

  const running = new Map<PartName, Part>();
  let giveUp = (): void => undefined;
  const allFailed = new Promise<'failed'>((resolve) => {
    giveUp = () => resolve('failed');
  });
  const save = () => {
    for (const [name, part] of running) state.parts[name] = part.status;
    writeState(home, state);
  };
  for (const name of options.parts) {
    const part: Part = new Part({
      name,
      spawn: () => spawnPart(options, name),
      logged: () => (options.logFiles ? logSize(logFile(home, name)) : 0),
      lastWords: (from) => (options.logFiles ? lastWords(logFile(home, name), from) : undefined),
      now: Date.now,
      schedule(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      onChange() {
        const { state: now, lastEnd, process: child } = part.status;
        const pid = child ? ` (pid ${child.pid})` : '';
        const reason = lastEnd === undefined ? '' : `: ${lastEnd}`;
        log(`${name} ${now}${now === 'running' ? pid : reason}`);
        save();
        if ([...running.values()].every(({ status }) => status.state === 'failed')) giveUp();
      },
    });
    running.set(name, part);
  }
  for (const part of running.values()) part.start();

  const files = [...options.parts, 'up'].map((name) => logFile(home, name));
  const rotation = setInterval(() => files.forEach((file) => void rotate(file)), LOG_CHECK_MS);
  const outcome = await Promise.race([options.stopAsked.then(() => 'stopped' as const), allFailed]);
  clearInterval(rotation);
  for (const name of [...options.parts].reverse()) await running.get(name)!.stop();
  if (outcome === 'stopped') removeState(home);
  return outcome;
}

function spawnPart(options: SuperviseOptions, name: PartName): ChildProcess {
  const { home, command, logFiles } = options;
  const [program, ...args] = command(name);
  const log = logFiles ? openLog(home, name) : undefined;
  const stdio: StdioOptions = ['ignore', log ?? process.stderr, log ?? process.stderr];
  try {
    return spawn(program, args, { env: environmentOf(name, options), stdio, detached: true });
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** The database and the broker's administrator are the service's: their passwords are no business of the node, nor of what it starts. */
function environmentOf(name: PartName, { env, parts }: SuperviseOptions): NodeJS.ProcessEnv {
  if (name === 'service') return env;
  const { PRAXIS_DATABASE_URL: _database, PRAXIS_BUS_URL: bus, PRAXIS_BUS_ADMIN_URL: _admin, ...rest } = env;
  // Where the service runs, the address is the service's; else it is that of a node.
  return bus === undefined || parts.includes('service') ? rest : { ...rest, PRAXIS_BUS_URL: bus };
}

/** Parts outlive a supervisor that was killed: they are ended before new ones start, the node first. */
export async function endLeftovers(left: UpState | null, log: (line: string) => void): Promise<void> {
  for (const name of ['node', 'service'] as const) {
    const process = left?.parts[name]?.process;
    if (!process) continue;
    log(`ending the ${name} that an earlier run left (pid ${process.pid})`);
    await stopProcess(process, STOP_GRACE_MS);
  }
}
