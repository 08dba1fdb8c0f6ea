/**
 * The processes of this machine as /proc tells them (proc(5)). Where there is no /proc nobody is seen, and only process groups
 * are known.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Stat {
  pid: number;
  /** `Z` has ended and waits for its parent to notice. */
  state: string;
  ppid: number;
  pgid: number;
  /** Clock ticks after the boot of the machine. A pid and its start time mean one process for ever. */
  startTime: number;
}

/** Undefined when there is none. The name in parentheses may hold spaces and parentheses, so fields count from the last one. */
export function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgid] = fields;
  return { pid, state: state!, ppid: Number(ppid), pgid: Number(pgid), startTime: Number(fields[19]) };
}

/** Whether this very process lives. */
export function lives({ pid, startTime }: Pick<Stat, 'pid' | 'startTime'>): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z';
}

/** The children of a process and theirs, as they are now. Costs a few files for each, however many others there are. */
export function descendantsOf(pid: number): Stat[] {
  const children = names(`/proc/${pid}/task`)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((child) => child !== '')
    .map((child) => statOf(Number(child)))
    // One that has ended meanwhile may have given its pid to another.
    .filter((stat): stat is Stat => stat?.ppid === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid)]);
}

/** One look at everybody. */
export class Processes {
  readonly all: readonly Stat[] = names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat): stat is Stat => stat !== undefined && stat.state !== 'Z');
  private readonly environments = new Map<number, string[]>();

  /** Whether the process was started with this variable, `NAME=value`; false for one of somebody else. */
  has(pid: number, variable: string): boolean {
    let environment = this.environments.get(pid);
    if (!environment) {
      environment = read(`/proc/${pid}/environ`).split('\0');
      this.environments.set(pid, environment);
    }
    return environment.includes(variable);
  }

  /** These, their children, and theirs. */
  withDescendants(roots: readonly Stat[]): Stat[] {
    const children = new Map<number, Stat[]>();
    for (const stat of this.all) {
      const siblings = children.get(stat.ppid);
      if (siblings) siblings.push(stat);
      else children.set(stat.ppid, [stat]);
    }
    const found = new Map(roots.map((stat) => [stat.pid, stat]));
    // What is added to a map while it is walked is walked too.
    for (const [pid] of found)
      for (const child of children.get(pid) ?? []) if (!found.has(child.pid)) found.set(child.pid, child);
    return [...found.values()];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // It has ended, or is none of ours.
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
