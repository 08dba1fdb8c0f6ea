/**
 * The visible part of a transcript. Only what is looked at is ever drawn: a place is an item and a line in it, counted from the
 * end or from there, so that a transcript of any length opens, scrolls and follows its end at the cost of one screen.
 */
import type { Item } from '../client/index.js';
import { EMPTY, type Line } from './draw/line.js';

/** The top visible line; null: the end is followed. */
export type Anchor = { item: number; line: number } | null;

export interface Visible {
  lines: Line[];
  /** The item that each line belongs to, and which line of the item it is; -1 for the space before it. */
  owners: number[];
  places: number[];
  anchor: Anchor;
}

export type LinesOf = (item: Item) => readonly Line[];

const QUIET: readonly Item['kind'][] = ['tool', 'other', 'thought', 'notice'];

const isQuiet = (item: Item): boolean =>
  QUIET.includes(item.kind) || ((item.kind === 'approval' || item.kind === 'form') && item.state !== 'open');

/** Empty lines before item `index`: neighbours that are one-liners stand together. */
function gapBefore(items: readonly Item[], index: number): number {
  const above = items[index - 1];
  const item = items[index];
  if (!above || !item) return 0;
  // The head of the agent's block is the last line of the prompt that it answers.
  if (item.kind === 'end' || (above.kind === 'prompt' && above.startedAt !== null)) return 0;
  return isQuiet(above) && isQuiet(item) ? 0 : 1;
}

/** All lines of an item with the gap before it. */
function block(items: readonly Item[], index: number, linesOf: LinesOf): Line[] {
  const gap = gapBefore(items, index);
  const lines = linesOf(items[index]!);
  return gap === 0 ? (lines as Line[]) : [EMPTY, ...lines];
}

/** The place that is `rows` lines above the end; null where that is before the beginning. */
function fromEnd(items: readonly Item[], rows: number, linesOf: LinesOf): Anchor {
  let left = rows;
  for (let i = items.length - 1; i >= 0; i--) {
    const height = block(items, i, linesOf).length;
    if (height >= left) return { item: i, line: height - left };
    left -= height;
  }
  return null;
}

const before = (a: { item: number; line: number }, b: { item: number; line: number }): boolean =>
  a.item < b.item || (a.item === b.item && a.line < b.line);

/** What `height` rows show from `anchor` on. The anchor that comes back is null again once the end is in sight. */
export function look(items: readonly Item[], anchor: Anchor, height: number, linesOf: LinesOf): Visible {
  const last = fromEnd(items, height, linesOf);
  const following = anchor === null || last === null || !before(anchor, last);
  const start = following ? (last ?? { item: 0, line: 0 }) : anchor;
  const lines: Line[] = [];
  const owners: number[] = [];
  const places: number[] = [];
  for (let i = start.item; i < items.length && lines.length < height; i++) {
    const all = block(items, i, linesOf);
    const from = i === start.item ? Math.min(start.line, all.length) : 0;
    for (let k = from; k < all.length && lines.length < height; k++) {
      lines.push(all[k]!);
      owners.push(i);
      places.push(k - gapBefore(items, i));
    }
  }
  return { lines, owners, places, anchor: following ? null : start };
}

/** The anchor after scrolling by `rows` (up is negative) from `anchor`. */
export function scroll(
  items: readonly Item[],
  anchor: Anchor,
  rows: number,
  height: number,
  linesOf: LinesOf,
): Anchor {
  const last = fromEnd(items, height, linesOf);
  if (last === null) return null;
  let { item, line } = anchor ?? last;
  line += rows;
  while (line < 0) {
    if (item === 0) return { item: 0, line: 0 };
    item--;
    line += block(items, item, linesOf).length;
  }
  while (item < items.length) {
    const size = block(items, item, linesOf).length;
    if (line < size) break;
    line -= size;
    item++;
  }
  const moved = { item, line };
  return before(moved, last) ? moved : null;
}

/** The anchor that shows line `line` of item `item` with some lines above it. */
export function reveal(
  items: readonly Item[],
  item: number,
  line: number,
  height: number,
  linesOf: LinesOf,
): Anchor {
  const place = { item, line: line + gapBefore(items, item) };
  return scroll(items, place, -Math.floor(height / 3), height, linesOf);
}
