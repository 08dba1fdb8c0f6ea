/**
 * `$PRAXIS_HOME/run/up.json`: who supervises and what it runs. The file is made exclusively, so of two supervisors that
 * start at once one wins; a file whose supervisor is gone is stale and gives way. Until a supervisor has come so far it is named in
 * `$PRAXIS_HOME/run/starting/`, so that it can be ended before it has started anything.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  claimFile,
  type Home,
  makeDirectory,
  ProcessRef,
  readText,
  refOf,
  replaceFile,
  runs,
} from '../../proto/index.js';

export const PartName = z.enum(['service', 'node']);
export type PartName = z.infer<typeof PartName>;

export const PartStatus = z.object({
  state: z.enum(['running', 'waiting', 'failed', 'stopped']),
  process: ProcessRef.optional(),
  /** Milliseconds since 1970 of the last start. */
  since: z.number(),
  /** Starts again since the supervisor began. */
  restarts: z.number().int(),
  /** Bytes of its log that earlier runs wrote. */
  logFrom: z.number().int().optional(),
  /** How it ended last, in a sentence. */
  lastEnd: z.string().optional(),
});
export type PartStatus = z.infer<typeof PartStatus>;

export const UpState = z.object({
  supervisor: ProcessRef,
  version: z.string(),
  since: z.number(),
  parts: z.partialRecord(PartName, PartStatus),
});
export type UpState = z.infer<typeof UpState>;

export const stateFile = (home: Home): string => join(home.run, 'up.json');

/** The state as it was written last; undefined where there is none that can be read. */
export function readState(home: Home): UpState | undefined {
  const text = readText(stateFile(home));
  return text === undefined ? undefined : parsed(UpState, text);
}

/** The state of a supervisor that runs. */
export function liveState(home: Home): UpState | undefined {
  const state = readState(home);
  return state && runs(state.supervisor) ? state : undefined;
}

/**
 * Makes the file ours. Undefined when another supervisor runs; else what a dead one left, or null. The caller ends the
 * processes that it names.
 */
export function claimState(home: Home, state: UpState): { left: UpState | null } | undefined {
  const isHeld = (text: string) => {
    const other = parsed(UpState, text);
    return other !== undefined && runs(other.supervisor);
  };
  const claimed = claimFile(stateFile(home), textOf(state), isHeld);
  return claimed && { left: parsed(UpState, claimed.left ?? '') ?? null };
}

export const writeState = (home: Home, state: UpState): void => replaceFile(stateFile(home), textOf(state));

export function removeState(home: Home): void {
  rmSync(stateFile(home), { force: true });
}

const startingFile = (home: Home, pid: number): string => join(home.run, 'starting', `${pid}.json`);

/** Names a supervisor that was spawned a moment ago. */
export function noteStarting(home: Home, pid: number): void {
  makeDirectory(join(home.run, 'starting'));
  replaceFile(startingFile(home, pid), JSON.stringify(refOf(pid)));
}

/** It has claimed the home, or left it to another, or ended. */
export const forgetStarting = (home: Home, pid: number): void =>
  rmSync(startingFile(home, pid), { force: true });

/** The supervisors that were spawned and have not claimed the home yet, as far as their files tell; some may have ended. */
export function startingSupervisors(home: Home): ProcessRef[] {
  let names: string[];
  try {
    names = readdirSync(join(home.run, 'starting'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => {
    const text = name.endsWith('.json') ? readText(join(home.run, 'starting', name)) : undefined;
    return (text !== undefined && parsed(ProcessRef, text)) || [];
  });
}

const textOf = (state: UpState): string => `${JSON.stringify(state, null, 2)}\n`;

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    // A file that was cut off by a crash of the machine names nobody.
    return undefined;
  }
}
