/**
 * A file that says whose something is. It is there as a whole or not at all, and made by one of several that want it at once; one
 * whose holder is no more gives way.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from './home.js';

/** Makes the file with `text`. Undefined when a holder that lives has it; else what a dead one left in it, if there was any. */
export function claimFile(
  file: string,
  text: string,
  isHeld: (text: string) => boolean,
): { left: string | undefined } | undefined {
  makeDirectory(dirname(file));
  let left: string | undefined;
  for (;;) {
    const draft = writeDraft(file, text);
    try {
      linkSync(draft, file);
      return { left };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const other = readText(file);
    if (other !== undefined && isHeld(other)) return undefined;
    left = takeAway(file, isHeld) ?? left;
  }
}

/** The file has `text` from now on. */
export const replaceFile = (file: string, text: string): void => renameSync(writeDraft(file, text), file);

/** What is in the file; undefined where there is none. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDraft(file: string, text: string): string {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  return draft;
}

/** Moves a stale file away; puts it back when it has become somebody's meanwhile. */
function takeAway(file: string, isHeld: (text: string) => boolean): string | undefined {
  const away = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const text = readText(away);
  if (text !== undefined && isHeld(text)) linkSync(away, file);
  rmSync(away, { force: true });
  return text;
}
