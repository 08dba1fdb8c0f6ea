/**
 * The families of agents' processes, written down while they live: $PRAXIS_HOME/run/agents/<pid of the leader>.json. A node that
 * starts after a kill -9 ends what its predecessor left, and nothing else: a process is only killed when it is the recorded
 * leader (same pid and start time), carries the mark in its environment, or descends from one of these, so a reused
 * pid is safe.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeDirectory } from '../proto/index.js';
import { type Clock, systemClock } from './clock.js';
import { FAMILY_MARK, Family, signalProcess } from './family.js';
import { Processes, statOf } from './proc.js';

/** Milliseconds that a look at all processes waits for others who want one too, when many agents end at once. */
const GATHER_MS = 5;

const Entry = z.object({
  pgid: z.number().int().min(2),
  startTime: z.number().nullable(),
  mark: z.string().min(8),
});

export class Groups {
  private readonly live = new Set<number>();
  private looking: Promise<Processes> | undefined;

  constructor(
    private readonly directory: string,
    private readonly clock: Clock = systemClock,
  ) {
    makeDirectory(directory);
  }

  /** Writes down a program that leads a group of its own. `mark` is the value of FAMILY_MARK in its environment. */
  record(leader: number, mark: string): Family {
    const startTime = statOf(leader)?.startTime ?? null;
    writeFileSync(this.file(leader), JSON.stringify({ pgid: leader, startTime, mark }), { mode: 0o600 });
    this.live.add(leader);
    return new Family(leader, mark, {
      clock: this.clock,
      look: () => this.look(),
      isOther: (pgid) => this.live.has(pgid),
      onGone: () => {
        this.live.delete(leader);
        rmSync(this.file(leader), { force: true });
      },
    });
  }

  /** Ends what an earlier node left running. Returns the leaders of families that had living processes. */
  reap(): number[] {
    const reaped: number[] = [];
    const processes = new Processes();
    for (const name of readdirSync(this.directory)) {
      const file = join(this.directory, name);
      const entry = readEntry(file);
      if (entry && killLeftovers(entry, processes)) reaped.push(entry.pgid);
      rmSync(file, { force: true });
    }
    return reaped;
  }

  private look(): Promise<Processes> {
    this.looking ??= new Promise((resolve) => {
      this.clock.after(GATHER_MS, () => {
        this.looking = undefined;
        resolve(new Processes());
      });
    });
    return this.looking;
  }

  private file(leader: number): string {
    return join(this.directory, `${leader}.json`);
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

function killLeftovers({ pgid, startTime, mark }: z.infer<typeof Entry>, processes: Processes): boolean {
  const isLeaderThere = startTime !== null && statOf(pgid)?.startTime === startTime;
  const known = processes.all.filter(
    (stat) => (isLeaderThere && stat.pgid === pgid) || processes.has(stat.pid, `${FAMILY_MARK}=${mark}`),
  );
  const killed = processes.withDescendants(known).filter(({ pid }) => signalProcess(pid, 'SIGKILL'));
  return killed.length > 0;
}
