/**
 * The directory of one process of the suite, and the processes that have to do with it. A suite that is killed leaves both behind; the next
 * one ends what it finds, by the directory's name, which holds the process id of the suite.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../support/processes.js';

const PREFIX = 'pxf-';

/** In memory where there is room: what is tested is the death of processes, not of the machine. */
const place = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

/** Makes the directory. Postgres, which runs as another user where this is root, can get through. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(place(), `${PREFIX}${process.pid}-`));
  chmodSync(directory, 0o711);
  return directory;
}

/** Ends with -9 every process that names the path in its environment or command line, and removes it. Gives how many there were. */
export function sweep(path: string): number {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['environ', 'cmdline'].some((file) => read(`/proc/${pid}/${file}`).includes(path)))
    .map(Number);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  return pids.length;
}

/** Ends what suites left that do not run any more. Gives their directories. */
export function sweepOthers(): string[] {
  const left = readdirSync(place())
    .map((name) => ({ name, pid: Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]) }))
    .filter(({ pid }) => pid > 0 && !isRunning(pid))
    .map(({ name }) => join(place(), name));
  for (const path of left) sweep(path);
  return left;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended, or it is not ours.
  }
}
