/** The window of nodes: every machine with its agents, and why one cannot be used. */
import type { ConnectorInfo, NodeInfo } from '../proto/index.js';
import { say, step } from './change.js';
import { EMPTY_EDITOR } from './editor.js';
import type { Step } from './effects.js';
import { fuzzyRank } from './fuzzy.js';
import type { Command } from './keys.js';
import { sessionsOverlay } from './overlays.js';
import { startOverlay } from './start-form.js';
import type { Overlay, State } from './state.js';

export type NodesOverlay = Extract<Overlay, { kind: 'nodes' }>;

export interface Machine {
  node: NodeInfo;
  /** What is installed, or could be set up. */
  agents: readonly ConnectorInfo[];
  /** Titles of what was looked for and is not there. */
  missing: readonly string[];
}

/** A line of the window that can be chosen: an agent, or a node that has none. */
export interface Choosable {
  key: string;
  node: NodeInfo;
  agent: ConnectorInfo | null;
}

export const nodesOverlay = (state: State): State => ({
  ...state,
  overlay: { kind: 'nodes', filter: EMPTY_EDITOR, filtering: false, selected: null },
});

/** The nodes that the filter leaves, each with the agents that it leaves; a node's own name keeps all of its agents. */
export function machines(state: State, { filter }: NodesOverlay): Machine[] {
  const wanted = filter.text.trim();
  return state.nodes.flatMap((node): Machine[] => {
    const missing = node.connectors.filter((c) => c.status === 'missing').map((c) => c.title);
    const all = node.connectors.filter((c) => c.status !== 'missing');
    if (wanted === '' || fuzzyRank(wanted, [node], nodeText).length > 0)
      return [{ node, agents: all, missing }];
    const agents = fuzzyRank(wanted, all, (c) => `${c.title} ${c.id} ${c.status}`, false);
    return agents.length > 0 ? [{ node, agents, missing: [] }] : [];
  });
}

const nodeText = (node: NodeInfo): string => `${node.name} ${node.os} ${node.state}`;

const choosable = (all: readonly Machine[]): Choosable[] =>
  all.flatMap(({ node, agents }): Choosable[] =>
    agents.length === 0
      ? [{ key: node.name, node, agent: null }]
      : agents.map((agent) => ({ key: `${node.name} ${agent.id}`, node, agent })),
  );

/** The line that is chosen, else the first agent that could start now. */
export function chosenAgent(state: State, overlay: NodesOverlay): Choosable | undefined {
  const all = choosable(machines(state, overlay));
  return (
    all.find((c) => c.key === overlay.selected) ??
    all.find(({ node, agent }) => agent?.status === 'ready' && node.state === 'live') ??
    all[0]
  );
}

export function inNodes(state: State, overlay: NodesOverlay, command: Command, now: number): Step<State> {
  const all = choosable(machines(state, overlay));
  const chosen = chosenAgent(state, overlay);
  const at = all.findIndex((c) => c.key === chosen?.key);
  const change = (next: Partial<NodesOverlay>): Step<State> =>
    step({ ...state, overlay: { ...overlay, ...next } });
  switch (command) {
    case 'next':
    case 'previous': {
      const to = all[Math.max(0, Math.min(all.length - 1, at + (command === 'next' ? 1 : -1)))];
      return change({ selected: to?.key ?? null });
    }
    case 'filter':
      return change({ filtering: true });
    case 'dismiss':
      return overlay.filtering
        ? change({ filtering: false, filter: EMPTY_EDITOR })
        : step({ ...state, overlay: null });
    case 'open':
      return chosen?.agent
        ? step(startOverlay(state, chosen.node, chosen.agent))
        : step(say(state, 'There is no agent to start.', now, 'warning'));
    case 'theirs':
      return chosen ? step(sessionsOverlay(state, chosen.node.name), { type: 'refresh' }) : step(state);
    default:
      return step(state);
  }
}
