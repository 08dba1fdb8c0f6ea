/** A text that is being written and the place of the cursor in it. Every operation gives a new one; none splits a character. */
import { sanitize } from '../client/index.js';
import { type Line, span } from './draw/line.js';
import { graphemes, graphemeWidth, stringWidth, truncate } from './draw/width.js';

export interface Editor {
  readonly text: string;
  /** Index into `text`, at a character's edge. */
  readonly cursor: number;
}

export const EMPTY_EDITOR: Editor = { text: '', cursor: 0 };

export const editorOf = (text: string): Editor => ({ text, cursor: text.length });

export const insert = ({ text, cursor }: Editor, piece: string): Editor => ({
  text: text.slice(0, cursor) + piece + text.slice(cursor),
  cursor: cursor + piece.length,
});

const cut = ({ text }: Editor, from: number, to: number): Editor => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
});

/** Characters looked at around the cursor to find a character's edge. */
const NEAR = 64;

const before = ({ text, cursor }: Editor): number => {
  const near = text.slice(Math.max(0, cursor - NEAR), cursor);
  return cursor - (graphemes(near).at(-1)?.length ?? 0);
};
const after = ({ text, cursor }: Editor): number =>
  cursor + (graphemes(text.slice(cursor, cursor + NEAR))[0]?.length ?? 0);
/** `lastIndexOf` takes a place before the beginning for the beginning. */
const lineStart = ({ text, cursor }: Editor): number =>
  cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
const lineEnd = ({ text, cursor }: Editor): number => {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
};
const wordBefore = ({ text, cursor }: Editor): number => {
  let at = cursor;
  while (at > 0 && /\s/.test(text[at - 1]!)) at--;
  while (at > 0 && !/\s/.test(text[at - 1]!)) at--;
  return at;
};
const wordAfter = ({ text, cursor }: Editor): number => {
  let at = cursor;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  while (at < text.length && !/\s/.test(text[at]!)) at++;
  return at;
};

/** The line above or below, in about the same place; null where there is none. */
function vertical(editor: Editor, direction: -1 | 1): number | null {
  const start = lineStart(editor);
  const column = editor.cursor - start;
  if (direction < 0) {
    if (start === 0) return null;
    const above = lineStart({ text: editor.text, cursor: start - 1 });
    return Math.min(above + column, start - 1);
  }
  const end = lineEnd(editor);
  if (end === editor.text.length) return null;
  return Math.min(end + 1 + column, lineEnd({ text: editor.text, cursor: end + 1 }));
}

/** What each editing key does, as readline has it; null: the key does nothing here. */
const OPERATIONS: Record<string, (e: Editor) => Editor | null> = {
  backspace: (e) => cut(e, before(e), e.cursor),
  delete: (e) => ({ ...cut(e, e.cursor, after(e)), cursor: e.cursor }),
  left: (e) => ({ ...e, cursor: before(e) }),
  right: (e) => ({ ...e, cursor: after(e) }),
  home: (e) => ({ ...e, cursor: lineStart(e) }),
  end: (e) => ({ ...e, cursor: lineEnd(e) }),
  'ctrl+home': (e) => ({ ...e, cursor: 0 }),
  'ctrl+end': (e) => ({ ...e, cursor: e.text.length }),
  'ctrl+left': (e) => ({ ...e, cursor: wordBefore(e) }),
  'ctrl+right': (e) => ({ ...e, cursor: wordAfter(e) }),
  'ctrl+u': (e) => cut(e, lineStart(e), e.cursor),
  'alt+backspace': (e) => cut(e, wordBefore(e), e.cursor),
  'alt+d': (e) => ({ ...cut(e, e.cursor, wordAfter(e)), cursor: e.cursor }),
  up: (e) => moved(e, vertical(e, -1)),
  down: (e) => moved(e, vertical(e, 1)),
};
const SAME: Record<string, string> = {
  'ctrl+a': 'home',
  'ctrl+b': 'left',
  'ctrl+d': 'delete',
  'ctrl+h': 'backspace',
  'alt+b': 'ctrl+left',
  'alt+f': 'ctrl+right',
  'alt+left': 'ctrl+left',
  'alt+right': 'ctrl+right',
  'shift+backspace': 'backspace',
};

const moved = (e: Editor, cursor: number | null): Editor | null =>
  cursor === null ? null : { ...e, cursor };

/** `editor` after `key`; null when the key edits nothing (an arrow beyond the first or last line among them). */
export function edit(editor: Editor, key: string): Editor | null {
  return OPERATIONS[SAME[key] ?? key]?.(editor) ?? null;
}

/** `editor` in `width` columns and at most `rows` rows around the cursor; its cost does not grow with the text. */
export function editorLines(
  editor: Editor,
  width: number,
  rows: number,
): { lines: Line[]; cursor: { row: number; column: number } } {
  const reach = rows * width * 2;
  let from = editor.cursor;
  for (let n = 0; n <= rows && from > 0; n++) from = lineStart({ text: editor.text, cursor: from - 1 });
  from = Math.max(from, editor.cursor - reach);
  const head = editor.text.slice(from, editor.cursor);
  const tail = editor.text
    .slice(editor.cursor, editor.cursor + reach)
    .split('\n', rows + 1)
    .join('\n');
  const lines: string[] = [''];
  let column = 0;
  const put = (text: string) => {
    for (const g of graphemes(text)) {
      if (g === '\n' || g === '\r\n') {
        lines.push('');
        column = 0;
        continue;
      }
      const shown = g === '\t' ? '  ' : sanitize(g);
      const w = g === '\t' ? 2 : [...graphemes(shown)].reduce((n, c) => n + graphemeWidth(c), 0);
      if (column + w > width) {
        lines.push('');
        column = 0;
      }
      lines[lines.length - 1] += shown;
      column += w;
    }
  };
  put(head);
  // A cursor behind the last column stands on the next line.
  if (column >= width) {
    lines.push('');
    column = 0;
  }
  const cursor = { row: lines.length - 1, column };
  put(tail);
  const start = Math.max(0, cursor.row - rows + 1);
  return {
    lines: lines.slice(start, start + rows).map((text) => [span(text)]),
    cursor: { row: cursor.row - start, column: cursor.column },
  };
}

/** `editor` on one line of `width` columns, with as much as fits before the cursor and the cursor in sight. */
export function fieldLine(editor: Editor, width: number): { line: Line; column: number } {
  const head = graphemes(sanitize(editor.text.slice(0, editor.cursor)));
  let column = 0;
  let from = head.length;
  while (from > 0) {
    const w = graphemeWidth(head[from - 1]!);
    if (column + w > width - 1) break;
    column += w;
    from--;
  }
  const shown = (from > 0 ? '…' : '') + head.slice(from > 0 ? from + 1 : from).join('');
  const text = truncate(shown + sanitize(editor.text.slice(editor.cursor)), width);
  return { line: [span(text)], column: stringWidth(shown) };
}
