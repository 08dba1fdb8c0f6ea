/**
 * What a terminal shows: the parsed screen, its text line by line, the reports of its program; and the answers that a program waits
 * for when it asks its terminal something. The kitty keyboard query is not answered, so that keys stay what they were on a VT100.
 */
import type { IBufferCell, IBufferLine } from '@xterm/headless';
import { VERSION } from '../../proto/index.js';
import type { Clock } from '../clock.js';
import { type Picture, Pictures } from './picture.js';
import { pack, smallXterm, unpack, type Xterm } from './small-xterm.js';
import { oneLine, parseStatus, type StatusReport } from './status-report.js';

export type { IBufferCell, IBufferLine };

/** Primary device attributes: a VT220 with colours (https://vt100.net/docs/vt220-rm/chapter4.html). */
const PRIMARY_ATTRIBUTES = '\x1b[?62;22c';

/** Foreground, background and cursor, of a dark terminal, as `OSC 10`, `11` and `12` ask for them. */
const COLOURS = { 10: 'rgb:d0d0/d0d0/d0d0', 11: 'rgb:1010/1010/1010', 12: 'rgb:d0d0/d0d0/d0d0' };

/** The number of the status reports. */
const STATUS = 7501;

/** Milliseconds in which nobody wrote or looked, after which the blank parts of the rows are given back. */
const REST_MS = 500;

export interface ScreenView {
  /** The rows, without blanks at their ends; blank rows at the end are left out. */
  lines: string[];
  text: string;
  /** The cursor's place, from 1. */
  row: number;
  column: number;
  title: string;
  /** The program uses the alternate screen, as full-screen programs do. */
  alternate: boolean;
  /** The program has asked for bracketed paste. */
  paste: boolean;
}

export interface ScreenOptions {
  cols: number;
  rows: number;
  /** Lines kept above the screen. A line longer than screen and these together is cut at its beginning. */
  scrollback: number;
  clock: Clock;
  /** What the terminal answers to its program. */
  onAnswer(text: string): void;
  /** The cursor has left this line for the next one. Lines of the alternate screen are not told. */
  onLine(line: string): void;
  onStatus(report: StatusReport): void;
  onTitle(title: string): void;
}

export class Screen {
  private readonly xterm: Xterm;
  private title = '';
  private writing = 0;
  private isPacked = false;
  private usedAt = 0;
  private isResting = false;
  private readonly pictures = new Pictures();

  constructor(private readonly options: ScreenOptions) {
    const { cols, rows, scrollback, onAnswer, onTitle } = options;
    this.xterm = smallXterm({
      cols,
      rows,
      scrollback,
      allowProposedApi: true,
      logLevel: 'off',
      windowOptions: { getWinSizeChars: true },
    });
    this.xterm.onData(onAnswer);
    this.xterm.onTitleChange((title) => {
      this.title = oneLine(title);
      onTitle(this.title);
    });
    this.xterm.onLineFeed(() => {
      const { active } = this.xterm.buffer;
      if (active.type === 'normal') options.onLine(this.lineAt(active.baseY + active.cursorY - 1));
    });
    this.answerQueries();
    this.rest();
  }

  /** Resolves when the bytes are on the screen. */
  write(bytes: Uint8Array): Promise<void> {
    const { terminal } = this;
    this.writing++;
    return new Promise((resolve) => {
      terminal.write(bytes, () => {
        this.writing--;
        resolve();
      });
    });
  }

  /** The line that the cursor is in, as long as it is: it may go over several rows. */
  currentLine(): string {
    const { normal } = this.terminal.buffer;
    return this.lineAt(normal.baseY + normal.cursorY);
  }

  view(): ScreenView {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: this.terminal.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return {
      lines,
      text: lines.join('\n'),
      row: active.cursorY + 1,
      column: active.cursorX + 1,
      title: this.title,
      alternate: active.type === 'alternate',
      paste: this.bracketedPaste,
    };
  }

  /** The screen for a viewer; undefined when it is as the picture named `after` shows it. */
  picture(after: string | undefined): Picture | undefined {
    const { cols, rows, buffer } = this.terminal;
    const { active } = buffer;
    const cursor = { row: active.cursorY, column: Math.min(active.cursorX, cols - 1) };
    const line = (row: number) => active.getLine(active.baseY + row);
    return this.pictures.now({ cols, rows, cursor, title: this.title, line }, after);
  }

  get bracketedPaste(): boolean {
    return this.xterm.modes.bracketedPasteMode;
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows);
  }

  /** Its rows may be looked at now, and until the next turn of the event loop. */
  private get terminal(): Xterm {
    this.usedAt = this.options.clock.now();
    if (this.isPacked) {
      unpack(this.xterm);
      this.isPacked = false;
    }
    this.rest();
    return this.xterm;
  }

  /** Packs the rows once nothing has used them for a while. */
  private rest(): void {
    if (this.isResting) return;
    this.isResting = true;
    const { clock } = this.options;
    clock.after(REST_MS, () => {
      this.isResting = false;
      if (this.writing > 0 || clock.now() - this.usedAt < REST_MS) return this.rest();
      pack(this.xterm);
      this.isPacked = true;
    });
  }

  /** The whole line that a row belongs to: rows before it that were wrapped into it come first. */
  private lineAt(row: number): string {
    const { normal } = this.xterm.buffer;
    // The buffer is a ring: beyond its end it begins again.
    const isWrapped = (y: number) => y < normal.length && normal.getLine(y)?.isWrapped === true;
    let first = Math.max(row, 0);
    while (first > 0 && isWrapped(first)) first--;
    let text = '';
    for (let y = first; y <= row || isWrapped(y); y++)
      text += normal.getLine(y)?.translateToString(!isWrapped(y + 1)) ?? '';
    return text;
  }

  /** What xterm does not answer by itself, or not as the programs want it. */
  private answerQueries(): void {
    const { onAnswer, onStatus } = this.options;
    const { parser } = this.xterm;
    parser.registerCsiHandler({ final: 'c' }, () => {
      onAnswer(PRIMARY_ATTRIBUTES);
      return true;
    });
    parser.registerCsiHandler({ prefix: '>', final: 'q' }, () => {
      onAnswer(`\x1bP>|praxis(${VERSION})\x1b\\`);
      return true;
    });
    for (const [number, colour] of Object.entries(COLOURS))
      parser.registerOscHandler(Number(number), (data) => {
        if (data === '?') onAnswer(`\x1b]${number};${colour}\x1b\\`);
        return true;
      });
    parser.registerOscHandler(STATUS, (data) => {
      const report = parseStatus(data);
      if (data === '?') onAnswer(`\x1b]${STATUS};?\x1b\\`);
      else if (report) onStatus(report);
      return true;
    });
  }
}
