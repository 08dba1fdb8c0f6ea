/**
 * Waiting for the lease. Whoever has it is respected as long as it shows signs of life: its renewals and commits move the row.
 * When the row has stood still for LEASE_MS of our own steady clock, or its holder is known to be dead, has given it back, or
 * has lost the bus while we have it, it is taken with a comparison, so that of several one gets it.
 */
import { ConfigError } from '../../proto/index.js';
import type { Clock, Log } from '../ports.js';
import { type Lease, type LeaseRow, Member } from '../store/index.js';
import { isDead } from './member.js';
import { LEASE_MS, Term } from './term.js';

/** Milliseconds between two looks at the lease. */
export const WATCH_MS = 250;
/** Every so many looks a standby shows that it is there. */
const SHOW_EVERY = 4;

export interface CandidateOptions {
  lease: Lease;
  me: Member;
  clock: Pick<Clock, 'steady' | 'schedule'>;
  log: Log;
  /** The bus is there: nobody is served by a service without it. */
  ready(): boolean;
  /** The broker answers us without delay: a reason to follow one that it does not answer. Default: as `ready`. */
  brisk?(): boolean;
  /**
   * `shared`: others may hold the lease. `broker`: the broker is our own, and nobody could stand by for us there, so another
   * holder that lives is a mistake in somebody's configuration. `file`: nobody else can open the database.
   */
  alone: 'shared' | 'broker' | 'file';
  /** Ends the waiting. */
  stopped: Promise<unknown>;
}

/** Resolves when the lease is ours, or with undefined when the waiting was ended. */
export async function stand(options: CandidateOptions): Promise<Term | undefined> {
  const { lease, clock, log, ready, brisk = ready, alone, stopped } = options;
  const me = JSON.stringify(options.me);
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  let seen: LeaseRow | undefined;
  let since = 0;
  let said: string | undefined;
  const say = (about: object, message: string) => {
    const text = message + JSON.stringify(about);
    if (text !== said) log.info(about, message);
    said = text;
  };
  for (let look = 1; !isStopped; look++) {
    try {
      const row = await lease.read();
      const first = seen === undefined;
      if (!seen || moved(seen, row)) {
        if (!first && alone === 'broker' && !isFree(row, options.me)) throw shared(row);
        seen = row;
        since = clock.steady();
      }
      const still = clock.steady() - since >= LEASE_MS;
      if (ready() && (alone === 'file' || still || isFree(row, options.me) || (row.ready === 0 && brisk()))) {
        const start = clock.steady();
        const epoch = await lease.take(row, options.me);
        if (epoch !== undefined) {
          await lease.forgetStandby(me);
          return new Term({ ...options, epoch, since: start, alone: alone === 'file' });
        }
      }
      if (!isFree(row, options.me)) say({ active: shown(row) }, 'this service is a standby');
      if (look % SHOW_EVERY === 1 && alone === 'shared') await lease.standBy(options.me, look);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      say({ reason: (error as Error).message }, 'the lease cannot be read');
    }
    await Promise.race([stopped, new Promise<void>((resolve) => clock.schedule(WATCH_MS, resolve))]);
  }
  await lease.forgetStandby(me).catch(() => undefined);
  return undefined;
}

const moved = (a: LeaseRow, b: LeaseRow): boolean =>
  a.epoch !== b.epoch || a.beat !== b.beat || a.batch !== b.batch;

const holderOf = ({ holder }: LeaseRow): Member | undefined =>
  holder === '' ? undefined : Member.parse(JSON.parse(holder));

/** Nobody has it, or it is known that nobody uses it. */
function isFree(row: LeaseRow, me: Member): boolean {
  const holder = holderOf(row);
  return !holder || holder.id === me.id || isDead(holder, me);
}

function shown(row: LeaseRow): string {
  const holder = holderOf(row);
  return holder ? `${holder.host} (process ${holder.process.pid})` : 'nobody';
}

const shared = (row: LeaseRow) =>
  new ConfigError(
    'PRAXIS_DATABASE_URL',
    `the service on ${shown(row)} uses this database. Services that share one share a RabbitMQ too: set PRAXIS_BUS_URL`,
  );
