/** Cutting lines at columns of the screen. */
import { type Line, type Span, span } from './line.js';
import { graphemes, graphemeWidth } from './width.js';

/** The columns [from, to) of `l`; a wide character that is cut becomes a space. */
export function columnsOf(l: Line, from: number, to: number): Line {
  const out: Span[] = [];
  let x = 0;
  for (const { text, style } of l) {
    let part = '';
    for (const g of graphemes(text)) {
      const w = graphemeWidth(g);
      if (x >= from && x + w <= to) part += g;
      else if (x < to && x + w > from) part += ' '.repeat(Math.min(x + w, to) - Math.max(x, from));
      x += w;
    }
    if (part !== '') out.push({ text: part, style });
  }
  return x < to ? [...out, span(' '.repeat(to - Math.max(x, from)))] : out;
}
