/**
 * The store in SQL, the same on SQLite and Postgres, for the time of one lease. A commit proves in its transaction, with its first
 * statement, that its service still holds the lease; one that does not is refused with Fenced, as a whole.
 *
 * When the answer to COMMIT itself is lost, nobody knows whether it was done. Then nothing goes on until the database has told:
 * so a commit never fails that was done, and is never done after it has failed.
 */
import { setImmediate as breath } from 'node:timers/promises';
import { Fenced, Lease, PARTITION } from './lease.js';
import { type Dialect, type Statement, Statements } from './statements.js';
import { type Db, idPieces } from './tables.js';
import type { Batch, EventRow, NodeRow, SessionRows, Store } from './types.js';

/** Pages are read until they hold this many characters, unless the caller says otherwise. */
const PAGE_CHARACTERS = 8 * 1024 * 1024;
const ROWS_PER_READ = 256;

export interface SqlStoreOptions {
  db: Db;
  dialect: Dialect;
  /**
   * Runs the statements in one transaction, all or none. Rejects with Fenced when the first of them changes no row. Calls
   * `written` when nothing is left but to end the transaction.
   */
  transact(statements: Iterable<Statement>, written: () => void): Promise<void>;
  /** Of the lease under which it writes. */
  epoch: number;
  /**
   * Whether an error of COMMIT leaves open what became of it, as when a connection is lost; without an error, whether it may
   * still be asked. Absent: it never does. Resolves when it is worth asking again.
   */
  unknown?(error?: unknown): Promise<void> | undefined;
}

export class SqlStore implements Store {
  /** The number that was taken last. */
  private batch = 0;
  private readonly statements: Statements;

  constructor(private readonly options: SqlStoreOptions) {
    this.statements = new Statements(options.dialect);
  }

  async commit(batch: Batch): Promise<void> {
    const number = this.batch + 1;
    let written = false;
    try {
      await this.options.transact(this.changes(number - 1, number, batch), () => {
        written = true;
      });
      this.batch = number;
    } catch (error) {
      if (written && (await this.wasDone(number, error))) return;
      throw error;
    }
  }

  private *changes(from: number, to: number, batch?: Batch): Generator<Statement> {
    yield this.statements.proof(PARTITION, this.options.epoch, from, to);
    if (batch) yield* this.statements.of(batch);
  }

  /** Whether the commit `number` was done whose COMMIT ended with `error`. */
  private async wasDone(number: number, error: unknown): Promise<boolean> {
    const { unknown } = this.options;
    // A refusal decides of COMMIT only: one of a question afterwards says nothing of it.
    for (let reason: unknown = error; ; reason = undefined) {
      const wait = unknown?.(reason);
      if (!wait) return false;
      await wait;
      try {
        this.batch = await this.settle(number);
        return this.batch === number;
      } catch (problem) {
        if (problem instanceof Fenced) throw problem;
      }
    }
  }

  /**
   * The number that is taken: `number` if the commit of that number was done. If not, it is the next, and the commit never will
   * be done, however late it arrives. No commit ever has that next number, so an answer that is lost here is found out by asking
   * again. Waits for a transaction that is still under way.
   */
  private async settle(number: number): Promise<number> {
    const { db, epoch, transact } = this.options;
    const instead = number + 1;
    try {
      await transact(this.changes(number - 1, instead), () => undefined);
      return instead;
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
    }
    const row = await new Lease(db).read();
    if (row.epoch !== epoch || (row.batch !== number && row.batch !== instead)) throw new Fenced();
    return row.batch;
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
