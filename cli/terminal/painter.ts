/**
 * Paints the terminal of an agent on this one, row by row, from cells. Promise: of what the agent's program wrote, only printable
 * text, colours and emphasis get here; no title, no clipboard, no question to this terminal. stop() leaves it as it was.
 */
import type { Writable } from 'node:stream';
import { sanitizeCells, sanitizeLine } from '../../client/index.js';
import type { TerminalPicture, TerminalRun } from '../../proto/index.js';

const ESC = '\x1b';
/** The alternate screen, without wrapping at the last column. */
const BEGIN = `${ESC}[?1049h${ESC}[?7l${ESC}[2J`;
const END = `${ESC}[0m${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;

const EMPHASIS = { bold: 1, dim: 2, italic: 3, underline: 4, inverse: 7, strikethrough: 9 } as const;

export interface PainterOptions {
  stdout: Writable & { columns?: number; rows?: number };
  colours: boolean;
  /** The last row: what this is, and how to leave it. */
  status(picture: TerminalPicture): string;
}

export class Painter {
  private picture: TerminalPicture | undefined;
  private readonly lines = new Map<number, TerminalRun[]>();
  private offset = 0;
  private readonly resized = () => this.paintAll();

  constructor(private readonly options: PainterOptions) {}

  start(): void {
    this.options.stdout.write(BEGIN);
    this.options.stdout.on('resize', this.resized);
  }

  stop(): void {
    this.options.stdout.off('resize', this.resized);
    this.options.stdout.write(END);
  }

  /** Takes what has changed and paints it. */
  show(picture: TerminalPicture): void {
    const { picture: before } = this;
    this.picture = picture;
    if (before && (before.cols !== picture.cols || before.rows !== picture.rows)) this.lines.clear();
    for (const { row, runs } of picture.lines) this.lines.set(row, runs);
    const offset = this.firstRow();
    if (!before || offset !== this.offset || picture.lines.length === picture.rows) this.paintAll();
    else this.write([...picture.lines.map(({ row }) => this.row(row)), this.statusRow()]);
  }

  private get columns(): number {
    return this.options.stdout.columns ?? 80;
  }

  /** Rows for the agent's screen; one is for the status. */
  private get height(): number {
    return Math.max(1, (this.options.stdout.rows ?? 24) - 1);
  }

  /** On a terminal that is lower than the agent's, the part with the cursor is shown. */
  private firstRow(): number {
    const { rows, cursor } = this.picture!;
    return Math.max(0, Math.min(cursor.row - this.height + 1, rows - this.height));
  }

  private paintAll(): void {
    if (!this.picture) return;
    this.offset = this.firstRow();
    const rows = Array.from({ length: this.height }, (_, y) => this.row(this.offset + y));
    this.write([...rows, this.statusRow()]);
  }

  private write(pieces: readonly string[]): void {
    const { row, column } = this.picture!.cursor;
    const y = row - this.offset;
    const visible = y >= 0 && y < this.height && column < this.columns;
    const cursor = visible ? `${at(y, column)}${ESC}[?25h` : '';
    this.options.stdout.write(`${ESC}[?25l${pieces.join('')}${cursor}`);
  }

  /** One row of the agent's screen; nothing when it is out of sight. */
  private row(row: number): string {
    const y = row - this.offset;
    if (y < 0 || y >= this.height) return '';
    const runs = (this.lines.get(row) ?? []).filter(({ column }) => column < this.columns);
    return `${at(y, 0)}${ESC}[0m${ESC}[2K${runs.map((run) => this.run(y, run)).join('')}${ESC}[0m`;
  }

  /** What goes beyond the last column is cut there by the terminal, which does not wrap. */
  private run(y: number, run: TerminalRun): string {
    return `${at(y, run.column)}${this.sgr(run)}${sanitizeCells(run.text)}`;
  }

  private sgr(run: TerminalRun): string {
    const codes: (number | string)[] = [0];
    for (const [name, code] of Object.entries(EMPHASIS)) if (run[name]) codes.push(code);
    if (this.options.colours) codes.push(...colour(38, run.fg), ...colour(48, run.bg));
    return `${ESC}[${codes.join(';')}m`;
  }

  private statusRow(): string {
    const text = ` ${sanitizeLine(this.options.status(this.picture!))}`;
    return `${at(this.height, 0)}${ESC}[0;7m${ESC}[2K${text.padEnd(this.columns)}${ESC}[0m`;
  }
}

const at = (y: number, x: number): string => `${ESC}[${y + 1};${x + 1}H`;

/** ECMA-48, and ITU-T T.416 as terminals write it. */
function colour(kind: 38 | 48, value: number | string | undefined): (number | string)[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return [kind, 5, value];
  const part = (from: number) => Number.parseInt(value.slice(from, from + 2), 16);
  return [kind, 2, part(1), part(3), part(5)];
}
