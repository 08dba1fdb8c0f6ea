/** The screen without drawings, for screen readers: frames and rails go, marks become letters, the cursor is where the choice is. */
import { type Line, lineText } from './line.js';

const LETTERS: Record<string, string> = {
  '❯': '>',
  '▸': '>',
  '·': ',',
  '•': '-',
  '−': '-',
  '×': 'x',
  '☑': 'x',
  '✘': 'x',
};
/** Box drawing, blocks, geometric shapes, dingbats and what else is used as a mark. */
const DRAWN = /[─-◿✀-➿⊘⋯☐☑ℹ·•−×]/g;

export const plainLine = (l: Line): Line =>
  l.map((s) => ({ text: s.text.replace(DRAWN, (c) => LETTERS[c] ?? ' '), style: s.style }));

/** Where a choice is marked: the row, and the column of what is chosen. */
export function markedPlace(lines: readonly Line[]): { row: number; column: number } | null {
  for (const [row, l] of lines.entries()) {
    const column = lineText(l).search(/^\s*> \S/);
    if (column >= 0) return { row, column: lineText(l).indexOf('> ') + 2 };
  }
  return null;
}
