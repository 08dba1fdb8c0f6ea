/** Markdown blocks (marked's tokens) as lines of a given width. */
import type { Token, Tokens } from 'marked';
import { chop, fitted, type Line, lineWidth, type Span, span, wrap } from '../draw/line.js';
import { highlight } from './highlight.js';
import { inline } from './inline.js';

const indented = (lines: Line[], first: Span, rest: Span): Line[] =>
  lines.map((l, i) => [i === 0 ? first : rest, ...l]);

/** The lines of one block, without the space around it. */
export function blockLines(token: Token, width: number): Line[] {
  switch (token.type) {
    case 'heading':
      return wrap([span(`${'#'.repeat(token.depth)} `, 'dim'), ...inline(token.tokens, 'heading')], width);
    case 'code':
      return code(token as Tokens.Code, width);
    case 'list':
      return list(token as Tokens.List, width);
    case 'blockquote':
      return indented(blocks(token.tokens ?? [], width - 2), span('▌ ', 'quote'), span('▌ ', 'quote'));
    case 'table':
      return table(token as Tokens.Table, width);
    case 'hr':
      return [[span('─'.repeat(Math.max(1, width)), 'rule')]];
    case 'space':
    case 'def':
      return [];
    case 'html':
      return wrap([span(token.raw.trimEnd(), 'dim')], width);
    default:
      return wrap(
        'tokens' in token && token.tokens ? inline(token.tokens) : [span(token.raw.trimEnd())],
        width,
      );
  }
}

/** Lines of several blocks, an empty line between them. */
export function blocks(tokens: readonly Token[], width: number): Line[] {
  const out: Line[] = [];
  for (const token of tokens) {
    const lines = blockLines(token, Math.max(4, width));
    if (lines.length === 0) continue;
    if (out.length > 0) out.push([]);
    for (const l of lines) out.push(l);
  }
  return out;
}

function code(token: Tokens.Code, width: number): Line[] {
  const language = (token.lang ?? '').split(/\s/)[0] ?? '';
  const body = highlight(token.text, language).flatMap((l) => chop(l, width - 2));
  const bar = span('│ ', 'rule');
  return indented(body, bar, bar);
}

function list(token: Tokens.List, width: number): Line[] {
  const start = token.start === '' ? 1 : token.start;
  return token.items.flatMap((item, i) => {
    const task = item.task ? (item.checked ? '☑ ' : '☐ ') : '';
    const bullet = token.ordered ? `${start + i}. ` : task || '• ';
    const inner = item.tokens.filter((t) => t.type !== 'checkbox');
    const lines: Line[] = [];
    for (const child of inner) {
      if (token.loose && lines.length > 0 && child.type !== 'space') lines.push([]);
      for (const l of blockLines(child, Math.max(4, width - bullet.length))) lines.push(l);
    }
    const body = lines.length > 0 ? lines : [[]];
    const gap: Line[] = token.loose && i > 0 ? [[]] : [];
    return [...gap, ...indented(body, span(bullet, 'accent'), span(' '.repeat(bullet.length)))];
  });
}

/** Columns of a table above which it is shown as it was written. */
const MAX_COLUMNS = 64;

/** Columns as wide as their content where it fits; the widest ones give way where it does not. */
function table(token: Tokens.Table, width: number): Line[] {
  if (token.header.length > MAX_COLUMNS) return wrap([span(token.raw.trimEnd())], width);
  const rows = [token.header, ...token.rows].map((row, r) =>
    row.map((cell) => inline(cell.tokens, r === 0 ? 'strong' : 'text')),
  );
  const columns = token.header.length;
  const room = Math.max(columns, width - 3 * (columns - 1));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.min(
      room,
      rows.reduce((most, row) => Math.max(most, lineWidth(row[c] ?? [])), 1),
    ),
  );
  while (widths.reduce((a, b) => a + b, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= 1) break;
    widths[widest]!--;
  }
  const separator = span(' │ ', 'rule');
  const draw = (row: Span[][]): Line[] => {
    const cells = widths.map((w, c) => wrap(row[c] ?? [], w));
    const height = Math.max(...cells.map((c) => c.length));
    return Array.from({ length: height }, (_, y) =>
      cells.flatMap((cell, c) => [...(c > 0 ? [separator] : []), ...fitted(cell[y] ?? [], widths[c]!)]),
    );
  };
  const rule: Line = [span(widths.map((w) => '─'.repeat(w)).join('─┼─'), 'rule')];
  return [...draw(rows[0]!), rule, ...rows.slice(1).flatMap(draw)];
}
