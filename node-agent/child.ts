/**
 * One child process with lines on its stdout, in a process group of its own. Promise: after stop() nobody of its family is
 * left, and what the child said before it ended is handed over before its exit is told.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { MAX_FRAME_BYTES, MAX_STDERR_TAIL } from '../proto/index.js';
import { type Clock, within } from './clock.js';
import { agentEnvironment } from './environment.js';
import type { Family } from './family.js';
import type { Groups } from './groups.js';
import { LineSplitter } from './lines.js';
import { notStarted } from './not-started.js';

/** Milliseconds that the pipes of an ended child may stay open in the hands of its own children. */
const PIPE_GRACE_MS = 200;

/** Milliseconds that a child has to end by itself once its stdin is closed. Then it gets SIGTERM. */
const EOF_GRACE_MS = 1_000;

/** Bytes that may wait for a child that does not read its stdin. One more line is refused. */
const MAX_STDIN_BYTES = 2 * MAX_FRAME_BYTES;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  command: readonly string[];
  cwd: string;
  /** Added to the node's own environment. */
  env: Readonly<Record<string, string>>;
  groups: Groups;
  clock: Clock;
  onLine(line: string): void;
  onOversized(): void;
  /** Called once, after the last line. Also for a child that could not be started. */
  onExit(exit: Exit): void;
}

export class Child {
  /** Resolves when the process runs; rejects with NotStarted. */
  readonly started: Promise<void>;
  private readonly process: ChildProcessWithoutNullStreams;
  /** Undefined when it could not be started. */
  private readonly family: Family | undefined;
  private stderr = Buffer.alloc(0);
  private readonly exited: Promise<void>;
  private stopping: Promise<void> | undefined;
  private draining = false;

  constructor(private readonly options: ChildOptions) {
    const [program, ...args] = options.command;
    const mark = randomUUID();
    this.process = spawn(program!, args, {
      cwd: options.cwd,
      env: agentEnvironment(process.env, options.env, mark),
      detached: true,
      stdio: 'pipe',
    });
    const { pid } = this.process;
    this.family = pid === undefined ? undefined : options.groups.record(pid, mark);
    this.started = new Promise((resolve, reject) => {
      this.process.once('spawn', resolve);
      this.process.once('error', (error) => reject(notStarted(program!, options.cwd, error)));
    });
    // Whoever waits for `started` sees the reason; nobody has to.
    this.started.catch(() => undefined);
    this.readStreams();
    this.exited = this.watchExit();
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** The end of what the child wrote on stderr, for an error message. */
  get stderrTail(): string {
    return this.stderr.toString('utf8').trim();
  }

  /** Writes a line. False when the child has not read too much of what came before: the line is not sent. */
  write(line: string): boolean {
    if (this.process.stdin.writableLength > MAX_STDIN_BYTES) return false;
    this.process.stdin.write(`${line}\n`);
    return true;
  }

  closeStdin(): void {
    this.process.stdin.end();
  }

  /** Stops reading stdout: a child that goes on talking waits in its pipe. What is left there by one that has ended is read all the same. */
  pause(): void {
    if (!this.draining) this.process.stdout.pause();
  }

  resume(): void {
    this.process.stdout.resume();
  }

  signal(signal: NodeJS.Signals): void {
    this.family?.signal(signal);
  }

  /** End of input, then SIGTERM, then SIGKILL to all that it started. Resolves when they are gone. */
  stop(): Promise<void> {
    this.stopping ??= this.end(true);
    return this.stopping;
  }

  /** Like stop, without waiting for a polite end. */
  terminate(): Promise<void> {
    this.stopping ??= this.end(false);
    return this.stopping;
  }

  private readStreams(): void {
    const { stdin, stdout, stderr } = this.process;
    const splitter = new LineSplitter({
      maxBytes: MAX_FRAME_BYTES,
      onLine: this.options.onLine,
      onOversized: this.options.onOversized,
    });
    stdout.on('data', (chunk: Buffer) => {
      this.family?.active();
      splitter.push(chunk);
    });
    stdout.on('end', () => splitter.end());
    stderr.on('data', (chunk: Buffer) => {
      this.stderr = Buffer.concat([this.stderr, chunk]).subarray(-MAX_STDERR_TAIL);
    });
    // EPIPE and the like: the exit, which comes too, tells the whole story.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
  }

  private async watchExit(): Promise<void> {
    const { clock, onExit } = this.options;
    const closed = new Promise<void>((resolve) => this.process.once('close', () => resolve()));
    const exit = await new Promise<Exit>((resolve) => {
      this.process.once('exit', (code, signal) => resolve({ code, signal }));
      this.process.once('error', () => {
        if (this.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    if (this.family) {
      this.draining = true;
      this.resume();
      await within(clock, PIPE_GRACE_MS, closed);
      this.process.stdout.destroy();
      this.process.stderr.destroy();
      await this.family.end();
    }
    onExit(exit);
  }

  private async end(politely: boolean): Promise<void> {
    if (!this.family) return;
    if (politely) {
      // Whoever has left the group is found now; its parent may be about to end.
      this.family.look();
      this.closeStdin();
      await within(this.options.clock, EOF_GRACE_MS, this.exited);
    }
    await this.family.end();
    await this.exited;
  }
}
