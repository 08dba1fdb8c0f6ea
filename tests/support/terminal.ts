/** A program in a real terminal (node-pty) whose screen is read as text (@xterm/headless). */

import xterm from '@xterm/headless';
import { spawn } from 'node-pty';
import { waitUntil } from './wait.js';

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  cwd?: string;
  env?: Record<string, string>;
}

function withoutNoColor(): Record<string, string> {
  const { NO_COLOR: _, ...rest } = process.env;
  return rest as Record<string, string>;
}

export class TestTerminal {
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #pty: ReturnType<typeof spawn>;
  /** Everything that the program wrote, escapes included. */
  raw = '';
  title = '';
  exit: { code: number; signal?: number } | null = null;

  constructor(
    command: string,
    args: string[],
    { columns = 80, rows = 24, cwd, env = {} }: TerminalOptions = {},
  ) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#screen.onTitleChange((title) => {
      this.title = title;
    });
    this.#pty = spawn(command, args, {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: cwd ?? process.cwd(),
      env: { ...withoutNoColor(), ...env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data);
    });
    this.#pty.onExit(({ exitCode, signal }) => {
      this.exit = signal ? { code: exitCode, signal } : { code: exitCode };
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The screen as it is now, a line each, without trailing spaces. */
  text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: this.#screen.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
    return lines.join('\n').trimEnd();
  }

  /** Whether the alternate screen is shown, as full-screen programs do. */
  get alternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  get cursor(): { row: number; column: number } {
    const { active } = this.#screen.buffer;
    return { row: active.cursorY, column: active.cursorX };
  }

  async waitFor(what: string | RegExp | ((text: string) => boolean), timeoutMs = 15_000): Promise<void> {
    const holds = (): boolean => {
      const text = this.text();
      if (typeof what === 'string') return text.includes(what);
      return typeof what === 'function' ? what(text) : what.test(text);
    };
    try {
      await waitUntil(holds, timeoutMs);
    } catch {
      throw new Error(`Waited in vain for ${what} on this screen:\n${this.text()}`);
    }
  }

  async waitForExit(timeoutMs = 10_000): Promise<number> {
    await waitUntil(() => this.exit !== null, timeoutMs);
    return this.exit!.code;
  }

  /** Calls `listener` with what the program writes, as it comes; the result ends it. */
  onOutput(listener: (data: string) => void): () => void {
    const { dispose } = this.#pty.onData(listener);
    return dispose;
  }

  /** Keys and text, as a keyboard sends them. */
  type(text: string): void {
    this.#pty.write(text);
  }

  paste(text: string): void {
    this.#pty.write(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal = 'SIGKILL'): void {
    if (this.exit === null) this.#pty.kill(signal);
  }
}

export const KEY = {
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  up: '\x1b[A',
  down: '\x1b[B',
  pageUp: '\x1b[5~',
  pageDown: '\x1b[6~',
  shiftEnter: '\x1b[13;2u',
  altEnter: '\x1b\r',
  ctrl: (letter: string): string => String.fromCharCode(letter.toUpperCase().charCodeAt(0) - 64),
  wheelUp: (column: number, row: number): string => `\x1b[<64;${column};${row}M`,
} as const;
