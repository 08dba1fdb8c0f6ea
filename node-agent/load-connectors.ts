/** The connectors of this node: the demo agent, and one for each agent that the owner names in node.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Name, type NodeConfig, packageRoot, VERSION } from '../proto/index.js';
import type { Connector } from './connector.js';
import type { LuaPool, LuaScript } from './lua/index.js';
import { type ConnectorContext, LuaConnector, type NewHost } from './lua-connector.js';

/** Compiles each script once. Rejects with LuaError when one is no Lua. */
export async function loadConnectors(
  config: NodeConfig,
  pool: LuaPool,
  newHost: NewHost,
): Promise<Connector[]> {
  const [demo, acp] = await Promise.all([compile(pool, 'demo'), compile(pool, 'acp')]);
  const agents = Object.entries(config.agents).map(([id, { title = id, command, env }]) => {
    return new LuaConnector(pool, acp, { ...contextOf(id, 'acp'), agent: { title, command, env } }, newHost);
  });
  const named = new Set(Object.keys(config.agents));
  return [
    ...(named.has('demo') ? [] : [new LuaConnector(pool, demo, contextOf('demo', 'demo'), newHost)]),
    ...agents,
  ];
}

function compile(pool: LuaPool, connector: string): Promise<LuaScript> {
  const file = `connectors/${connector}/connector.lua`;
  return pool.compile(file, readFileSync(join(packageRoot, file), 'utf8'));
}

const contextOf = (id: Name, connector: string): ConnectorContext => ({
  id,
  version: VERSION,
  node: process.execPath,
  folder: join(packageRoot, 'dist/connectors', connector),
});
