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

/** The list in exactly `width` columns and `height` rows, scrolled so that the selection is seen. */
export function listLines(state: State, width: number, height: number): Line[] {
  const all = entries(state);
  const chosen = selectedEntry(state);
  const lines: Line[] = [];
  let at = 0;
  for (const [i, entry] of all.entries()) {
    const first = all[i - 1]?.kind === 'heading';
    if (i > 0 && !first && (entry.kind === 'heading' || entry.kind === 'node')) lines.push([]);
    if (entry.key === chosen?.key) at = lines.length;
    lines.push([span(' '), ...entryLine(entry, entry.key === chosen?.key, state, width - 1)]);
  }
  if (state.nodes.length === 0) lines.push([], [span(state.listed ? ' No node is there yet.' : ' …', 'dim')]);
  const told = chosen?.kind === 'agent' && state.focus === 'list' ? chosen.connector.hint : null;
  const hint = told ? wrap([span(sanitizeLine(told), 'warning')], width - 2).slice(0, MAX_HINT_LINES) : [];
  const room = height - hint.length;
  const top = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room));
  const shown = lines.slice(top, top + room);
  while (shown.length < room) shown.push([]);
  shown.push(...hint.map((l): Line => [span(' '), ...l]));
  return shown.map((l) => fitted(l, width));
}
