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
  readonly #looking = new Set<(at: number) => void>();
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
      const at = performance.now();
      this.#screen.write(data, () => {
        for (const look of this.#looking) look(at);
      });
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

  /** Whether the first of `words` on the screen is written bold. */
  isBold(words: string): boolean {
    const { active } = this.#screen.buffer;
    for (let y = 0; y < this.#screen.rows; y++) {
      const line = active.getLine(active.baseY + y);
      const column = line?.translateToString().indexOf(words) ?? -1;
      if (column >= 0) return line!.getCell(column)!.isBold() !== 0;
    }
    return false;
  }

  /** Whether the alternate screen is shown, as full-screen programs do. */
  get alternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  /** The program is in the middle of a frame (DEC private mode 2026), of which a person sees nothing yet. */
  get drawing(): boolean {
    return this.#screen.modes.synchronizedOutputMode;
  }

  get cursor(): { row: number; column: number } {
    const { active } = this.#screen.buffer;
    return { row: active.cursorY, column: active.cursorX };
  }

  async waitFor(what: string | RegExp | ((text: string) => boolean), timeoutMs = 15_000): Promise<void> {
    const holds = (): boolean => {
      if (this.drawing) return false;
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

  /** When (performance.now()) the bytes came that made `holds` true; it is not asked about the screen as it is already. */
  seen(holds: (text: string) => boolean, timeoutMs = 30_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#looking.delete(look);
      };
      const look = (at: number): void => {
        if (this.drawing || !holds(this.text())) return;
        stop();
        resolve(at);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`Waited in vain on this screen:\n${this.text()}`));
      }, timeoutMs);
      this.#looking.add(look);
    });
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

const PLAIN: Record<string, string> = {
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  'shift+tab': '\x1b[Z',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  'shift+up': '\x1b[1;2A',
  'shift+down': '\x1b[1;2B',
  'alt+up': '\x1b[1;3A',
  'alt+down': '\x1b[1;3B',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
  delete: '\x1b[3~',
  f1: '\x1bOP',
  'shift+enter': '\x1b[13;2u',
  'alt+enter': '\x1b\r',
  // As a control character it is the backspace of older terminals.
  'ctrl+h': '\x1b[104;5u',
};

/** What a terminal sends for a key by the name that the key map has for it. */
export function bytesOf(key: string): string {
  const plain = PLAIN[key];
  if (plain !== undefined) return plain;
  if ([...key].length === 1) return key;
  const [, alt, letter] = /^ctrl\+(alt\+)?([a-z])$/.exec(key) ?? [];
  if (letter !== undefined) return (alt ? '\x1b' : '') + KEY.ctrl(letter);
  const [, meta] = /^alt\+(.)$/.exec(key) ?? [];
  if (meta !== undefined) return `\x1b${meta}`;
  throw new Error(`no bytes are known for the key ${key}`);
}
