/** Styled text: what renderers make and the canvas paints. A style is a name; a theme says what it looks like. */
import { graphemes, graphemeWidth, stringWidth, truncate } from './width.js';

export type Style =
  | 'text'
  | 'dim'
  | 'strong'
  | 'emphasis'
  | 'heading'
  | 'link'
  | 'code'
  | 'quote'
  | 'rule'
  | 'accent'
  | 'title'
  | 'selected'
  | 'match'
  | 'found'
  | 'key'
  | 'user'
  | 'good'
  | 'busy'
  | 'warning'
  | 'bad'
  | 'added'
  | 'addedWord'
  | 'removed'
  | 'removedWord'
  | 'keyword'
  | 'string'
  | 'number'
  | 'comment'
  | 'name'
  | 'type';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export const span = (text: string, style: Style = 'text'): Span => ({ text, style });
export const line = (text: string, style: Style = 'text'): Line => [{ text, style }];
export const EMPTY: Line = [];

export const lineWidth = (l: Line): number => l.reduce((sum, s) => sum + stringWidth(s.text), 0);
export const lineText = (l: Line): string => l.map((s) => s.text).join('');

/** `l` in exactly `width` columns: cut with an ellipsis, or filled with spaces in `fill`. */
export function fitted(l: Line, width: number, fill: Style = 'text'): Line {
  const out: Span[] = [];
  let used = 0;
  for (const s of l) {
    const w = stringWidth(s.text);
    if (used + w > width) {
      const cut = truncate(s.text, width - used);
      out.push({ text: cut, style: s.style });
      used += stringWidth(cut);
      break;
    }
    out.push(s);
    used += w;
  }
  if (used < width) out.push(span(' '.repeat(width - used), fill));
  return out;
}

/** `left` and, flush right, `right`, in `width` columns; `left` is cut where both do not fit. */
export function sides(left: Line, right: Line, width: number, fill: Style = 'text'): Line {
  const room = width - lineWidth(right);
  return room < 4 ? fitted(left, width, fill) : [...fitted(left, room, fill), ...right];
}

const TAB = '    ';

/**
 * `spans` on as many lines as `width` columns need. Breaks at spaces, and inside a word only when it is longer than a line. Line feeds
 * break; `hang` columns are left free on all lines but the first.
 */
export function wrap(spans: readonly Span[], width: number, hang = 0): Line[] {
  const lines: Line[] = [];
  let current: Span[] = [];
  let used = 0;
  const room = () => Math.max(1, width - (lines.length > 0 ? hang : 0));
  const flush = () => {
    lines.push(current);
    current = [];
    used = 0;
  };
  for (const { text, style } of spans) {
    for (const piece of text.replaceAll('\t', TAB).split(/(\n| +)/)) {
      if (piece === '') continue;
      if (piece === '\n') {
        flush();
        continue;
      }
      const w = stringWidth(piece);
      if (used + w <= room()) {
        current.push({ text: piece, style });
        used += w;
      } else if (piece.startsWith(' ')) {
        // Spaces at a line's end are not carried over to the next one.
        if (used > 0) flush();
      } else if (w <= room()) {
        dropTrailingSpace(current);
        flush();
        current.push({ text: piece, style });
        used = w;
      } else {
        let part = '';
        let partWidth = 0;
        for (const g of graphemes(piece)) {
          const gw = graphemeWidth(g);
          if (used + partWidth + gw > room()) {
            if (part !== '') current.push({ text: part, style });
            flush();
            part = '';
            partWidth = 0;
          }
          part += g;
          partWidth += gw;
        }
        current.push({ text: part, style });
        used += partWidth;
      }
    }
  }
  lines.push(current);
  return lines.map(merged);
}

function dropTrailingSpace(spans: Span[]): void {
  while (spans.length > 0 && /^ *$/.test(spans.at(-1)!.text)) spans.pop();
}

/** Neighbours of one style as one span. */
function merged(l: Line): Line {
  const out: Span[] = [];
  for (const s of l) {
    const last = out.at(-1);
    if (last?.style === s.style) out[out.length - 1] = { text: last.text + s.text, style: s.style };
    else out.push(s);
  }
  return out;
}

/** Text that keeps its own line breaks and its spaces, such as code and output: each line broken at `width` columns. */
export function chop(l: Line, width: number): Line[] {
  const lines: Line[] = [];
  let current: Span[] = [];
  let used = 0;
  for (const { text, style } of l) {
    const expanded = text.replaceAll('\t', TAB);
    if (used + expanded.length <= width && stringWidth(expanded) === expanded.length) {
      current.push({ text: expanded, style });
      used += expanded.length;
      continue;
    }
    let part = '';
    for (const g of graphemes(expanded)) {
      const w = graphemeWidth(g);
      if (used + w > width) {
        current.push({ text: part, style });
        lines.push(current);
        current = [];
        part = '';
        used = 0;
      }
      part += g;
      used += w;
    }
    current.push({ text: part, style });
  }
  lines.push(current);
  return lines;
}
