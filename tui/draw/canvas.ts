/**
 * The one place that touches blessed: paints a frame of styled lines into its cells, and lets it write what changed. Nothing but
 * printable characters passes: whatever a renderer lets through, the terminal is never told anything by an agent.
 */
import blessed from 'blessed';
import type { Line, Style } from './line.js';
import type { Look, Theme } from './theme.js';
import { graphemes, graphemeWidth } from './width.js';

export interface CursorAt {
  row: number;
  column: number;
}

export interface Frame {
  lines: readonly Line[];
  cursor: CursorAt | null;
}

type Cell = [attr: number, ch: string];
type Row = Cell[] & { dirty?: boolean };

/** What of blessed's screen is used here and missing in its types. */
interface Cells {
  lines: Row[];
  /** What is on the terminal, as far as blessed knows. */
  olines: Row[];
  cols: number;
  rows: number;
  dattr: number;
  alloc(): void;
  draw(first: number, last: number): void;
  enter(): void;
  leave(): void;
  destroy(): void;
  tput: { strings: Record<string, string>; brokenACS: boolean; colors: number };
  program: {
    isAlt?: boolean;
    cup(row: number, column: number): void;
    showCursor(): void;
    hideCursor(): void;
    flush(): void;
    _write(text: string): void;
  };
}

/** A terminal that knows them (DEC private mode 2026) shows what stands between them at once, not half drawn; others ignore them. */
const FRAME_BEGINS = '\x1b[?2026h';
const FRAME_ENDS = '\x1b[?2026l';

const DEFAULT = 0x1ff;
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f]/;

const attribute = (look: Look): number => {
  const flags = (look.bold ? 1 : 0) | (look.underline ? 2 : 0) | (look.inverse ? 8 : 0);
  return (flags << 18) | ((look.fg ?? DEFAULT) << 9) | (look.bg ?? DEFAULT);
};

const attributes = (theme: Theme): Record<Style, number> =>
  Object.fromEntries(Object.entries(theme).map(([style, look]) => [style, attribute(look)])) as Record<
    Style,
    number
  >;

/** Places of the cursor. */
const PLACES = /\x1b\[\d+;\d+H/g;

/** blessed asks its own table, which is of 2012; a cell here is a grapheme, perhaps with blanks and places of the cursor around it. */
const { unicode } = blessed as unknown as { unicode: { charWidth(ch: string): number } };
unicode.charWidth = (ch) => graphemeWidth(ch.length === 1 ? ch : ch.replaceAll(PLACES, '').trimStart());

/**
 * What is written for a grapheme of several code units at column `x` of row `y`, counted from 0. Terminals disagree about its width: its
 * columns are blanked before it, and the cursor is put where the next one belongs.
 */
function placed(grapheme: string, x: number, y: number, width: number): string {
  const at = (column: number): string => `\x1b[${y + 1};${column + 1}H`;
  return `${' '.repeat(width)}${at(x)}${grapheme}${at(x + width)}`;
}

const isSame = (a: Line, b: Line): boolean =>
  a === b ||
  (a.length === b.length && a.every(({ text, style }, i) => text === b[i]!.text && style === b[i]!.style));

export class Canvas {
  readonly #cells: Cells;
  #attributes: Record<Style, number>;
  /** What is in each row of cells. Most rows of a frame are as they were, and nobody looks at their cells then. */
  #painted = new WeakMap<Row, Line>();
  /** Where the cursor was shown last; undefined: not known. */
  #cursor: string | undefined;
  /** A row that changes is written whole, so that a screen reader reads it as one. */
  wholeRows = false;

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WriteStream, theme: Theme, onResize: () => void) {
    const screen = blessed.screen({
      input: input as NodeJS.ReadStream,
      output,
      fullUnicode: true,
      forceUnicode: true,
      resizeTimeout: 16,
    } as blessed.Widgets.IScreenOptions);
    this.#cells = screen as unknown as Cells;
    // Terminals disagree about the width of some characters: absolute positions keep one such from moving the rest of its row.
    this.#cells.tput.strings.parm_right_cursor = '';
    // Themes use 16 colours at most, which terminals have that claim 8 (TERM=screen); reduced to 8, grey would be black on black.
    this.#cells.tput.colors = 256;
    // Line drawing goes out as UTF-8.
    this.#cells.tput.brokenACS = true;
    this.#attributes = attributes(theme);
    screen.on('resize', onResize);
  }

  set theme(theme: Theme) {
    this.#attributes = attributes(theme);
    this.#painted = new WeakMap();
  }

  get columns(): number {
    return this.#cells.cols;
  }
  get rows(): number {
    return this.#cells.rows;
  }

  /** Shows `frame`; writes only the cells that differ from what is shown, and nothing where none does. */
  paint(frame: Frame): void {
    const { lines, program, rows } = this.#cells;
    for (let y = 0; y < rows; y++) this.#paintRow(lines[y]!, y, frame.lines[y] ?? []);
    const cursor = frame.cursor === null ? 'hidden' : `${frame.cursor.row} ${frame.cursor.column}`;
    if (cursor === this.#cursor && !lines.some(({ dirty }) => dirty)) return;
    this.#cursor = cursor;
    program._write(FRAME_BEGINS);
    if (frame.cursor === null) program.hideCursor();
    this.#cells.draw(0, rows - 1);
    if (frame.cursor !== null) {
      program.cup(frame.cursor.row, frame.cursor.column);
      program.showCursor();
    }
    program._write(FRAME_ENDS);
    program.flush();
  }

  #paintRow(row: Row, y: number, content: Line): void {
    const before = this.#painted.get(row);
    if (before && isSame(before, content)) return;
    this.#painted.set(row, content);
    const { cols, dattr } = this.#cells;
    let x = 0;
    const put = (attr: number, ch: string) => {
      const cell = row[x++]!;
      if (cell[0] === attr && cell[1] === ch) return;
      cell[0] = attr;
      cell[1] = ch;
      row.dirty = true;
    };
    for (const { text, style } of content) {
      const attr = this.#attributes[style];
      for (const g of graphemes(text)) {
        const width = UNPRINTABLE.test(g) ? 0 : graphemeWidth(g);
        if (width === 0 || x + width > cols) continue;
        put(attr, g.length > 1 ? placed(g, x, y, width) : g);
        if (width === 2) put(attr, '\0');
      }
    }
    while (x < cols) put(dattr, ' ');
    if (this.wholeRows && row.dirty) for (const cell of this.#cells.olines[y] ?? []) cell[1] = '';
  }

  /** Writes what is no cell: a terminal mode of ours. */
  write(text: string): void {
    this.#cells.program._write(text);
    this.#cells.program.flush();
  }

  /** Gives the terminal back as it was. Safe to call twice. */
  leave(): void {
    this.#cells.leave();
    this.#cells.program.flush();
  }

  /** Takes the terminal again; the next frame is painted whole. */
  enter(): void {
    this.#cursor = undefined;
    this.#cells.enter();
  }

  destroy(): void {
    this.leave();
    this.#cells.destroy();
  }
}
