/** The list on the left: the live sessions, then the nodes with their agents. */
import { sanitizeLine } from '../../client/index.js';
import type { SessionState } from '../../proto/index.js';
import { fitted, type Line, type Span, type Style, sides, span, wrap } from '../draw/line.js';
import { type Entry, entries, liveSessions, type State, selectedEntry, sessionName } from '../state.js';
import { AGENT_STATUS } from './nodes.js';

/** How a state of a session is marked everywhere. */
export const STATE_MARKS: Record<SessionState, [glyph: string, style: Style, word: string]> = {
  starting: ['◌', 'busy', 'starting'],
  idle: ['●', 'good', 'idle'],
  working: ['◐', 'busy', 'working'],
  waiting: ['?', 'warning', 'waiting for you'],
  lost: ['✘', 'bad', 'lost'],
  ended: ['○', 'dim', 'ended'],
  archived: ['○', 'dim', 'archived'],
};

/** Columns from which on a session's node stands beside its name. */
const WITH_NODE = 36;

function headingNote(key: string, state: State): Span[] {
  if (key !== 'heading sessions') return [];
  const waiting = liveSessions(state).filter((s) => s.state === 'waiting').length;
  return waiting === 0 ? [] : [span(`${waiting} waiting `, 'warning')];
}

function entryLine(entry: Entry, selected: boolean, state: State, width: number): Line {
  const focused = state.focus === 'list';
  const pointer = span(selected ? '▸ ' : '  ', 'accent');
  const style: Style = selected && focused ? 'selected' : 'text';
  switch (entry.kind) {
    case 'node': {
      const live = entry.node.state === 'live';
      return sides(
        [span(live ? '● ' : '○ ', live ? 'good' : 'bad'), span(entry.node.name, 'strong')],
        [span(live ? '' : 'lost ', 'bad')],
        width,
      );
    }
    case 'agent': {
      const { connector, node } = entry;
      const ready = connector.status === 'ready' && node.state === 'live';
      const note: Span =
        connector.status === 'ready'
          ? span(` ${sanitizeLine(connector.version ?? '')} `, 'dim')
          : span(` ${AGENT_STATUS[connector.status]} `, 'warning');
      const name = span(sanitizeLine(connector.title), ready || style === 'selected' ? style : 'dim');
      return [pointer, ...sides([name], [note], width - 2)];
    }
    case 'heading':
      return sides([span(entry.text, focused ? 'heading' : 'strong')], headingNote(entry.key, state), width);
    case 'session': {
      const { session } = entry;
      const [glyph, mark, word] = STATE_MARKS[session.state];
      const where = width >= WITH_NODE && state.nodes.length > 1 ? ` ${session.node}` : '';
      const queued = `${where}${session.queued > 0 ? ` +${session.queued} ` : ' '}`;
      const note = state.settings.plain ? ` ${word}${queued}` : queued;
      return [
        pointer,
        span(`${glyph} `, mark),
        ...sides([span(sanitizeLine(sessionName(session)), style)], [span(note, 'dim')], width - 4),
      ];
    }
  }
}

/** What an agent that is not ready needs stands below the list, in this many lines at most. */
const MAX_HINT_LINES = 5;

/** A line of the list, and the key of the entry that it shows. */
export interface Row {
  line: Line;
  key: string | null;
}

const EMPTY_ROW: Row = { line: [], key: null };

/** What stands in each line of a part of the list; null: an empty line. Only those that are seen are drawn. */
type Part = (Entry | null)[];

function partOf(all: readonly Entry[]): Part {
  const part: Part = [];
  for (const [i, entry] of all.entries()) {
    if (entry.kind === 'node' && all[i - 1]?.kind !== 'heading') part.push(null);
    part.push(entry);
  }
  return part;
}

/** As much of a part as `height` rows hold, around the chosen entry; what is below is counted. */
function shownOf(part: Part, chosen: string | undefined, state: State, width: number, height: number): Row[] {
  const at = Math.max(
    0,
    part.findIndex((entry) => entry !== null && entry.key === chosen),
  );
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), part.length - height));
  const more = part.length - top - height;
  const rows = part.slice(top, top + height).map((entry): Row => {
    if (entry === null) return EMPTY_ROW;
    const line = [span(' '), ...entryLine(entry, entry.key === chosen, state, width - 1)];
    return { line, key: entry.key };
  });
  if (more > 0 && height > 0) rows[height - 1] = { line: [span(`   … ${more + 1} more`, 'dim')], key: null };
  return rows;
}

/**
 * The list in exactly `width` columns and `height` rows: sessions above, nodes below. Each part scrolls by itself, so that who waits is
 * seen however many nodes there are, and a node however many sessions.
 */
export function listRows(state: State, width: number, height: number): Row[] {
  const all = entries(state);
  const chosen = selectedEntry(state);
  const told = chosen?.kind === 'agent' && state.focus === 'list' ? chosen.connector.hint : null;
  const hint = told ? wrap([span(sanitizeLine(told), 'warning')], width - 2).slice(0, MAX_HINT_LINES) : [];
  const border = all.findIndex((e) => e.key === 'heading nodes');
  const sessions = partOf(all.slice(0, border));
  const nodes = partOf(all.slice(border));
  const gap = sessions.length > 0 ? 1 : 0;
  const room = height - hint.length - gap;
  const above = Math.min(sessions.length, Math.max(Math.floor(room / 2), room - nodes.length));
  const shown: Row[] = [
    ...shownOf(sessions, chosen?.key, state, width, above),
    ...(gap > 0 ? [EMPTY_ROW] : []),
    ...shownOf(nodes, chosen?.key, state, width, room - above),
  ];
  if (state.nodes.length === 0)
    shown.push(EMPTY_ROW, {
      line: [span(state.listed ? ' No node is there yet.' : ' …', 'dim')],
      key: null,
    });
  while (shown.length < height - hint.length) shown.push(EMPTY_ROW);
  shown.push(...hint.map((l): Row => ({ line: [span(' '), ...l], key: null })));
  return shown.map(({ line, key }) => ({ line: fitted(line, width), key }));
}
