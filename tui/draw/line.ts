/** Styled text: what renderers make and the canvas paints. A style is a name; a theme says what it looks like. */
import { graphemes, graphemeWidth, isPlain, stringWidth, truncate } from './width.js';

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

/** Spans of the line that is being filled. A run of one style is one span, however many words it has. */
class Filling {
  readonly #spans: Span[] = [];

  add(text: string, style: Style): void {
    const last = this.#spans.at(-1);
    if (last?.style !== style) this.#spans.push({ text, style });
    else this.#spans[this.#spans.length - 1] = { text: last.text + text, style };
  }

  /** The line, and an empty one after it. `trimmed`: without the spaces at its end. */
  take(trimmed: boolean): Line {
    const out = this.#spans.splice(0);
    while (trimmed && out.length > 0) {
      const { text, style } = out.pop()!;
      const kept = text.replace(/ +$/, '');
      if (kept === '') continue;
      out.push({ text: kept, style });
      break;
    }
    return out;
  }
}

const LINE_FEED = 0x0a;
const SPACE = 0x20;

/** Where the word, the run of spaces or the line feed ends that begins at `from`. */
function endOfPiece(text: string, from: number): number {
  const first = text.charCodeAt(from);
  let to = from + 1;
  if (first === LINE_FEED) return to;
  for (; to < text.length; to++) {
    const code = text.charCodeAt(to);
    if (first === SPACE ? code !== SPACE : code === SPACE || code === LINE_FEED) break;
  }
  return to;
}

/**
 * `spans` on as many lines as `width` columns need. Breaks at spaces, and inside a word only when it is longer than a line. Line feeds
 * break; `hang` columns are left free on all lines but the first. A paragraph that is being written is wrapped anew with every
 * piece of it, so nothing is made for a word: what fits goes into its line in one part.
 */
export function wrap(spans: readonly Span[], width: number, hang = 0): Line[] {
  const lines: Line[] = [];
  const current = new Filling();
  let used = 0;
  const room = () => Math.max(1, width - (lines.length > 0 ? hang : 0));
  const flush = (trimmed = false) => {
    lines.push(current.take(trimmed));
    used = 0;
  };
  for (const { text: given, style } of spans) {
    const text = given.replaceAll('\t', TAB);
    const plain = isPlain(text);
    // What of this span is in the current line and was not added to it yet.
    let from = 0;
    const add = (to: number) => {
      if (to > from) current.add(text.slice(from, to), style);
    };
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = endOfPiece(text, at);
      if (text.charCodeAt(at) === LINE_FEED) {
        add(at);
        flush();
        from = end;
        continue;
      }
      const w = plain ? end - at : stringWidth(text.slice(at, end));
      if (used + w <= room()) {
        used += w;
        continue;
      }
      add(at);
      from = at;
      if (text.charCodeAt(at) === SPACE) {
        // Spaces at a line's end are not carried over to the next one.
        if (used > 0) flush();
        from = end;
      } else if (w <= room()) {
        flush(true);
        used = w;
      } else {
        for (const g of graphemes(text.slice(at, end))) {
          const gw = graphemeWidth(g);
          if (used + gw > room()) {
            add(at);
            flush();
            from = at;
          }
          at += g.length;
          used += gw;
        }
      }
    }
    add(text.length);
  }
  lines.push(current.take(false));
  return lines;
}

/** Text that keeps its own line breaks and its spaces, such as code and output: each line broken at `width` columns. */
export function chop(l: Line, width: number): Line[] {
  const lines: Line[] = [];
  let current: Span[] = [];
  let used = 0;
  for (const { text, style } of l) {
    const expanded = text.replaceAll('\t', TAB);
    if (isPlain(expanded)) {
      for (let at = 0; at < expanded.length; ) {
        if (used >= width) {
          lines.push(current);
          current = [];
          used = 0;
        }
        const part = expanded.slice(at, at + Math.max(1, width - used));
        current.push({ text: part, style });
        used += part.length;
        at += part.length;
      }
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
