/** Text that is selected with the mouse: whole lines between two places, within the pane in which it was begun. */

import { columnsOf } from './draw/columns.js';
import { type Line, lineText } from './draw/line.js';

export interface Place {
  row: number;
  column: number;
}

export interface Selection {
  from: Place;
  to: Place;
  /** The columns [left, right) of the pane. */
  left: number;
  right: number;
}

/** The columns of `row` that are selected. */
function rangeIn({ from, to, left, right }: Selection, row: number): [number, number] | null {
  const forward = from.row < to.row || (from.row === to.row && from.column <= to.column);
  const [first, last] = forward ? [from, to] : [to, from];
  if (row < first.row || row > last.row) return null;
  const begin = row === first.row ? Math.max(left, first.column) : left;
  const end = row === last.row ? Math.min(right, last.column + 1) : right;
  return begin < end ? [begin, end] : null;
}

export function selectedText(lines: readonly Line[], selection: Selection): string {
  const out = lines.flatMap((l, row) => {
    const range = rangeIn(selection, row);
    return range ? [lineText(columnsOf(l, ...range)).trimEnd()] : [];
  });
  return out.join('\n').trim();
}

export const withSelection = (lines: readonly Line[], selection: Selection, columns: number): Line[] =>
  lines.map((l, row) => {
    const range = rangeIn(selection, row);
    if (!range) return l;
    const [from, to] = range;
    const chosen = columnsOf(l, from, to).map((s) => ({ text: s.text, style: 'selected' as const }));
    return [...columnsOf(l, 0, from), ...chosen, ...columnsOf(l, to, columns)];
  });
