/**
 * One service and one node per home: two services would write one journal, a second node would end the agents of the first. The
 * lock is a file that names the process that holds it; the one of a process that is no more is taken over.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { claimFile, readText } from './claim.js';
import { ConfigError, type Home } from './home.js';
import { ProcessRef, refOf, runs } from './processes.js';

type Locked = 'service' | 'node';

const fileOf = (home: Home, part: Locked): string => join(home.run, `${part}.lock`);

/** Takes the lock of a part; returns the way to give it back. Throws ConfigError when another process has it. */
export function lockHome(home: Home, part: Locked): () => void {
  const file = fileOf(home, part);
  const mine = JSON.stringify(refOf(process.pid));
  if (claimFile(file, mine, (text) => holderIn(text) !== undefined))
    return () => rmSync(file, { force: true });
  const holder = lockHolder(home, part) ?? 'unknown';
  throw new ConfigError(home.root, `a ${part} runs on this home already (process ${holder}); stop it first`);
}

/** The process that runs this part on the home; undefined when there is none. */
export function lockHolder(home: Home, part: Locked): number | undefined {
  const text = readText(fileOf(home, part));
  return text === undefined ? undefined : holderIn(text);
}

function holderIn(text: string): number | undefined {
  try {
    const holder = ProcessRef.parse(JSON.parse(text));
    return runs(holder) ? holder.pid : undefined;
  } catch {
    // What a crash of the machine cut off names nobody.
    return undefined;
  }
}
