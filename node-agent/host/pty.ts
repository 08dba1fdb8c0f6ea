/**
 * A program on a terminal of its own. Promise: what it wrote before it ended is handed over before its exit is told. The
 * kernel drops what is unread when the last holder of the slave side closes it, so this side holds it open too until
 * the program has ended (node-pty issue 72).
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import { type IPty, spawn } from 'node-pty';
import type { Exit } from '../child.js';
import type { Clock } from '../clock.js';
import { agentEnvironment } from '../environment.js';
import type { Family } from '../family.js';
import type { Groups } from '../groups.js';
import { PtyInput } from './pty-input.js';
import { signalName } from './signals.js';

export interface PtyOptions {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
  /** $TERM. */
  term: string;
  groups: Groups;
  clock: Clock;
  onData(chunk: Uint8Array): void;
  /** Called once, after the last output. */
  onExit(exit: Exit): void;
}

/** Milliseconds without output after which an ended program has no more to say. */
const QUIET_MS = 10;

/** What tells programs of the terminal that the node itself was started on, which is another one. */
const OF_ANOTHER = new Set(
  'COLUMNS LINES STY TERMCAP TERM_PROGRAM TERM_PROGRAM_VERSION TMUX TMUX_PANE WINDOW WINDOWID'.split(' '),
);

const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_ANOTHER.has(name)));

/** What node-pty has besides its types. */
type Internals = IPty & { _pty: string; fd: number; _socket: ReadStream };

export class Pty {
  readonly input: PtyInput;
  private readonly pty: Internals;
  private readonly family: Family;
  private readonly exited: Promise<void>;
  private chunks = 0;
  /** The program has ended, or is to: all that it said is read now. */
  private draining = false;

  constructor(private readonly options: PtyOptions) {
    const { command, cwd, cols, rows, term, env, groups, clock } = options;
    const [program, ...args] = command;
    const mark = randomUUID();
    this.pty = spawn(program!, args, {
      cwd,
      cols,
      rows,
      name: term,
      env: agentEnvironment(ownEnvironment(), env, mark),
      encoding: null,
    }) as Internals;
    const held = openSync(this.pty._pty, constants.O_RDWR | constants.O_NOCTTY);
    this.family = groups.record(this.pty.pid, mark);
    // A closed descriptor may already be another file's.
    this.input = new PtyInput({ clock, fd: () => (this.pty._socket.destroyed ? undefined : this.pty.fd) });
    // Typed as text, but with `encoding: null` the chunks are bytes.
    this.pty.onData((text) => {
      this.chunks++;
      this.family.active();
      options.onData(text as unknown as Buffer);
    });
    this.drainBeforeClose();
    this.exited = new Promise((resolve) => {
      this.pty.onExit(({ exitCode, signal }) => {
        closeSync(held);
        this.input.close();
        void this.family.end().then(() => {
          options.onExit(
            signal ? { code: null, signal: signalName(signal) } : { code: exitCode, signal: null },
          );
          resolve();
        });
      });
    });
  }

  get pid(): number {
    return this.pty.pid;
  }

  /** What is left of a program that has ended is read all the same. */
  pause(): void {
    if (!this.draining) this.pty.pause();
  }

  resume(): void {
    this.pty.resume();
  }

  resize(cols: number, rows: number): void {
    this.pty.resize(cols, rows);
  }

  signal(signal: NodeJS.Signals): void {
    this.family.signal(signal);
  }

  /** SIGTERM, then SIGKILL to all that it started. Resolves when they are gone and its exit has been told. */
  async stop(): Promise<void> {
    this.draining = true;
    this.resume();
    await this.family.end();
    await this.exited;
  }

  /** node-pty closes its side some time after the program has ended, read or not. */
  private drainBeforeClose(): void {
    const socket = this.pty._socket;
    const close = socket.destroy.bind(socket);
    let closing = false;
    socket.destroy = (error) => {
      if (error) return close(error);
      if (closing) return socket;
      closing = true;
      this.draining = true;
      this.resume();
      const look = (seen: number) =>
        this.options.clock.after(QUIET_MS, () => {
          if (this.chunks === seen) close();
          else look(this.chunks);
        });
      look(this.chunks);
      return socket;
    };
  }
}
