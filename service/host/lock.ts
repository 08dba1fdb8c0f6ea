/**
 * One service per home: two would write one journal. The lock is a file that names the process that holds it; the one of a
 * process that is no more is taken over. The time at which the process started tells it from a later one of the same pid.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ConfigError, type Home } from '../../proto/index.js';

const Holder = z.object({ pid: z.number().int(), started: z.string().nullable() });

/** Takes the lock of a home; returns the way to give it back. Throws ConfigError when another service has it. */
export function lockHome(home: Home): () => void {
  const file = join(home.run, 'service.lock');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = holderOf(file);
    if (pid !== undefined)
      throw new ConfigError(home.root, `a service runs on this home already (process ${pid}); stop it first`);
    rmSync(file, { force: true });
  }
}

/** The process that holds the lock and is still the same; undefined when there is none. */
function holderOf(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const holder = Holder.safeParse(parse(text));
  if (!holder.success || !isAlive(holder.data.pid)) return undefined;
  const { pid, started } = holder.data;
  return started === startOf(pid) ? pid : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)): clock ticks from boot to the start; null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
