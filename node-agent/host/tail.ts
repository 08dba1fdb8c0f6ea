/**
 * A file that grows, line by line. Promise: every line is handed over once and in order, from the beginning of the file or from its
 * present end. When another file is in its place, the rest of the old one comes first, then the new one from its beginning; a file
 * that is shorter than what was read of it is read from its beginning. A line counts when its end is there.
 */
import { constants, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { MAX_TAIL_LINE_BYTES } from '../../proto/index.js';
import type { Clock } from '../clock.js';
import { LineSplitter } from '../lines.js';

/** Bytes that are read in one go. */
const CHUNK_BYTES = 64 * 1024;

/** Milliseconds between two looks for a file that is not there yet: soon while it is expected, then less often. */
const SOON_MS = 50;
const LATER_MS = 500;
const SOON_LOOKS = 400;

/** Milliseconds between two looks at a file whose changes the system tells, and at one whose changes it does not. */
const WATCHED_MS = 2_000;
const UNWATCHED_MS = 100;

export interface TailOptions {
  path: string;
  from: 'start' | 'end';
  clock: Clock;
  onLine(line: string): void;
  /** A line was longer than MAX_TAIL_LINE_BYTES and is left out. */
  onOversized(): void;
  /** The file is there and may not be read. Said once; it is tried again all the same. */
  onProblem(reason: string): void;
}

interface Source {
  handle: FileHandle;
  ino: number;
  at: number;
  splitter: LineSplitter;
}

export class Tail {
  /** Resolves when the end from which it goes on is fixed. */
  readonly begun: Promise<void>;
  private source: Source | undefined;
  private watcher: FSWatcher | undefined;
  private callOff: () => void = () => undefined;
  private looks = 0;
  private paused = true;
  private stopped = false;
  /** A look is under way; whether another one is wanted after it. */
  private looking: Promise<void> | undefined;
  private again = false;
  private complained = false;
  /** Of the first file only: a later one is new. */
  private fromEnd: boolean;

  constructor(private readonly options: TailOptions) {
    this.fromEnd = options.from === 'end';
    // The end is where it is now, not where it will be when the script listens.
    this.begun = this.fromEnd ? this.look() : Promise.resolve();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    void this.look();
  }

  /** What follows is not told any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.callOff();
    this.watcher?.close();
    await this.looking;
    await this.source?.handle.close();
    this.source = undefined;
  }

  /** One look at a time; one that is asked for meanwhile follows. */
  private look(): Promise<void> {
    this.again = true;
    this.looking ??= this.lookUntilDone().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookUntilDone(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        await this.lookOnce();
      } catch (error) {
        this.complain(error as NodeJS.ErrnoException);
      }
    }
    if (!this.stopped) this.lookLater();
  }

  private async lookOnce(): Promise<void> {
    const there = await stat(this.options.path).catch(absent);
    if (this.source && there?.ino !== this.source.ino) {
      // Written to the end before it was put away.
      if (!(await this.readOn(this.source))) return;
      this.source.splitter.end();
      await this.leave();
    }
    if (!there) {
      this.fromEnd = false;
      return;
    }
    this.source ??= await this.begin();
    await this.readOn(this.source);
  }

  private async begin(): Promise<Source> {
    const { path, onLine, onOversized } = this.options;
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const file = await handle.stat();
    if (!file.isFile()) {
      await handle.close();
      throw new Error('it is no regular file');
    }
    const { ino } = file;
    const at = this.fromEnd ? file.size : 0;
    this.fromEnd = false;
    this.watch();
    return { handle, ino, at, splitter: newSplitter(onLine, onOversized) };
  }

  /** Reads to the present end. False when it was told to wait before that. */
  private async readOn(source: Source): Promise<boolean> {
    const { onLine, onOversized } = this.options;
    const { size } = await source.handle.stat();
    if (size === source.at) return true;
    if (size < source.at) {
      source.at = 0;
      source.splitter = newSplitter(onLine, onOversized);
    }
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    while (!this.stopped) {
      if (this.paused) return false;
      const { bytesRead } = await source.handle.read(buffer, 0, CHUNK_BYTES, source.at);
      if (bytesRead === 0) return true;
      source.at += bytesRead;
      source.splitter.push(Buffer.from(buffer.subarray(0, bytesRead)));
    }
    return false;
  }

  private async leave(): Promise<void> {
    this.watcher?.close();
    this.watcher = undefined;
    await this.source?.handle.close();
    this.source = undefined;
    this.looks = 0;
  }

  /** Where the system cannot watch one more file, it is looked at from time to time. */
  private watch(): void {
    try {
      this.watcher = watch(this.options.path, { persistent: false }, () => void this.look());
      this.watcher.on('error', () => {
        this.watcher?.close();
        this.watcher = undefined;
      });
    } catch {
      this.watcher = undefined;
    }
  }

  private lookLater(): void {
    this.callOff();
    const absent = this.looks++ < SOON_LOOKS ? SOON_MS : LATER_MS;
    const ms = this.source ? (this.watcher ? WATCHED_MS : UNWATCHED_MS) : absent;
    this.callOff = this.options.clock.after(ms, () => void this.look());
  }

  private complain({ message }: Error): void {
    if (this.complained) return;
    this.complained = true;
    this.options.onProblem(message);
  }
}

const newSplitter = (onLine: (line: string) => void, onOversized: () => void): LineSplitter =>
  new LineSplitter({ maxBytes: MAX_TAIL_LINE_BYTES, onLine, onOversized });

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
