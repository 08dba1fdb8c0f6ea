/**
 * What a terminal shows, as viewers get it: rows of cells with their colours, and of those only the rows that are new to the
 * viewer. Made when somebody asks, from the parsed screen, so no byte of the program reaches a viewer's terminal as it was written.
 */
import { randomUUID } from 'node:crypto';
import type { TerminalPicture, TerminalRun } from '../../proto/index.js';
import type { IBufferCell, IBufferLine } from './screen.js';

export interface Shown {
  cols: number;
  rows: number;
  cursor: { row: number; column: number };
  title: string;
  line(row: number): IBufferLine | undefined;
}

export type Picture = Omit<TerminalPicture, 'running' | 'writable'>;

/** C0, DEL and C1: a cell never holds one, and a viewer's terminal must never see one. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export class Pictures {
  /** So that a picture of another terminal, or of an earlier node, is not taken for one of these. */
  private readonly name = randomUUID();
  private version = 0;
  private frame = '';
  private readonly rows: { text: string; version: number }[] = [];

  /** What is shown now. Undefined when it is what the picture named `after` showed. */
  now(shown: Shown, after: string | undefined): Picture | undefined {
    const { cols, cursor, title } = shown;
    const lines = Array.from({ length: shown.rows }, (_, row) =>
      JSON.stringify(runsOf(shown.line(row), cols)),
    );
    const frame = JSON.stringify([cols, lines.length, cursor, title]);
    if (frame !== this.frame || lines.some((text, row) => text !== this.rows[row]?.text)) this.version++;
    this.frame = frame;
    this.rows.length = lines.length;
    lines.forEach((text, row) => {
      if (this.rows[row]?.text !== text) this.rows[row] = { text, version: this.version };
    });
    const seen = this.numberOf(after);
    if (seen === this.version) return undefined;
    return {
      version: `${this.name}:${this.version}`,
      ...{ cols, rows: lines.length, cursor, title },
      lines: this.rows.flatMap(({ text, version }, row) =>
        version > seen ? [{ row, runs: JSON.parse(text) as TerminalRun[] }] : [],
      ),
    };
  }

  /** 0 for a picture that is none of ours. */
  private numberOf(version: string | undefined): number {
    const [name, number] = version?.split(':') ?? [];
    return name === this.name ? Number(number) || 0 : 0;
  }
}

/** Blank cells without colours at the end of a row are left out. */
function runsOf(line: IBufferLine | undefined, cols: number): TerminalRun[] {
  const runs: TerminalRun[] = [];
  let style = '';
  let cell: IBufferCell | undefined;
  for (let column = 0; line && column < cols; column++) {
    cell = line.getCell(column, cell);
    const width = cell?.getWidth() ?? 0;
    // The second half of a wide character.
    if (!cell || width === 0) continue;
    const text = cell.getChars().replace(CONTROL, '\ufffd') || ' ';
    const looks = looksOf(cell);
    const key = JSON.stringify(looks);
    const last = runs.at(-1);
    if (last && key === style) {
      last.text += text;
      last.width += width;
    } else runs.push({ column, width, text, ...looks });
    style = key;
  }
  const last = runs.at(-1);
  if (last && last.bg === undefined && !last.inverse && !last.underline && !last.strikethrough) {
    const trimmed = last.text.trimEnd();
    last.width -= last.text.length - trimmed.length;
    last.text = trimmed;
    if (trimmed === '') runs.pop();
  }
  return runs;
}

type Looks = Omit<TerminalRun, 'column' | 'width' | 'text'>;

function looksOf(cell: IBufferCell): Looks {
  const looks: Looks = {};
  const fg = colour(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor());
  const bg = colour(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor());
  if (fg !== undefined) looks.fg = fg;
  if (bg !== undefined) looks.bg = bg;
  if (cell.isBold()) looks.bold = true;
  if (cell.isDim()) looks.dim = true;
  if (cell.isItalic()) looks.italic = true;
  if (cell.isUnderline()) looks.underline = true;
  if (cell.isInverse()) looks.inverse = true;
  if (cell.isStrikethrough()) looks.strikethrough = true;
  return looks;
}

function colour(isRgb: boolean, isPalette: boolean, value: number): number | string | undefined {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
  return isPalette ? value : undefined;
}
