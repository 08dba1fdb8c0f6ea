/** The log files of the parts: appended to, moved to `.1` when they are large, so that they never fill a disk. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../proto/index.js';

/** Bytes of one log file; with its predecessor a part has at most twice this, and what it writes in one check interval. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** Milliseconds between two looks at the sizes. */
export const LOG_CHECK_MS = 60_000;
const TAIL_BYTES = 8_192;
const MAX_WORDS = 300;

export const logFile = (home: Home, part: string): string => join(home.logs, `${part}.log`);

/** A file descriptor to append to. */
export function openLog(home: Home, part: string): number {
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  rotate(logFile(home, part));
  return openSync(logFile(home, part), 'a', 0o600);
}

/** Copies and empties a large file: who appends to it goes on appending. */
export function rotate(file: string, maxBytes: number = MAX_LOG_BYTES): void {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** The last thing that a log says, on one line; undefined for an empty one. JSON lines give their message. */
export function lastWords(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const { size } = statSync(file);
  const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const fd = openSync(file, 'r');
  readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  closeSync(fd);
  const lines = buffer.toString('utf8').trim().split('\n');
  // A stack trace and Node's own footer come after the sentence that matters.
  const words = lines.findLast((line) => /^praxis:|\berror\b|Error:|"msg"/i.test(line)) ?? lines.at(-1);
  return words ? messageOf(words).slice(0, MAX_WORDS) : undefined;
}

function messageOf(line: string): string {
  if (!line.startsWith('{')) return line.trim();
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    return [msg, err?.message].filter((word) => typeof word === 'string').join(': ');
  } catch {
    return line;
  }
}
