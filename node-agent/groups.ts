/**
 * The process groups of agents, written down while they live: $PRAXIS_HOME/run/agents/<pgid>.json. A node that starts
 * after a kill -9 ends what its predecessor left, and nothing else: a process is only killed when it is the recorded
 * leader (same pid and start time) or carries the group's mark in its environment, so a reused pid is safe.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The environment variable that marks every process of a group. Its value is random and no secret. */
export const GROUP_MARK = 'AGENT_GROUP';

const Entry = z.object({
  pgid: z.number().int().min(2),
  startTime: z.string().nullable(),
  mark: z.string().min(8),
});

interface Stat {
  pid: number;
  state: string;
  pgid: number;
  /** Clock ticks after the boot of the machine, as /proc tells it. */
  startTime: string;
}

/** proc(5): the name in parentheses may hold spaces and parentheses, so fields count from the last one. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0]!, pgid: Number(fields[2]), startTime: fields[19]! };
  } catch {
    return undefined;
  }
}

function membersOf(pgid: number): Stat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat): stat is Stat => stat !== undefined && stat.pgid === pgid);
}

/** Sends a signal to a whole group; false when nobody is left in it. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether a group has a living process. One that has ended and waits for its parent to notice does not count. */
export function groupAlive(pgid: number): boolean {
  if (!signalGroup(pgid, 0)) return false;
  const members = membersOf(pgid);
  return members.length === 0 || members.some((member) => member.state !== 'Z');
}

export class Groups {
  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Writes a group down. `mark` is the value of GROUP_MARK in its environment. */
  record(pgid: number, mark: string): void {
    const startTime = statOf(pgid)?.startTime ?? null;
    writeFileSync(this.file(pgid), JSON.stringify({ pgid, startTime, mark }), { mode: 0o600 });
  }

  /** The group has ended. */
  forget(pgid: number): void {
    rmSync(this.file(pgid), { force: true });
  }

  /** Ends what an earlier node left running. Returns the groups that had living processes. */
  reap(): number[] {
    const reaped: number[] = [];
    for (const name of readdirSync(this.directory)) {
      const file = join(this.directory, name);
      const entry = readEntry(file);
      if (entry && killLeftovers(entry)) reaped.push(entry.pgid);
      rmSync(file, { force: true });
    }
    return reaped;
  }

  private file(pgid: number): string {
    return join(this.directory, `${pgid}.json`);
  }
}

function readEntry(file: string): z.infer<typeof Entry> | undefined {
  try {
    return Entry.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // A file cut short by the crash: without its mark nothing may be killed.
    return undefined;
  }
}

function killLeftovers({ pgid, startTime, mark }: z.infer<typeof Entry>): boolean {
  if (startTime !== null && statOf(pgid)?.startTime === startTime) return signalGroup(pgid, 'SIGKILL');
  let found = false;
  for (const { pid } of membersOf(pgid)) {
    if (hasMark(pid, mark) && signalled(pid)) found = true;
  }
  return found;
}

/** False when the process has ended since it was looked at. */
function signalled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${GROUP_MARK}=${mark}`);
  } catch {
    return false;
  }
}
