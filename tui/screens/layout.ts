/** Where things are on a screen of a given size, and putting one drawing over another. */
import { columnsOf } from '../draw/columns.js';
import { fitted, type Line, span } from '../draw/line.js';
import { stringWidth } from '../draw/width.js';

export const MIN_COLUMNS = 44;
export const MIN_ROWS = 12;

/** Whether nothing can be shown: then nothing may be answered or done either, since nobody sees what. */
export const isTooSmall = ({ columns, rows }: { columns: number; rows: number }): boolean =>
  columns < MIN_COLUMNS || rows < MIN_ROWS;

export interface Layout {
  /** Columns of the list; 0 where there is room for one of the two only. */
  list: number;
  chat: number;
  /** Rows of both. */
  body: number;
}

/** Below 72 columns, and in plain mode, one of list and chat is shown, the one that has the keys. */
export function layout(columns: number, rows: number, focus: 'list' | 'chat', plain = false): Layout {
  const body = rows - 2;
  if (columns < 72 || plain)
    return focus === 'list' ? { list: columns, chat: 0, body } : { list: 0, chat: columns, body };
  const list = Math.min(48, Math.max(24, Math.floor(columns * 0.26)));
  return { list, chat: columns - list - 1, body };
}

/** `under` with `box` in its middle. */
export function over(
  under: readonly Line[],
  box: readonly Line[],
  width: number,
  columns: number,
): { lines: Line[]; row: number; column: number } {
  const row = Math.max(0, Math.floor((under.length - box.length) / 2));
  const column = Math.max(0, Math.floor((columns - width) / 2));
  const lines = under.map((l, y): Line => {
    const own = box[y - row];
    if (!own) return l;
    return [...columnsOf(l, 0, column), ...own, ...columnsOf(l, column + width, columns)];
  });
  return { lines, row, column };
}

/** `content` in a frame of `width` columns, its title in the upper border. */
export function framed(title: string, content: readonly Line[], width: number): Line[] {
  const inner = width - 4;
  const headWidth = Math.min(width - 2, stringWidth(title) + 3);
  const head = fitted([span(`─ ${title} `, 'title')], headWidth);
  const rest = width - 2 - headWidth;
  return [
    [span('╭', 'rule'), ...head, span(`${'─'.repeat(rest)}╮`, 'rule')],
    ...content.map((l): Line => [span('│ ', 'rule'), ...fitted(l, inner), span(' │', 'rule')]),
    [span(`╰${'─'.repeat(width - 2)}╯`, 'rule')],
  ];
}
