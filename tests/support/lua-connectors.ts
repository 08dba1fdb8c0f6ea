/** Connectors of Lua text, as a node has them: the real pool, the real host, real processes. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../node-agent/clock.js';
import { Groups } from '../../node-agent/groups.js';
import { SessionHost } from '../../node-agent/host/session-host.js';
import { compileFolder } from '../../node-agent/load-connectors.js';
import { LuaPool, type LuaScript } from '../../node-agent/lua/index.js';
import {
  type ConnectorContext,
  type ConnectorScripts,
  LuaConnector,
  type NewHost,
} from '../../node-agent/lua-connector.js';
import { type NodeCalls, nodeCalls } from '../../node-agent/node-calls.js';
import { Programs } from '../../node-agent/programs.js';
import { LUA_SLICE_MS, packageRoot } from '../../proto/index.js';
import { isRunning } from './processes.js';

interface More {
  others?: Record<string, string>;
  preferred?: string;
}

export class LuaConnectors {
  readonly dir = mkdtempSync(join(tmpdir(), 'pxl-'));
  /** What handlers of scripts failed with. */
  readonly errors: string[] = [];
  readonly logged: string[] = [];
  private readonly groups = new Groups(join(this.dir, 'agents'));
  private readonly pool: LuaPool;
  private readonly programs = new Programs({ groups: this.groups, clock: systemClock });
  private readonly calls: Promise<NodeCalls>;

  /** With `program`, that is what scripts find when they look for their agent; it tells no version. */
  constructor({ workers = 1, program }: { workers?: number; program?: string } = {}) {
    this.pool = new LuaPool({
      clock: systemClock,
      // A shorter one would take a worker that got no core for a while for a script that loops.
      sliceMs: LUA_SLICE_MS,
      memory: 16 * 1024 * 1024,
      workers,
      entry: pathToFileURL(`${packageRoot}dist/node-agent/lua/worker.js`),
    });
    this.calls = nodeCalls(this.pool, {
      find: async (wanted) => (program ? { path: program } : this.programs.find(wanted)),
    });
  }

  /** `others` are the scripts beside connector.lua, by their names; `preferred` is the transport that node.json names. */
  async compile(
    id: string,
    source: string,
    { others = {}, preferred, ...context }: Partial<ConnectorContext> & More = {},
  ): Promise<LuaConnector> {
    const scripts = {
      main: await this.pool.compile(`${id}.lua`, source),
      others: new Map<string, LuaScript>(),
    };
    for (const [name, text] of Object.entries(others))
      scripts.others.set(name, await this.pool.compile(`${name}.lua`, text));
    return this.connector(id, scripts, context, preferred);
  }

  /** A connector that ships, with the scripts of its folder. */
  async shipped(id: string, context: Partial<ConnectorContext> = {}): Promise<LuaConnector> {
    const file = join(packageRoot, 'connectors', id, 'connector.lua');
    return this.connector(id, await compileFolder(this.pool, file), context);
  }

  private async connector(
    id: string,
    scripts: ConnectorScripts,
    context: Partial<ConnectorContext> = {},
    preferred?: string,
  ): Promise<LuaConnector> {
    const calls = await this.calls;
    const told = { id, version: '1', node: process.execPath, folder: this.dir, ...context };
    const newHost: NewHost = (connector, cwd) =>
      new SessionHost({
        calls: calls(connector),
        cwd,
        privateFolder: join(this.dir, 'private'),
        groups: this.groups,
        clock: systemClock,
        log: (_level, text) => void this.logged.push(text),
        onError: ({ message }) => void this.errors.push(message),
      });
    return new LuaConnector(this.pool, scripts, told, newHost, preferred);
  }

  /** The process groups that sessions have started and that live. */
  runningPids(): number[] {
    return readdirSync(join(this.dir, 'agents'))
      .map((name) => Number(name.replace('.json', '')))
      .filter(isRunning);
  }

  async close(): Promise<void> {
    await this.programs.stop();
    await this.pool.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
