/**
 * One service and one node per home: two services would write one journal, a second node would end the agents of the first. The
 * lock is a file that names the process that holds it; the one of a process that is no more is taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Home } from './config.js';
import { ProcessRef, refOf, runs } from './processes.js';

/** Takes the lock of a part; returns the way to give it back. Throws ConfigError when another process has it. */
export function lockHome(home: Home, part: 'service' | 'node'): () => void {
  const file = join(home.run, `${part}.lock`);
  mkdirSync(home.run, { recursive: true, mode: 0o700 });
  const mine = JSON.stringify(refOf(process.pid));
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = holderOf(file);
    if (pid !== undefined)
      throw new ConfigError(home.root, `a ${part} runs on this home already (process ${pid}); stop it first`);
    rmSync(file, { force: true });
  }
}

/** The process that holds the lock and is still the same; undefined when there is none. */
function holderOf(file: string): number | undefined {
  try {
    const holder = ProcessRef.parse(JSON.parse(readFileSync(file, 'utf8')));
    return runs(holder) ? holder.pid : undefined;
  } catch {
    // Gone meanwhile, or cut off while it was written by a process that died.
    return undefined;
  }
}
