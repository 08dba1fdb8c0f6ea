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
  const shipped = join(packageRoot, 'connectors');
  const ids = connectorsIn(shipped).filter((id) => !Object.hasOwn(GENERIC, id));
  const named = Object.keys(config.agents);
  const load = async (folder: string, context: ConnectorContext) => {
    const scripts = await compileFolder(pool, join(folder, 'connector.lua'));
    return new LuaConnector(pool, scripts, context, newHost, config.transports[context.id]);
  };
  const connectors = await Promise.all([
    ...ids.map((id) => load(join(shipped, id), contextOf(id, join(packageRoot, 'dist/connectors', id)))),
    ...(personal === undefined ? [] : connectorsIn(personal)).map((id) => {
      const folder = join(personal!, id);
      return load(folder, contextOf(id, folder)).catch((error: unknown) => unusable(id, error));
    }),
    ...named.map((id) => {
      const { title = id, ...agent } = config.agents[id]!;
      const generic = agent.pty ? GENERIC.pty : GENERIC.acp;
      const context = contextOf(id, join(packageRoot, 'dist/connectors', generic));
      return load(join(shipped, generic), { ...context, agent: { title, ...agent } });
    }),
  ]);
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

const contextOf = (id: Name, folder: string): ConnectorContext => ({
  id,
  version: VERSION,
  node: process.execPath,
  folder,
});
