/** What overlays have in common. */
import type { CursorAt } from '../draw/canvas.js';
import { type Line, lineText, span } from '../draw/line.js';
import { framed } from './layout.js';

export interface Box {
  lines: Line[];
  width: number;
  /** In the box. */
  cursor: CursorAt | null;
  /** The row in the box that must be seen, where that is not the one of the cursor. */
  focus?: number;
}

/** `12 s`, `5 min`, `3 h`, `2 d`; in plain mode no seconds, which would be read out one after the other. */
export function age(ms: number, plain = false): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return plain ? '0 min' : `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

const isBlank = (l: Line): boolean => /^│ +│$/.test(lineText(l));

/** `box` in at most `rows` rows: without its empty lines, and if that is too tall still, around its focus, with the number of lines that are left out. */
export function fitBox(box: Box, rows: number): Box {
  if (box.lines.length <= rows) return box;
  const kept = box.lines.flatMap((line, y) => (y !== box.cursor?.row && isBlank(line) ? [] : [{ line, y }]));
  const height = rows - 2;
  const inner = kept.slice(1, -1);
  const at = inner.findIndex(({ y }) => y === (box.focus ?? box.cursor?.row));
  const top = Math.max(0, Math.min(at - height + 2, inner.length - height));
  const shown = inner.slice(top, top + height);
  const more = inner.length - height;
  if (more > 0) {
    const text = `${more + 1} more lines in a larger terminal`;
    const line = framed('', [[span(text, 'warning')]], box.width)[1]!;
    // It stands at the end that is left out.
    shown.splice(top === more ? 0 : -1, 1, { line, y: -1 });
  }
  const row = shown.findIndex(({ y }) => y === box.cursor?.row) + 1;
  const cursor = box.cursor && row > 0 ? { ...box.cursor, row } : null;
  return { ...box, lines: [box.lines[0]!, ...shown.map(({ line }) => line), box.lines.at(-1)!], cursor };
}
