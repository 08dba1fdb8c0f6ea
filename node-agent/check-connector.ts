/** Tries a connector's script by itself, as a node would load it: in the sandbox, with its limits, without a bus. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type ConnectorInfo,
  LUA_MEMORY_BYTES,
  LUA_SLICE_MS,
  Name,
  PraxisError,
  VERSION,
} from '../proto/index.js';
import { systemClock } from './clock.js';
import { Groups } from './groups.js';
import { SessionHost } from './host/session-host.js';
import { compileFolder } from './load-connectors.js';
import { LuaPool } from './lua/index.js';
import { LuaConnector, type NewHost } from './lua-connector.js';
import { nodeCalls } from './node-calls.js';
import { Programs } from './programs.js';

export interface ConnectorCheck {
  file: string;
  /** What is wrong, with file and line where they are known. Empty: a node can use it. */
  problems: string[];
  /** Those of a transport's script with the transport before them, `pty.open`. */
  functions: string[];
  /** The files that it may read, as patterns. */
  reads: string[];
  /** What detect() says on this machine; null when it could not be asked. */
  found: ConnectorInfo | null;
}

/** Checks a `connector.lua`, or the folder that it is in. Whatever is wrong is in the answer. */
export async function checkConnector(path: string): Promise<ConnectorCheck> {
  const inside = join(resolve(path), 'connector.lua');
  const file = existsSync(inside) ? inside : resolve(path);
  const check: ConnectorCheck = { file, problems: [], functions: [], reads: [], found: null };
  const scratch = mkdtempSync(join(tmpdir(), 'praxis-check-'));
  const groups = new Groups(join(scratch, 'agents'));
  const clock = systemClock;
  const pool = new LuaPool({ clock, sliceMs: LUA_SLICE_MS, memory: LUA_MEMORY_BYTES, workers: 1 });
  const programs = new Programs({ groups, clock });
  const problem = (error: unknown) => void check.problems.push(PraxisError.from(error).message);
  try {
    const calls = await nodeCalls(pool, programs);
    const newHost: NewHost = (connector, cwd) =>
      new SessionHost({
        calls: calls(connector),
        cwd,
        privateFolder: join(scratch, 'private'),
        groups,
        clock,
        log: (level, text) => void process.stderr.write(`${level}: ${text}\n`),
        onError: problem,
      });
    const scripts = await compileFolder(pool, file);
    const folder = dirname(file);
    const id = Name.safeParse(basename(folder)).data ?? 'connector';
    const context = { id, version: VERSION, node: process.execPath, folder };
    const connector = new LuaConnector(pool, scripts, context, newHost);
    const { functions, problems } = needed(await connector.functions(), file);
    check.functions = functions;
    check.problems.push(...problems);
    check.reads = await connector.reads();
    if (check.functions.includes('detect')) check.found = await connector.detect();
  } catch (error) {
    problem(error);
  } finally {
    await programs.stop();
    await pool.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  return check;
}

/** Every connector has `detect`, and what opens a session: `open` in connector.lua, or in the script of each transport. */
function needed(
  faces: ReadonlyMap<string, string[]>,
  file: string,
): Pick<ConnectorCheck, 'functions' | 'problems'> {
  const [[, main] = ['', []], ...transports] = faces;
  const functions = [...main, ...transports.flatMap(([name, own]) => own.map((one) => `${name}.${one}`))];
  const lacks = (list: readonly string[], name: string, where: string) =>
    list.includes(name) ? [] : [`${where}: there is no function ${name}`];
  const openers =
    transports.length === 0
      ? [[file, main] as const]
      : transports.map(([name, own]) => [join(dirname(file), `${name}.lua`), own] as const);
  const problems = [
    ...lacks(main, 'detect', file),
    ...openers.flatMap(([where, own]) => lacks(own, 'open', where)),
  ];
  return { functions, problems };
}
