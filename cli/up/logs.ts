/** The log files of the parts: appended to, moved to `.1` when they are large, so that they never fill a disk. */
import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, makeDirectory, tellingLine } from '../../proto/index.js';

/** Bytes of one log file; with its predecessor a part has at most twice this, and what it writes in one check interval. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** Milliseconds between two looks at the sizes. */
export const LOG_CHECK_MS = 60_000;
const TAIL_BYTES = 8_192;
const MAX_WORDS = 300;

export const logFile = (home: Home, part: string): string => join(home.logs, `${part}.log`);

/** A file descriptor to append to. */
export function openLog(home: Home, part: string): number {
  makeDirectory(home.logs);
  rotate(logFile(home, part));
  return openSync(logFile(home, part), 'a', 0o600);
}

/** Copies and empties a large file: who appends to it goes on appending. */
export function rotate(file: string, maxBytes: number = MAX_LOG_BYTES): void {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** Bytes that the log has now; what is written from here on is of the next run. */
export const logSize = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** The last trouble that a log tells after its first `from` bytes, on one line; undefined where it tells none. */
export function lastWords(file: string, from = 0): string | undefined {
  const size = logSize(file);
  // A log that was emptied meanwhile has less than it had.
  const begin = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
  const buffer = Buffer.alloc(size - begin);
  if (buffer.length === 0) return undefined;
  const fd = openSync(file, 'r');
  readSync(fd, buffer, 0, buffer.length, begin);
  closeSync(fd);
  const words = buffer.toString('utf8').split('\n').map(wordsOf).join('\n');
  return tellingLine(words)?.slice(0, MAX_WORDS);
}

/** pino's number for a warning (https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object). */
const WARN = 40;

/** What a line says of a trouble; nothing for a line that only tells how things go. */
function wordsOf(line: string): string {
  if (!line.startsWith('{')) return line.trim();
  try {
    const { level, msg, err, reason, error } = JSON.parse(line) as Record<string, unknown>;
    if (typeof level === 'number' && level < WARN) return '';
    const why = (err as { message?: unknown } | undefined)?.message ?? reason ?? error;
    return [msg, why].filter((word) => typeof word === 'string').join(': ');
  } catch {
    return line;
  }
}
