/** Which node and which agent a new session gets. What cannot be decided is an error that lists the choices. */
import {
  type ConnectorInfo,
  ErrorCode,
  invalidParams,
  type NodeInfo,
  PraxisError,
  unknownTransport,
} from '../../proto/index.js';
import { nodeLeaving, nodeUnavailable } from './hops.js';

export interface Wish {
  node?: string | undefined;
  connector?: string | undefined;
}

export interface Choice {
  node: NodeInfo;
  connector: ConnectorInfo;
}

/** Serves newcomers; never chosen while a real agent is ready. */
const DEMO = 'demo';

const ready = ({ connectors }: NodeInfo) => connectors.filter(({ status }) => status === 'ready');

const choicesOf = (nodes: readonly NodeInfo[]) =>
  nodes.map((node) => ({ node: node.name, state: node.state, connectors: ready(node).map(({ id }) => id) }));

/**
 * The one choice that fits the wish; no node that is about to stop (`isLeaving`). Throws InvalidParams (`data.choices`) for an
 * unknown name or when several fit, NodeUnavailable when the node is not there or about to stop, AgentStartFailed (`data.hint`) when
 * the agent needs setup on it.
 */
export function choose(nodes: readonly NodeInfo[], wish: Wish, isLeaving: (node: string) => boolean): Choice {
  const data = { choices: choicesOf(nodes) };
  const named = nodes.filter(({ name }) => wish.node === undefined || name === wish.node);
  if (wish.node !== undefined && named.length === 0)
    throw invalidParams(`There is no node ${wish.node}`, data);
  const live = named.filter(({ name, state }) => state === 'live' && !isLeaving(name));
  const why = (away: NodeInfo) =>
    away.state === 'live' ? nodeLeaving(away.name) : nodeUnavailable(away.name);
  if (live.length === 0) {
    const leaving = named.find(({ state }) => state === 'live');
    if (leaving || wish.node !== undefined) throw why(leaving ?? named[0]!);
    throw new PraxisError(ErrorCode.NodeUnavailable, 'No node is connected', data);
  }
  if (wish.connector === undefined) return byDefault(live, data);
  const choice = byConnector(live, wish.connector, data);
  if (choice) return choice;
  const [away] = having(named, wish.connector);
  throw away ? why(away) : invalidParams(`There is no agent ${wish.connector}`, data);
}

function byDefault(live: readonly NodeInfo[], data: object): Choice {
  if (live.length > 1) throw invalidParams('Several nodes are connected: name one, or an agent', data);
  const node = live[0]!;
  const real = ready(node).filter(({ id }) => id !== DEMO);
  const some = real.length > 0 ? real : ready(node);
  if (some.length === 1) return { node, connector: some[0]! };
  if (some.length === 0) throw invalidParams(`No agent is ready on ${node.name}`, data);
  throw invalidParams(`Several agents are ready on ${node.name}: name one`, data);
}

const having = (nodes: readonly NodeInfo[], id: string) =>
  nodes.filter(({ connectors }) => connectors.some((connector) => connector.id === id));

/** Undefined: none of them has it. */
function byConnector(live: readonly NodeInfo[], id: string, data: object): Choice | undefined {
  const all = having(live, id).map((node) => ({
    node,
    connector: node.connectors.find((c) => c.id === id)!,
  }));
  const some = all.filter(({ connector: { status } }) => status === 'ready' || status === 'checking');
  if (some.length === 1) return some[0]!;
  // It may have been installed since the node looked; the node looks again and says what to do.
  if (all.length === 1 && all[0]!.connector.status === 'missing') return all[0]!;
  if (some.length > 1) throw invalidParams(`Several nodes have ${id}: name one`, data);
  const [unready] = all;
  if (unready)
    throw new PraxisError(ErrorCode.AgentStartFailed, `${id} is not ready on ${unready.node.name}`, {
      hint: unready.connector.hint,
    });
  return undefined;
}

/** Throws InvalidParams for a transport that the connector does not have. One that the node still looks at is the node's to refuse. */
export function checkTransport({ id, status, transports = [] }: ConnectorInfo, wanted?: string): void {
  if (wanted === undefined || status === 'checking' || transports.includes(wanted)) return;
  throw unknownTransport(id, wanted, transports);
}
