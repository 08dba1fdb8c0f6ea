/**
 * A program and everything that it started. Promise: end() leaves nobody of them running, also those who left its process group
 * (setsid, as daemons do). They are known by the group, by a mark in the environment that they were started with, and as
 * children of those who are known. Somebody who does all three at once, leaves the group, clears the environment and loses
 * the parent, is known only if look() saw the parent before: it looks while the program talks, and before it is ended.
 */
import { KILL_GRACE_MS } from '../proto/index.js';
import type { Clock } from './clock.js';
import { descendantsOf, lives, type Processes, type Stat, statOf } from './proc.js';

/** The environment variable that marks every process of a family. Its value is random and no secret. */
export const FAMILY_MARK = 'AGENT_GROUP';

/** Milliseconds between two looks for who left the group, and from a word of the program to the look at what it led to. */
const LOOK_MS = 1_000;
const AFTER_WORD_MS = 100;

/** Milliseconds between two looks at whether those who got a signal have ended. */
const POLL_MS = 10;

/** Who is still there after the last of these cannot be ended by the kernel (state D): left to the next start of the node. */
const SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGKILL'] as const;

/** Sends a signal to a whole group; false when nobody is left in it. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  return sent(() => process.kill(-pgid, signal));
}

/** Sends a signal to one process; false when it has ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  return sent(() => process.kill(pid, signal));
}

function sent(kill: () => void): boolean {
  try {
    kill();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export interface FamilyOptions {
  clock: Clock;
  /** A look at all processes, made after it was asked for. */
  look(): Promise<Processes>;
  /** Whether this group is that of another family. */
  isOther(pgid: number): boolean;
  /** Nobody is left. */
  onGone(): void;
}

export class Family {
  private readonly startTime: number | undefined;
  /** Those who were seen, by their pids: one that is in the group now may leave it at any moment. */
  private readonly seen = new Map<number, Stat>();
  private lastLook = 0;
  private callOffLook: (() => void) | undefined;
  private gone = false;

  /** `leader` leads a process group of its own; `mark` is the value of FAMILY_MARK in its environment. */
  constructor(
    readonly leader: number,
    private readonly mark: string,
    private readonly options: FamilyOptions,
  ) {
    this.startTime = statOf(leader)?.startTime;
  }

  /** To the leader's group: a program hands it on to those who left as it sees fit. */
  signal(signal: NodeJS.Signals): void {
    if (!this.gone) signalGroup(this.leader, signal);
  }

  /** The program said something, so it may have started something. */
  active(): void {
    if (this.callOffLook || this.gone) return;
    const { clock } = this.options;
    const due = Math.max(AFTER_WORD_MS, this.lastLook + LOOK_MS - clock.now());
    this.callOffLook = clock.after(due, () => {
      this.callOffLook = undefined;
      this.look();
    });
  }

  /** Notes who there is, as long as it can be seen whose children they are. */
  look(): void {
    this.lastLook = this.options.clock.now();
    for (const stat of this.seen.values()) if (!lives(stat)) this.seen.delete(stat.pid);
    const roots = [...this.seen.keys()];
    if (statOf(this.leader)?.startTime === this.startTime) roots.push(this.leader);
    for (const stat of roots.flatMap(descendantsOf)) this.note(stat);
  }

  /** SIGTERM to all, and SIGKILL to who is still there after the grace. */
  async end(): Promise<void> {
    if (this.gone) return;
    this.look();
    for (const signal of SIGNALS) {
      const left = await this.members();
      if (left.length === 0) break;
      this.signal(signal);
      // A stopped process only takes SIGTERM when it goes on.
      this.signal('SIGCONT');
      for (const stat of left) if (this.hasLeft(stat)) signalProcess(stat.pid, signal);
      await this.goneWithin(KILL_GRACE_MS, left);
    }
    if ((await this.members()).length > 0 || this.gone) return;
    this.gone = true;
    this.callOffLook?.();
    this.options.onGone();
  }

  /** Who lives, by a look at everybody. */
  private async members(): Promise<Stat[]> {
    const processes = await this.options.look();
    // Without /proc the group is all that is known.
    if (processes.all.length === 0)
      return signalGroup(this.leader, 0)
        ? [{ pid: this.leader, state: '', ppid: 0, pgid: this.leader, startTime: 0 }]
        : [];
    const members = processes.withDescendants(processes.all.filter((stat) => this.isMember(stat, processes)));
    for (const stat of members) this.note(stat);
    return members;
  }

  private isMember(stat: Stat, processes: Processes): boolean {
    const { pid, pgid, startTime } = stat;
    if (pgid === this.leader || this.seen.get(pid)?.startTime === startTime) return true;
    if (this.options.isOther(pgid) || startTime < (this.startTime ?? 0)) return false;
    return processes.has(pid, `${FAMILY_MARK}=${this.mark}`);
  }

  private note(stat: Stat): void {
    this.seen.set(stat.pid, stat);
  }

  /** This very process is in another group now. */
  private hasLeft({ pid, startTime }: Stat): boolean {
    const now = statOf(pid);
    return now?.startTime === startTime && now.pgid !== this.leader;
  }

  private async goneWithin(ms: number, left: readonly Stat[]): Promise<void> {
    const alive = () => left.some((stat) => (stat.state === '' ? signalGroup(stat.pgid, 0) : lives(stat)));
    const { clock } = this.options;
    for (const limit = clock.now() + ms; alive() && clock.now() < limit; )
      await new Promise<void>((resolve) => {
        clock.after(POLL_MS, resolve);
      });
  }
}
