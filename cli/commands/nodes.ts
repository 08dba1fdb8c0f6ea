/** `praxis nodes`: what the service knows of the nodes and their agents. */
import type { NodeInfo } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { type Io, json, say } from '../io.js';
import { table } from '../table.js';

export function nodes(io: Io, options: { json?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const found = (await within(client.call('_praxis/nodes', {}))).nodes;
    if (options.json) json(io, found);
    else if (found.length === 0) say(io, 'No node has come yet. Start one with: praxis up');
    else for (const line of nodeLines(found)) say(io, line);
    return 0;
  });
}

/** A line for each agent of each node; those that are missing, or still looked for, are in `praxis connector list`. */
export function nodeLines(found: readonly NodeInfo[]): string[] {
  const rows = found.flatMap(({ name, state, version, connectors }) => {
    const there = connectors.filter(({ status }) => status !== 'missing' && status !== 'checking');
    return there.length === 0
      ? [[name, state, version, '(no agents)', '', '', '', '']]
      : there.map((agent, i) => [
          ...(i === 0 ? [name, state, version] : ['', '', '']),
          agent.id,
          agent.status,
          agent.version ?? '-',
          agent.transports?.join(', ') ?? '-',
          agent.hint ?? '',
        ]);
  });
  return table(['NODE', 'STATE', 'PRAXIS', 'AGENT', 'STATUS', 'VERSION', 'TRANSPORTS', ''], rows);
}
