/** Processes by pid and start time, so that a pid that was given to another program is never taken for ours. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const ProcessRef = z.object({ pid: z.number().int().min(2), start: z.string() });
export type ProcessRef = z.infer<typeof ProcessRef>;

/** When a process began, in a form that only compares; undefined when it does not run (a zombie does not). */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // proc(5): the command in parentheses may hold anything; state is field 3, the start time field 22.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    }
    const start = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return start === '' ? undefined : start;
  } catch {
    // No such process: reading its entry, or ps, fails.
    return undefined;
  }
}

export const refOf = (pid: number): ProcessRef => ({ pid, start: startOf(pid) ?? '' });

export const runs = (ref: ProcessRef): boolean => startOf(ref.pid) === ref.start;
