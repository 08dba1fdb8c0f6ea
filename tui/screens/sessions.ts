/** Every live session on every node (Ctrl+W), as columns; the ones that wait for a person first. */
import { sanitizeLine } from '../../client/index.js';
import type { SessionInfo } from '../../proto/index.js';
import { fitted, type Line, lineText, type Style, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { type Overlay, overlaySessions, type State, sessionName } from '../state.js';
import { age, type Box } from './box.js';
import { framed } from './layout.js';
import { STATE_MARKS } from './list.js';

interface Column {
  head: string;
  width: number;
  text(session: SessionInfo, now: number): string;
}

/** Columns of the pointer and of the state's mark. */
const MARGIN = 4;
/** From this width on there is room for whole words and names. */
const WIDE = 96;

function columnsFor(inner: number, plain: boolean): Column[] {
  const wide = inner >= WIDE;
  const state = (s: SessionInfo) => STATE_MARKS[s.state][2];
  const fixed: Column[] = [
    { head: 'Status', width: wide ? 15 : 8, text: (s) => (wide ? state(s) : state(s).split(' ')[0]!) },
    { head: 'Queued', width: 6, text: (s) => (s.queued > 0 ? String(s.queued) : '') },
    { head: 'Agent', width: wide ? 16 : 11, text: (s) => sanitizeLine(s.agent || s.connector) },
    { head: 'Node', width: wide ? 14 : 9, text: (s) => s.node },
    { head: 'Id', width: 8, text: (s) => s.sessionId.slice(0, 8) },
    { head: 'Age', width: 6, text: (s, now) => age(now - s.createdAt, plain) },
  ];
  const rest = inner - MARGIN - fixed.reduce((n, c) => n + c.width + 1, 0) - 1;
  const title: Column = {
    head: 'Title',
    width: Math.max(8, rest),
    text: (s) => sanitizeLine(sessionName(s)),
  };
  return [...fixed.slice(0, 2), title, ...fixed.slice(2)];
}

const cells = (columns: readonly Column[], text: (column: Column) => string): string =>
  columns.map((c) => lineText(fitted([span(text(c))], c.width))).join(' ');

export function sessionsBox(state: State, overlay: Extract<Overlay, { kind: 'sessions' }>, now: number): Box {
  const width = Math.min(state.columns - 2, 130);
  const inner = width - 4;
  const height = Math.max(3, Math.min(state.rows - 11, 24));
  const all = overlaySessions(state);
  const found = all.findIndex((s) => s.sessionId === overlay.selected);
  const at = Math.max(0, found);
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), all.length - height));
  const columns = columnsFor(inner, state.settings.plain);
  const rows = all.slice(top, top + height).map((s, i): Line => {
    const [glyph, mark] = STATE_MARKS[s.state];
    const chosen = top + i === at;
    const style: Style = chosen ? 'selected' : 'text';
    return [
      span(chosen ? '▸ ' : '  ', 'accent'),
      span(`${glyph} `, mark),
      span(
        cells(columns, (c) => c.text(s, now)),
        style,
      ),
    ];
  });
  const filter = fieldLine(overlay.filter, inner - 10);
  const content: Line[] = [];
  if (overlay.filtering || overlay.filter.text !== '')
    content.push([span('Filter: ', 'dim'), ...filter.line], []);
  if (all.length > 0) content.push([span(`    ${cells(columns, (c) => c.head)}`, 'dim')]);
  content.push(...rows);
  if (all.length === 0) content.push([span(nothing(overlay), 'dim')]);
  if (all.length > height) content.push([span(`${at + 1} of ${all.length}`, 'dim')]);
  if (overlay.confirm !== null)
    content.push([], ...wrap(confirm(state.sessions.get(overlay.confirm)), inner));
  const lines = framed(overlay.ended ? 'Live and ended sessions' : 'Live sessions', content, width);
  return { lines, width, cursor: overlay.filtering ? { row: 1, column: 10 + filter.column } : null };
}

function nothing({ loading, filter }: Extract<Overlay, { kind: 'sessions' }>): string {
  if (loading) return 'Asking the service …';
  return filter.text === ''
    ? 'No session is alive. Start one with an agent of the list.'
    : 'No session fits the filter.';
}

const confirm = (session: SessionInfo | undefined): Line => [
  span(`Close ${session ? sanitizeLine(sessionName(session)) : 'the session'}? `, 'warning'),
  span('It is working: its prompt is cancelled. '),
  span('y', 'key'),
  span(' yes  '),
  span('n', 'key'),
  span(' no'),
];
