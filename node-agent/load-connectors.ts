/**
 * The connectors of this node: those that ship, those of the person (`$PRAXIS_HOME/connectors/<id>/connector.lua`), and one
 * for each agent that the owner names in node.json. Of one id the last of these wins.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ErrorCode, Name, type NodeConfig, PraxisError, packageRoot, VERSION } from '../proto/index.js';
import type { Connector } from './connector.js';
import { LuaError, type LuaPool, type LuaScript } from './lua/index.js';
import { type ConnectorContext, type ConnectorScripts, LuaConnector, type NewHost } from './lua-connector.js';

/** The generic connectors, on which the agents of node.json run: those that speak ACP, and those on a terminal. */
const GENERIC = { acp: 'acp', pty: 'pty' };

/** Where a connector comes from, and what its script is told. */
export interface ConnectorSource {
  origin: 'shipped' | 'personal' | 'named';
  folder: string;
  context: ConnectorContext;
}

/** All of them; of one id the last counts. `personal`: the folder of the person's own. */
export function connectorSources(config: NodeConfig, personal?: string): ConnectorSource[] {
  const shipped = join(packageRoot, 'connectors');
  const compiled = (id: string) => join(packageRoot, 'dist/connectors', id);
  const ids = connectorsIn(shipped).filter((id) => !Object.hasOwn(GENERIC, id));
  return [
    ...ids.map((id): ConnectorSource => {
      return { origin: 'shipped', folder: join(shipped, id), context: contextOf(id, compiled(id)) };
    }),
    ...(personal === undefined ? [] : connectorsIn(personal)).map((id): ConnectorSource => {
      const folder = join(personal!, id);
      return { origin: 'personal', folder, context: contextOf(id, folder) };
    }),
    ...Object.entries(config.agents).map(([id, { title = id, ...agent }]): ConnectorSource => {
      const generic = agent.pty ? GENERIC.pty : GENERIC.acp;
      const context = { ...contextOf(id as Name, compiled(generic)), agent: { title, ...agent } };
      return { origin: 'named', folder: join(shipped, generic), context };
    }),
  ];
}

/**
 * Compiles each script once. Rejects with LuaError when one that ships is no Lua; one of the person's is listed with the
 * error instead.
 */
export async function loadConnectors(
  config: NodeConfig,
  pool: LuaPool,
  newHost: NewHost,
  personal?: string,
): Promise<Connector[]> {
  const load = async ({ origin, folder, context }: ConnectorSource): Promise<Connector> => {
    try {
      const scripts = await compileFolder(pool, join(folder, 'connector.lua'));
      return new LuaConnector(pool, scripts, context, newHost, config.transports[context.id]);
    } catch (error) {
      if (origin !== 'personal') throw error;
      return unusable(context.id, error);
    }
  };
  const connectors = await Promise.all(connectorSources(config, personal).map(load));
  return [...new Map(connectors.map((connector) => [connector.id, connector])).values()];
}

/** The ids of the connectors below a folder, in order; other things that are there are none. */
function connectorsIn(folder: string): Name[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((id) => Name.safeParse(id).success && existsSync(join(folder, id, 'connector.lua')))
    .sort();
}

/** The script in `file` and those beside it. Rejects with LuaError when one is no Lua. */
export async function compileFolder(pool: LuaPool, file: string): Promise<ConnectorScripts> {
  const compile = (path: string) => pool.compile(nameOf(path), readFileSync(path, 'utf8'));
  const others = new Map<string, LuaScript>();
  for (const name of readdirSync(dirname(file)).sort())
    if (name.endsWith('.lua') && name !== basename(file))
      others.set(basename(name, '.lua'), await compile(join(dirname(file), name)));
  return { main: await compile(file), others };
}

/** The script's name in errors: its path, without the folder that Praxis itself is in. */
export const nameOf = (file: string): string =>
  file.startsWith(packageRoot) ? file.slice(packageRoot.length) : file;

/** A script that cannot be loaded, listed with what is wrong and where. */
function unusable(id: Name, error: unknown): Connector {
  const hint = error instanceof LuaError ? error.message : PraxisError.from(error).message;
  return {
    id,
    info: async () => ({ id, title: id, version: null, status: 'needs_setup', hint }),
    open: async () => {
      throw new PraxisError(ErrorCode.AgentStartFailed, `The connector ${id} cannot be loaded: ${hint}`);
    },
  };
}

export const contextOf = (id: Name, folder: string): ConnectorContext => ({
  id,
  version: VERSION,
  node: process.execPath,
  folder,
});
