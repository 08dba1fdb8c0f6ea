/** Tries a connector's script by itself, as a node would load it: in the sandbox, with its limits, without a bus. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type ConnectorInfo,
  homeOf,
  LUA_MEMORY_BYTES,
  LUA_SLICE_MS,
  Name,
  NodeConfig,
  PraxisError,
  readConfig,
} from '../proto/index.js';
import { systemClock } from './clock.js';
import { Groups } from './groups.js';
import { SessionHost } from './host/session-host.js';
import { compileFolder, connectorSources, contextOf } from './load-connectors.js';
import { LuaPool } from './lua/index.js';
import { type ConnectorContext, LuaConnector, type NewHost } from './lua-connector.js';
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

/** What is to be checked: the script, what it is told, and the file that a person would change. */
interface Checked {
  script: string;
  context: ConnectorContext;
  file: string;
}

/**
 * Checks a connector by its id (an agent of node.json, one of the person's own, one that ships), or a `connector.lua`, or the
 * folder that it is in. Whatever is wrong with it is in the answer; null: there is none. Rejects with ConfigError for a bad node.json.
 */
export async function checkConnector(
  which: string,
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConnectorCheck | null> {
  const home = homeOf(env);
  const config = readConfig(home.nodeConfig, NodeConfig) ?? NodeConfig.parse({});
  const source = connectorSources(config, home.connectors).findLast(({ context }) => context.id === which);
  const path = resolve(cwd, which);
  if (source && (source.origin !== 'shipped' || !existsSync(path))) {
    const script = join(source.folder, 'connector.lua');
    const file = source.origin === 'named' ? home.nodeConfig : script;
    return check({ script, context: source.context, file });
  }
  if (!existsSync(path)) return null;
  const inside = join(path, 'connector.lua');
  const script = existsSync(inside) ? inside : path;
  const folder = dirname(script);
  const id = Name.safeParse(basename(folder)).data ?? 'connector';
  return check({ script, context: contextOf(id, folder), file: script });
}

async function check({ script, context, file }: Checked): Promise<ConnectorCheck> {
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
    const scripts = await compileFolder(pool, script);
    const connector = new LuaConnector(pool, scripts, context, newHost);
    const { functions, problems } = needed(await connector.functions(), script);
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
