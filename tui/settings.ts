/**
 * What a person may choose about the screen, kept in $PRAXIS_HOME/tui.json. A file that cannot be used is said so and left as it is;
 * the defaults are in force then.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeDirectory } from '../proto/index.js';

/** A key, several, or `none`. */
const Keys = z.union([z.string().min(1).max(40), z.array(z.string().min(1).max(40)).max(8)]);

export const Settings = z.strictObject({
  /** auto: the terminal's own 16 colours, or none where NO_COLOR or the terminal says so. */
  theme: z.enum(['auto', 'dark', 'light', '16', 'none']).default('auto'),
  /** For screen readers: words instead of drawings, one thing at a time, nothing that ticks. */
  plain: z.boolean().default(false),
  mouse: z.boolean().default(true),
  /** BEL when a session that is not looked at waits or ends. */
  bell: z.boolean().default(true),
  /** The same as a notification of the desktop: OSC 9 or OSC 777, by terminal. */
  notify: z.enum(['auto', 'osc9', 'osc777', 'off']).default('auto'),
  /** auto: side by side where there is room. */
  diff: z.enum(['auto', 'unified', 'side']).default('auto'),
  /** `command` or `context.command` to the keys that give it instead. */
  keys: z.record(z.string(), Keys).default({}),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULTS: Settings = Settings.parse({});

const fileIn = (home: string): string => join(home, 'tui.json');

/** The settings below `home`, and what is wrong with their file as a sentence. */
export function readSettings(home: string): { settings: Settings; problem: string | null } {
  const file = fileIn(home);
  const bad = (why: string) => ({
    settings: DEFAULTS,
    problem: `${file} cannot be used, so the defaults are: ${why}`,
  });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { settings: DEFAULTS, problem: null } : bad(message);
  }
  try {
    const read = Settings.safeParse(JSON.parse(text));
    if (read.success) return { settings: read.data, problem: null };
    const issue = read.error.issues[0];
    return bad(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`);
  } catch (error) {
    return bad((error as Error).message);
  }
}

/** Writes the settings, whole or not at all. A file that could not be read is kept beside them as tui.json.bad. */
export function writeSettings(home: string, settings: Settings): void {
  makeDirectory(home);
  const file = fileIn(home);
  if (readSettings(home).problem !== null) renameSync(file, `${file}.bad`);
  writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
