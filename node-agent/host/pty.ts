/**
 * A program on a terminal of its own. Promise: what it wrote before it ended is handed over before its exit is told. The
 * kernel drops what is unread when the last holder of the slave side closes it, so this side holds it open too until
 * the program has ended (node-pty issue 72).
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { type IPty, spawn } from 'node-pty';
import { MAX_FRAME_BYTES } from '../../proto/index.js';
import type { Exit } from '../child.js';
import type { Clock } from '../clock.js';
import { agentEnvironment } from '../environment.js';
import type { Family } from '../family.js';
import type { Groups } from '../groups.js';
import { LineSplitter } from '../lines.js';
import { signalName } from './signals.js';

export interface PtyOptions {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
  groups: Groups;
  clock: Clock;
  onData(chunk: Uint8Array): void;
  onLine(line: string): void;
  /** Called once, after the last output. */
  onExit(exit: Exit): void;
}

export class Pty {
  private readonly pty: IPty;
  private readonly family: Family;
  private readonly exited: Promise<void>;

  constructor(options: PtyOptions) {
    const { command, cwd, cols, rows, env, groups } = options;
    const [program, ...args] = command;
    const mark = randomUUID();
    this.pty = spawn(program!, args, {
      cwd,
      cols,
      rows,
      name: 'xterm-256color',
      env: agentEnvironment(process.env, env, mark),
      encoding: null,
    });
    const { _pty: slave } = this.pty as IPty & { _pty: string };
    const held = openSync(slave, constants.O_RDWR | constants.O_NOCTTY);
    this.family = groups.record(this.pty.pid, mark);
    const splitter = new LineSplitter({
      maxBytes: MAX_FRAME_BYTES,
      onLine: options.onLine,
      onOversized: () => undefined,
    });
    // Typed as text, but with `encoding: null` the chunks are bytes.
    this.pty.onData((text) => {
      const chunk = text as unknown as Buffer;
      this.family.active();
      options.onData(chunk);
      splitter.push(chunk);
    });
    this.exited = new Promise((resolve) => {
      this.pty.onExit(({ exitCode, signal }) => {
        closeSync(held);
        splitter.end();
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

  write(text: string): boolean {
    this.pty.write(text);
    return true;
  }

  pause(): void {
    this.pty.pause();
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
    this.resume();
    await this.family.end();
    await this.exited;
  }
}
