/** The window of nodes (Ctrl+L): machines with their system, agents with their version, and what one that cannot be used needs. */
import { sanitizeLine } from '../../client/index.js';
import type { ConnectorInfo } from '../../proto/index.js';
import { fitted, type Line, type Span, sides, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { chosenAgent, type Machine, machines, type NodesOverlay } from '../nodes.js';
import { liveSessions, type State } from '../state.js';
import { age, type Box } from './box.js';
import { framed } from './layout.js';

/** What the status of an agent is called. */
export const AGENT_STATUS: Record<ConnectorInfo['status'], string> = {
  ready: 'ready',
  checking: 'looking …',
  missing: 'not found',
  needs_setup: 'needs setup',
  unsupported: 'unsupported',
};

interface Row {
  key: string | null;
  line: Line;
}

export function nodesBox(state: State, overlay: NodesOverlay, now: number): Box {
  const width = Math.min(state.columns - 2, 110);
  const inner = width - 4;
  const all = machines(state, overlay);
  const chosen = chosenAgent(state, overlay);
  const hint = hintLines(chosen?.agent ?? null, inner);
  const head: Line[] = [];
  const filter = fieldLine(overlay.filter, inner - 10);
  if (overlay.filtering || overlay.filter.text !== '')
    head.push([span('Filter: ', 'dim'), ...filter.line], []);
  const height = Math.max(3, state.rows - 6 - head.length - hint.length);
  const rows = all.flatMap((machine, i) => [
    ...(i > 0 ? [{ key: null, line: [] }] : []),
    ...machineRows(state, machine, chosen?.key, inner, now),
  ]);
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === chosen?.key),
  );
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), rows.length - height));
  const shown = rows.slice(top, top + height).map((row) => row.line);
  if (rows.length === 0) shown.push([span(nothing(state, overlay), 'dim')]);
  return {
    lines: framed('Nodes', [...head, ...shown, ...hint], width),
    width,
    cursor: overlay.filtering ? { row: 1, column: 10 + filter.column } : null,
  };
}

function nothing({ listed }: State, { filter }: NodesOverlay): string {
  if (!listed) return 'Asking the service …';
  return filter.text === '' ? 'No node is there yet.' : 'No node and no agent fits the filter.';
}

function machineRows(
  state: State,
  { node, agents, missing }: Machine,
  chosen: string | undefined,
  width: number,
  now: number,
): Row[] {
  const live = node.state === 'live';
  const sessions = liveSessions(state).filter((s) => s.node === node.name);
  const waiting = sessions.filter((s) => s.state === 'waiting').length;
  const isChosen = chosen === node.name;
  const right: Span[] = [
    span(` ${sessions.length} session${sessions.length === 1 ? '' : 's'}`, 'dim'),
    ...(waiting > 0 ? [span(` · ${waiting} waiting`, 'warning')] : []),
    span(' '),
  ];
  const facts = `  ${sanitizeLine(node.os)} · praxis ${sanitizeLine(node.version)}`;
  const away = live ? '' : `  lost, last seen ${age(now - node.lastSeen, state.settings.plain)} ago`;
  const head: Line = sides(
    [
      span(live ? '● ' : '○ ', live ? 'good' : 'bad'),
      span(node.name, isChosen ? 'selected' : 'strong'),
      span(facts, 'dim'),
      span(away, 'bad'),
    ],
    right,
    width,
  );
  const lost = !live;
  return [
    { key: node.name, line: head },
    ...agents.map((agent): Row => {
      const key = `${node.name} ${agent.id}`;
      return { key, line: agentLine(agent, key === chosen, lost, width) };
    }),
    ...(missing.length > 0
      ? [
          {
            key: null,
            line: fitted([span(`    not found: ${missing.map(sanitizeLine).join(', ')}`, 'dim')], width),
          },
        ]
      : []),
  ];
}

function agentLine(agent: ConnectorInfo, isChosen: boolean, lost: boolean, width: number): Line {
  const ready = agent.status === 'ready' && !lost;
  const word: Span = span(
    agent.status === 'ready' ? (lost ? '' : 'ready') : AGENT_STATUS[agent.status],
    ready ? 'good' : 'warning',
  );
  // What an agent needs is the last that may be cut off.
  const [names, versions] = width >= 62 ? [22, 16] : [14, 8];
  const hint = agent.status === 'ready' || agent.hint === null ? '' : `  ${sanitizeLine(agent.hint)}`;
  return [
    span(isChosen ? '  ▸ ' : '    ', 'accent'),
    ...fitted([span(sanitizeLine(agent.title), isChosen ? 'selected' : ready ? 'text' : 'dim')], names),
    ...fitted([span(` ${sanitizeLine(agent.version ?? '')}`, 'dim')], versions),
    ...fitted([word, span(hint, 'dim')], width - 4 - names - versions),
  ];
}

/** All of what the chosen agent needs; its line may be too short for it. */
function hintLines(agent: ConnectorInfo | null, width: number): Line[] {
  if (!agent || agent.status === 'ready' || agent.hint === null) return [];
  return [[], ...wrap([span(`${agent.title}: ${sanitizeLine(agent.hint)}`, 'warning')], width)];
}
