/**
 * The time for which this service is the active one. It holds the lease, renews it every BEAT_MS, and pauses by itself when it
 * could not for so long that another may have it: `holds` is asked before anything leaves this process, so one that was
 * stopped and wakes does not say a word. A pause is not the end: the database is asked who has the lease, and only when it names
 * another, or cannot be asked for GIVE_UP_LOOKS looks, the term is over. So a busy machine that lets a service stand for a few
 * seconds costs it nothing but these.
 *
 * All times are of a clock that only runs forward (`steady`), on each machine its own: a jump of the wall clock changes nothing.
 */
import type { Clock, Log } from '../ports.js';
import { Fenced, type Lease, type Member } from '../store/index.js';

/** Milliseconds that a lease which nobody renews is respected by the others. */
export const LEASE_MS = 3_000;
/** By this much earlier its holder pauses: clocks run at slightly different speeds. */
const MARGIN_MS = 300;
/** Milliseconds between two renewals, and between two looks whether the time is up. */
export const BEAT_MS = 500;
export const LOOK_MS = 250;
/**
 * Looks in a pause after which the term is over: the others wait for the broker to let go of us. Looks and not time, because
 * after a time in which this process stood still its timers run before it reads what the database has answered long ago.
 */
export const GIVE_UP_LOOKS = 4;
/** Milliseconds without the bus after which a standby that has it may take over. */
export const YIELD_MS = 500;
/** A standby that has not moved for so many renewals is gone. */
const GONE_BEATS = 10;

const OVER = 'the term of this service is over';

export interface TermOptions {
  lease: Pick<Lease, 'renew' | 'release' | 'standbys' | 'forgetStandby'>;
  epoch: number;
  me: Member;
  clock: Pick<Clock, 'steady' | 'schedule'>;
  log: Log;
  /** When the lease was asked for, by the steady clock. */
  since: number;
  /** Nobody else can have the database: the lease need not be renewed. */
  alone: boolean;
}

export class Term {
  /** Resolves with the reason when the term is over against our will. */
  readonly lost: Promise<string>;
  private until: number;
  private over = false;
  /** Looks since the pause began. */
  private late = 0;
  private paused: { resolve(): void; reject(error: Fenced): void }[] = [];
  /** Something may leave the service: from begin() on. */
  private acting = false;
  private renewing: Promise<void> | undefined;
  /** The lease says that we have the bus. */
  private shown = true;
  private wanted = true;
  private offered = false;
  private problem = 'it does not answer';
  private others = new Map<string, { beat: number; stale: number }>();
  private stopRenew = (): void => undefined;
  private stopLook = (): void => undefined;
  private tell!: (reason: string) => void;
  private opened: (() => void)[] = [];

  constructor(private readonly options: TermOptions) {
    this.lost = new Promise((resolve) => {
      this.tell = resolve;
    });
    this.until = options.since + LEASE_MS - MARGIN_MS;
    if (!options.alone) void this.renew();
  }

  /**
   * The service has read the journal and is about to act. However long that took, the lease is renewed once more first: who
   * finds it taken has not said a word.
   */
  async begin(): Promise<void> {
    this.acting = true;
    if (this.options.alone) return;
    while (this.renewing) await this.renewing;
    await this.renew();
    this.look();
  }

  get epoch(): number {
    return this.options.epoch;
  }

  get me(): Member {
    return this.options.me;
  }

  /** The services that stand by, as far as they have been heard of lately. */
  get standbys(): Member[] {
    return [...this.others]
      .filter(([, { stale }]) => stale < GONE_BEATS)
      .map(([text]) => JSON.parse(text) as Member);
  }

  /** The term is over, and will not come back. */
  get ended(): boolean {
    return this.over;
  }

  /** The service may act. */
  holds(): boolean {
    if (this.over) return false;
    return !this.acting || this.options.alone || this.options.clock.steady() < this.until;
  }

  /** Resolves when the service may act, in the order of the calls; rejects with Fenced when its term is over. */
  secured(): Promise<void> {
    if (this.over) return Promise.reject(new Fenced(OVER));
    if (this.holds()) return Promise.resolve();
    return new Promise((resolve, reject) => this.paused.push({ resolve, reject }));
  }

  /** The database has shown that the lease was ours at `start` (steady) or later: by a renewal, or by a commit. */
  proved(start: number): void {
    this.until = Math.max(this.until, start + LEASE_MS - MARGIN_MS);
    if (!this.holds()) return;
    this.late = 0;
    for (const { resolve } of this.paused.splice(0)) resolve();
  }

  /** It may act, and the others know that it can. */
  isOpen(): boolean {
    return this.holds() && this.shown;
  }

  /** The bus is there, or has been away for YIELD_MS. Resolves when the lease says so. */
  available(isThere: boolean): Promise<void> {
    const changed = this.wanted !== isThere;
    this.wanted = isThere;
    if (!isThere) this.shown = false;
    if (this.options.alone) this.shown = isThere;
    else if (changed) void this.renew();
    if (this.shown || !isThere) return Promise.resolve();
    return new Promise((resolve) => this.opened.push(resolve));
  }

  /** The broker does not answer: a standby that reaches it may take over. Until one does, this service goes on. */
  offer(isOffered: boolean): void {
    if (this.offered === isOffered) return;
    this.offered = isOffered;
    if (!this.options.alone) void this.renew();
  }

  private get ready(): boolean {
    return this.wanted && !this.offered;
  }

  /** Another service has the lease, as a commit has found. */
  end(reason: string): void {
    if (this.over) return;
    this.finish();
    this.tell(reason);
  }

  /** Gives the lease back. */
  async resign(): Promise<void> {
    this.finish();
    await this.options.lease.release(this.epoch).catch((error: Error) => {
      this.options.log.warn(
        { reason: error.message },
        'the lease could not be given back; it ends by itself',
      );
    });
  }

  /** One that is under way is followed by another as soon as it has ended, if what it says is out of date. */
  private async renew(): Promise<void> {
    if (this.renewing || this.over) return;
    this.stopRenew();
    const { ready } = this;
    this.renewing = this.ask(ready);
    await this.renewing;
    this.renewing = undefined;
    const waitMs = ready === this.ready ? BEAT_MS : 0;
    if (!this.over) this.stopRenew = this.options.clock.schedule(waitMs, () => void this.renew());
  }

  private async ask(ready: boolean): Promise<void> {
    const { lease, clock, epoch } = this.options;
    const start = clock.steady();
    try {
      const kept = await lease.renew(epoch, ready);
      if (!kept) this.end('another service has taken over');
      if (this.over) return;
      this.proved(start);
      if (ready && this.wanted) {
        this.shown = true;
        for (const resolve of this.opened.splice(0)) resolve();
      }
      this.meet(await lease.standbys());
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  private meet(rows: { member: string; beat: number }[]): void {
    const known = this.others;
    this.others = new Map(
      rows.map(({ member, beat }) => {
        const before = known.get(member);
        const stale = before?.beat === beat ? before.stale + 1 : 0;
        // One that was left by a process long gone has a first look too; it is forgotten when it has not moved.
        if (stale === GONE_BEATS) void this.options.lease.forgetStandby(member).catch(() => undefined);
        return [member, { beat, stale }];
      }),
    );
  }

  private look(): void {
    if (this.over) return;
    this.late = this.holds() ? 0 : this.late + 1;
    if (this.late > GIVE_UP_LOOKS) {
      this.end(`the lease could not be renewed in the database: ${this.problem}`);
      return;
    }
    if (this.late > 0) void this.renew();
    this.stopLook = this.options.clock.schedule(LOOK_MS, () => this.look());
  }

  private finish(): void {
    this.over = true;
    this.stopRenew();
    this.stopLook();
    for (const { reject } of this.paused.splice(0)) reject(new Fenced(OVER));
  }
}
