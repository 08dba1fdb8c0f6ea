/**
 * A program on a terminal, as a script has it: its bytes, lines and reports as events, its screen and text to look at and to wait
 * for, its input with back-pressure. The program waits when the node cannot follow, or when its script reads and is behind.
 */
import type { Exit } from '../child.js';
import type { Clock } from '../clock.js';
import type { Groups } from '../groups.js';
import type { StreamEvent } from './feed.js';
import { type Paste, paste } from './paste.js';
import type { Picture } from './picture.js';
import { Pty } from './pty.js';
import { Screen, type ScreenView } from './screen.js';
import type { StatusReport } from './status-report.js';
import { TextLog } from './text-log.js';

/** Bytes that may wait to be parsed, so that a flood holds the node up for a few milliseconds at a time. */
const MAX_UNPARSED = 64 * 1024;

/** Rows of the screen that tell why a program ended. */
const LAST_WORDS = 12;

export interface TerminalOptions {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
  term: string;
  scrollback: number;
  groups: Groups;
  clock: Clock;
  /** Whether the script listens to these events; others are not told. */
  wants(event: StreamEvent): boolean;
  onEvent(event: StreamEvent, item: unknown): void;
  /** Called once, after the last event. */
  onExit(exit: Exit): void;
}

/** What a wait gives: its value, or why there is none. */
export type Waited<T> = { value: T } | { why: 'timeout' | 'ended' };

export class Terminal {
  status: StatusReport | undefined;
  title: string | undefined;
  private readonly pty: Pty;
  private readonly screen: Screen;
  private readonly log = new TextLog();
  private readonly waiters = new Set<() => void>();
  /** What the script saw of the screen last. */
  private seen = '';
  private ended = false;
  private unparsed = 0;
  private parsed: Promise<void> = Promise.resolve();
  /** The script takes the text, so none of it may be lost. */
  private isRead = false;
  private isPaused = false;
  /** Over when no paste is under way: what else is written does not land in the middle of one. */
  private pasted: Promise<unknown> | undefined;

  constructor(private readonly options: TerminalOptions) {
    const { onEvent, wants } = options;
    const tell = (event: StreamEvent, item: unknown) => {
      if (wants(event)) onEvent(event, item);
    };
    this.screen = new Screen({
      ...options,
      // A program that floods its terminal with questions and reads no answer gets no more of them.
      onAnswer: (text) => void this.pty.input.push(text).catch(() => undefined),
      onLine: (line) => {
        this.log.endLine(line);
        if (line !== '') tell('line', line);
      },
      onStatus: (report) => {
        this.status = report;
        tell('status', report);
      },
      onTitle: (title) => {
        this.title = title;
        tell('title', title);
      },
    });
    this.pty = new Pty({
      ...options,
      onData: (chunk) => this.parse(chunk, tell),
      onExit: (exit) => void this.parsed.then(() => this.exited(exit, tell)),
    });
  }

  get pid(): number {
    return this.pty.pid;
  }

  /** The end of what the program showed, for an error message. */
  get lastWords(): string {
    return this.screen.view().lines.slice(-LAST_WORDS).join('\n').trim();
  }

  /** Resolves when the terminal has taken the text. Rejects when the program does not read, or has ended. */
  async write(text: string): Promise<void> {
    while (this.pasted) await this.pasted;
    await this.pty.input.push(text);
  }

  /** Resolves to whether the text went as it is. */
  async paste(text: string, options: Paste): Promise<boolean> {
    while (this.pasted) await this.pasted;
    const { clock } = this.options;
    const write = (piece: string) => this.pty.input.push(piece);
    const pasting = paste(text, options, { clock, bracketed: this.screen.bracketedPaste, write });
    this.pasted = pasting
      .catch(() => undefined)
      .then(() => {
        this.pasted = undefined;
      });
    return pasting;
  }

  look(): ScreenView {
    const view = this.screen.view();
    this.seen = fingerprint(view);
    return view;
  }

  /** The screen when it is not what look() or a wait gave last. */
  async changed(ms: number | undefined): Promise<Waited<ScreenView>> {
    const waited = await this.wait(() => {
      const view = this.screen.view();
      return fingerprint(view) === this.seen ? undefined : view;
    }, ms);
    if ('value' in waited) this.seen = fingerprint(waited.value);
    return waited;
  }

  /** The screen when it has been the same for `quietMs` milliseconds. */
  async settled(quietMs: number, ms: number | undefined): Promise<Waited<ScreenView>> {
    const { clock } = this.options;
    const limit = ms === undefined ? Number.POSITIVE_INFINITY : clock.now() + ms;
    for (let view = this.look(); ; ) {
      const left = limit - clock.now();
      const waited = await this.changed(Math.min(quietMs, left));
      if ('value' in waited) view = waited.value;
      else if (waited.why === 'ended') return waited;
      else return left < quietMs ? waited : { value: view };
    }
  }

  /** The text that was not taken, when it is not the one of this version. */
  async text(version: number | undefined, ms: number | undefined) {
    this.isRead = true;
    const waited = await this.wait(() => (this.log.version === version ? undefined : true), ms);
    if ('why' in waited) return waited;
    const { text, isFull } = this.log;
    return { text, version: this.log.version, full: isFull, ended: this.ended };
  }

  take(bytes: number): void {
    this.log.take(bytes);
    this.regulate();
  }

  async inState(states: readonly string[], ms: number | undefined): Promise<Waited<StatusReport>> {
    return this.wait(() => (this.status && states.includes(this.status.state) ? this.status : undefined), ms);
  }

  /** The screen for a viewer, once it is not as the picture named `after` shows it; as it is when it stays so. */
  async show(after: string | undefined, ms: number): Promise<Picture & { running: boolean }> {
    const waited = await this.wait(() => this.screen.picture(after), ms);
    const picture = 'value' in waited ? waited.value : { ...this.screen.picture(undefined)!, lines: [] };
    return { ...picture, running: !this.ended };
  }

  pause(): void {
    this.isPaused = true;
    this.regulate();
  }

  resume(): void {
    this.isPaused = false;
    this.regulate();
  }

  resize(cols: number, rows: number): void {
    this.pty.resize(cols, rows);
    this.screen.resize(cols, rows);
  }

  signal(signal: NodeJS.Signals): void {
    this.pty.signal(signal);
  }

  /** The VM that waited is gone. */
  forgetWaits(): void {
    this.waiters.clear();
    this.isRead = false;
  }

  /** Ends the program and what it started. */
  async stop(): Promise<void> {
    await this.pty.stop();
    await this.parsed;
    this.wake();
  }

  private parse(chunk: Uint8Array, tell: (event: StreamEvent, item: unknown) => void): void {
    this.unparsed += chunk.length;
    this.parsed = this.screen.write(chunk).then(() => {
      this.unparsed -= chunk.length;
      this.log.setCurrent(this.screen.currentLine());
      if (!this.isRead) this.log.trim();
      tell('data', chunk);
      this.regulate();
      this.wake();
    });
    this.regulate();
  }

  private exited(exit: Exit, tell: (event: StreamEvent, item: unknown) => void): void {
    this.ended = true;
    this.log.version++;
    const rest = this.screen.currentLine();
    if (rest !== '') tell('line', rest);
    this.wake();
    this.options.onExit(exit);
  }

  private regulate(): void {
    const behind = this.isRead && this.log.isFull;
    if (this.isPaused || behind || this.unparsed > MAX_UNPARSED) this.pty.pause();
    else this.pty.resume();
  }

  private wake(): void {
    for (const look of [...this.waiters]) look();
  }

  /** Resolves to what `look` finds, now or after some output. */
  private wait<T>(look: () => T | undefined, ms: number | undefined): Promise<Waited<T>> {
    return new Promise((resolve) => {
      let callOff: (() => void) | undefined;
      const end = (waited: Waited<T>) => {
        callOff?.();
        this.waiters.delete(again);
        resolve(waited);
      };
      const again = () => {
        const value = look();
        if (value !== undefined) end({ value });
        else if (this.ended) end({ why: 'ended' });
      };
      this.waiters.add(again);
      if (ms !== undefined)
        callOff = this.options.clock.after(Math.max(0, ms), () => end({ why: 'timeout' }));
      again();
    });
  }
}

const fingerprint = ({ text, row, column, title, alternate }: ScreenView): string =>
  JSON.stringify([text, row, column, title, alternate]);
