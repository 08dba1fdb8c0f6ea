/**
 * The store in SQL, the same on SQLite and Postgres, for the time of one lease. A commit proves in its transaction that its
 * service still holds the lease (lease.ts); one that does not is refused with Fenced, as a whole.
 *
 * When the answer to COMMIT itself is lost, nobody knows whether it was done. Then nothing goes on until the database has told:
 * so a commit never fails that was done, and is never done after it has failed.
 */
import { setImmediate as breath } from 'node:timers/promises';
import { Fenced, prove, settle } from './lease.js';
import { type Db, idPieces, pieces, upsert, withoutNul } from './tables.js';
import type { Batch, EventRow, NodeRow, SessionRows, Store } from './types.js';

/** Pages are read until they hold this many characters, unless the caller says otherwise. */
const PAGE_CHARACTERS = 8 * 1024 * 1024;
const ROWS_PER_READ = 256;

export interface SqlStoreOptions {
  db: Db;
  /** Of the lease under which it writes. */
  epoch: number;
  /**
   * Whether an error of COMMIT leaves open what became of it, as when a connection is lost. Absent: it never does. Resolves
   * when it is worth asking again.
   */
  unknown?(error: unknown): Promise<void> | undefined;
}

export class SqlStore implements Store {
  private batch = 0;

  constructor(private readonly options: SqlStoreOptions) {}

  async commit(batch: Batch): Promise<void> {
    const number = this.batch + 1;
    let written = false;
    try {
      await this.options.db.transaction().execute(async (trx) => {
        if (!(await prove(trx, this.options.epoch, number))) throw new Fenced();
        await write(trx, batch);
        written = true;
      });
      this.batch = number;
    } catch (error) {
      if (written && (await this.wasDone(number, error))) return;
      throw error;
    }
  }

  /** What became of the commit `number` whose COMMIT ended with `error`. */
  private async wasDone(number: number, error: unknown): Promise<boolean> {
    const { db, epoch, unknown } = this.options;
    for (let reason = error; ; ) {
      const wait = unknown?.(reason);
      if (!wait) return false;
      await wait;
      try {
        const outcome = await settle(db, epoch, number);
        if (outcome === 'fenced') throw new Fenced();
        this.batch = number;
        return outcome === 'done';
      } catch (problem) {
        if (problem instanceof Fenced) throw problem;
        reason = problem;
      }
    }
  }

  async load(since: number): Promise<SessionRows & { nodes: NodeRow[] }> {
    const { db } = this.options;
    // SQLite reads without a pause: between the tables the lease is renewed, and the broker hears that we live.
    const read = async <Row>(query: { execute(): Promise<Row[]> }) => {
      const rows = await query.execute();
      await breath();
      return rows;
    };
    return {
      sessions: await read(db.selectFrom('sessions').selectAll()),
      openings: await read(db.selectFrom('openings').selectAll()),
      turns: await read(this.turns(since)),
      requests: await read(db.selectFrom('requests').selectAll()),
      nodes: await read(db.selectFrom('nodes').selectAll()),
    };
  }

  async loadSessions(ids: readonly string[], since: number): Promise<SessionRows> {
    const { db } = this.options;
    const rows: SessionRows = { sessions: [], openings: [], turns: [], requests: [] };
    for (const some of idPieces(ids)) {
      rows.sessions.push(...(await db.selectFrom('sessions').selectAll().where('id', 'in', some).execute()));
      rows.openings.push(
        ...(await db.selectFrom('openings').selectAll().where('session', 'in', some).execute()),
      );
      rows.turns.push(...(await this.turns(since).where('session', 'in', some).execute()));
      rows.requests.push(
        ...(await db.selectFrom('requests').selectAll().where('session', 'in', some).execute()),
      );
    }
    return rows;
  }

  private turns(since: number) {
    return this.options.db
      .selectFrom('turns')
      .selectAll()
      .where((eb) => eb.or([eb('state', '!=', 'ended'), eb('at', '>', since)]))
      .orderBy('position');
  }

  async events(
    session: string,
    after: number,
    limit: number,
    maxBytes = PAGE_CHARACTERS,
  ): Promise<EventRow[]> {
    const found: EventRow[] = [];
    let size = 0;
    while (found.length < limit && size < maxBytes) {
      const wanted = Math.min(limit - found.length, ROWS_PER_READ);
      const rows = await this.options.db
        .selectFrom('events')
        .selectAll()
        .where('session', '=', session)
        .where('seq', '>', found.at(-1)?.seq ?? after)
        .orderBy('seq')
        .limit(wanted)
        .execute();
      for (const row of rows) {
        if (found.length > 0 && size + row.frame.length > maxBytes) return found;
        found.push(row);
        size += row.frame.length;
      }
      if (rows.length < wanted) break;
    }
    return found;
  }
}

async function write(trx: Parameters<typeof upsert>[0], batch: Batch): Promise<void> {
  await upsert(trx, 'sessions', 'id', batch.sessions.map(withoutNul));
  await upsert(trx, 'openings', 'session', batch.openings.map(withoutNul));
  await upsert(trx, 'turns', 'id', batch.turns.map(withoutNul));
  await upsert(trx, 'requests', 'id', batch.requests.map(withoutNul));
  await upsert(trx, 'nodes', 'name', batch.nodes.map(withoutNul));
  for (const piece of pieces(batch.events)) await trx.insertInto('events').values(piece).execute();
  for (const ids of idPieces(batch.doneRequests))
    await trx.deleteFrom('requests').where('id', 'in', ids).execute();
  for (const ids of idPieces(batch.removedSessions)) {
    await trx.deleteFrom('sessions').where('id', 'in', ids).execute();
    for (const table of ['openings', 'turns', 'requests', 'events'] as const)
      await trx.deleteFrom(table).where('session', 'in', ids).execute();
  }
}
