/** The connectors of this node: the demo agent, and the agents that its owner names in node.json. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  type AgentConfig,
  type ConnectorInfo,
  type Name,
  type NodeConfig,
  packageRoot,
  VERSION,
} from '../proto/index.js';
import type { Connector } from './connector.js';

export async function loadConnectors(config: NodeConfig): Promise<Connector[]> {
  const demo: AgentConfig = {
    title: 'Demo agent',
    command: [process.execPath, join(packageRoot, 'dist/connectors/demo/agent/main.js')],
    env: {},
  };
  return Object.entries({ demo, ...config.agents }).map(([id, agent]) => acpConnector(id, agent));
}

function acpConnector(id: Name, { title, command, env }: AgentConfig): Connector {
  const [program] = command;
  return {
    id,
    async info(): Promise<ConnectorInfo> {
      const found = which(program!) !== undefined;
      return {
        id,
        title: title ?? id,
        version: id === 'demo' ? VERSION : null,
        status: found ? 'ready' : 'missing',
        hint: found ? null : `${program} is not installed on the node`,
      };
    },
    open: () => Promise.resolve({ command, env }),
  };
}

function which(program: string): string | undefined {
  const candidates = program.includes('/')
    ? [program]
    : (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, program));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
