/** What a command sees of its process, so that a test can give it another one. */
import type { Readable, Writable } from 'node:stream';

export interface Io {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** Calls back on Ctrl+C, and once when whoever reads stdout has left, until the returned function is called. */
  onInterrupt(listener: (cause: 'signal' | 'reader left') => void): () => void;
  /** Leaves at once. */
  exit(code: number): never;
}

export const processIo = (): Io => ({
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onInterrupt(listener) {
    const interrupted = () => listener('signal');
    const left = () => listener('reader left');
    process.on('SIGINT', interrupted);
    process.stdout.once('error', left);
    return () => {
      process.off('SIGINT', interrupted);
      process.stdout.off('error', left);
    };
  },
  exit: (code) => process.exit(code),
});

export const say = (io: Io, line: string): void => void io.stdout.write(`${line}\n`);
export const note = (io: Io, line: string): void => void io.stderr.write(`${line}\n`);
export const json = (io: Io, value: unknown): void => jsonText(io, JSON.stringify(value));

/** DEL, 8-bit control characters and what reorders text: JSON may hold them as they are, and a terminal obeys them. */
const OBEYED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A line that is JSON: byte for byte for a program, with escapes of the same meaning for a terminal. */
export function jsonText(io: Io, line: string): void {
  const escaped = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  say(io, io.stdout.isTTY ? line.replace(OBEYED, escaped) : line);
}

const slow = new WeakMap<Writable, Promise<void>>();

/** Resolves when a slow reader of stdout has caught up, or left; undefined while there is nothing to wait for. */
export function slowReader({ stdout }: Io): Promise<void> | undefined {
  if (!stdout.writableNeedDrain) return undefined;
  const known = slow.get(stdout);
  if (known) return known;
  const caughtUp = new Promise<void>((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close'] as const) stdout.off(event, done);
      slow.delete(stdout);
      resolve();
    };
    for (const event of ['drain', 'close'] as const) stdout.on(event, done);
  });
  slow.set(stdout, caughtUp);
  return caughtUp;
}

/** Resolves when everything that was written has left this process. */
export const written = async (io: Io): Promise<void> => {
  for (const stream of [io.stdout, io.stderr])
    await new Promise<void>((resolve) => void stream.write('', () => resolve()));
};

/** Somebody sits at a terminal and can be asked. */
export const canAsk = (io: Io): boolean => io.stdin.isTTY === true && io.stderr.isTTY === true;

type Style = 'dim' | 'bold' | 'red';
const SGR: Record<Style, string> = { dim: '2', bold: '1', red: '31' };

/** Coloured where the stream is a terminal and NO_COLOR (https://no-color.org) is not set. */
export function styled(io: Io, stream: 'stdout' | 'stderr', style: Style, text: string): string {
  const plain = !io[stream].isTTY || Boolean(io.env.NO_COLOR) || io.env.TERM === 'dumb';
  return plain ? text : `\x1b[${SGR[style]}m${text}\x1b[0m`;
}

/** Everything from stdin as text. Rejects with RangeError above `maxBytes`. */
export async function readAll(io: Io, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > maxBytes) throw new RangeError(`The input is larger than ${maxBytes} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
