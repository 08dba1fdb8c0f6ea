/** What is left of a crash: a log for whoever repairs it, and a line for the person that says where it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, VERSION } from '../proto/index.js';

/** Writes the log of `error` below `home`; the text to print. The log holds the stack alone, no text of any session. */
export function crashed(error: unknown, home: string): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const folder = join(home, 'logs');
  const file = join(folder, `tui-crash-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.log`);
  const head = 'The screen crashed; the system and its sessions go on.';
  try {
    makeDirectory(folder);
    writeFileSync(file, `praxis ${VERSION}, node ${process.version}\n${stack}\n`, { mode: 0o600 });
    return `${head} What happened is in ${file}\n`;
  } catch {
    return `${head} No log could be written to ${folder}:\n${stack}\n`;
  }
}
