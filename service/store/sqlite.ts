/**
 * The store on SQLite (libsql), for one service on one machine.
 *
 * The journal is a WAL with synchronous NORMAL: a commit that has returned survives the death of the process at any
 * moment. After a power cut the newest commits may be missing, each as a whole; the file stays consistent.
 */
import { closeSync, openSync } from 'node:fs';
import { type Insertable, Kysely, Migrator, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { migrations } from './migrations.js';
import type {
  Batch,
  EventRow,
  NodeRow,
  OpeningRow,
  RequestRow,
  SessionRow,
  SessionRows,
  Store,
  TurnRow,
} from './types.js';

interface Tables {
  sessions: SessionRow;
  openings: OpeningRow;
  turns: TurnRow;
  requests: RequestRow;
  events: EventRow;
  nodes: NodeRow;
}

/** SQLite takes 32,766 parameters in one statement; the widest table has 15 columns. */
const ROWS_PER_INSERT = 1_000;
/** Pages are read until they hold this many characters, unless the caller says otherwise. */
const PAGE_CHARACTERS = 8 * 1024 * 1024;
const ROWS_PER_READ = 256;

/** Statements that are kept prepared: those of ordinary commits. A longer one is rare, and costs more to run than to prepare. */
const KEPT_STATEMENTS = 128;
const KEPT_CHARACTERS = 4_096;

type Connection = InstanceType<typeof Database>;

/** The connection, with each short statement prepared once: a third less for a small commit. */
function keepStatements(connection: Connection) {
  const kept = new Map<string, ReturnType<Connection['prepare']>>();
  return {
    prepare(sql: string) {
      const known = kept.get(sql);
      if (known) return known;
      const statement = connection.prepare(sql);
      if (sql.length <= KEPT_CHARACTERS && kept.size < KEPT_STATEMENTS) kept.set(sql, statement);
      return statement;
    },
    close: () => connection.close(),
  };
}

export class SqliteStore implements Store {
  private constructor(
    private readonly db: Kysely<Tables>,
    /** The connection below, for pragmas. */
    readonly connection: InstanceType<typeof Database>,
  ) {}

  /** Opens the file, makes it (mode 0600) where there is none, and brings its schema up to date. `:memory:` is no file. */
  static async open(file: string): Promise<SqliteStore> {
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    const connection = new Database(file);
    connection.exec('pragma journal_mode = WAL; pragma synchronous = NORMAL; pragma busy_timeout = 5000');
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: keepStatements(connection) }) });
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error } = await migrator.migrateToLatest();
    if (error) {
      await db.destroy();
      throw error;
    }
    return new SqliteStore(db, connection);
  }

  async commit(batch: Batch): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const upsert = async <T extends keyof Tables>(table: T, rows: Insertable<Tables[T]>[]) => {
        for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
          await trx
            .replaceInto(table)
            .values(rows.slice(i, i + ROWS_PER_INSERT))
            .execute();
      };
      await upsert('sessions', batch.sessions);
      await upsert('openings', batch.openings);
      await upsert('turns', batch.turns);
      await upsert('requests', batch.requests);
      await upsert('nodes', batch.nodes);
      for (let i = 0; i < batch.events.length; i += ROWS_PER_INSERT)
        await trx
          .insertInto('events')
          .values(batch.events.slice(i, i + ROWS_PER_INSERT))
          .execute();
      if (batch.doneRequests.length > 0)
        await trx.deleteFrom('requests').where('id', 'in', batch.doneRequests).execute();
      for (const id of batch.removedSessions) {
        await trx.deleteFrom('sessions').where('id', '=', id).execute();
        for (const table of ['openings', 'turns', 'requests', 'events'] as const)
          await trx.deleteFrom(table).where('session', '=', id).execute();
      }
    });
  }

  async load(since: number): Promise<SessionRows & { nodes: NodeRow[] }> {
    return {
      sessions: await this.db.selectFrom('sessions').selectAll().execute(),
      openings: await this.db.selectFrom('openings').selectAll().execute(),
      turns: await this.turns(since).execute(),
      requests: await this.db.selectFrom('requests').selectAll().execute(),
      nodes: await this.db.selectFrom('nodes').selectAll().execute(),
    };
  }

  async loadSessions(ids: readonly string[], since: number): Promise<SessionRows> {
    return {
      sessions: await this.db.selectFrom('sessions').selectAll().where('id', 'in', ids).execute(),
      openings: await this.db.selectFrom('openings').selectAll().where('session', 'in', ids).execute(),
      turns: await this.turns(since).where('session', 'in', ids).execute(),
      requests: await this.db.selectFrom('requests').selectAll().where('session', 'in', ids).execute(),
    };
  }

  private turns(since: number) {
    return this.db
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
      const rows = await this.db
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

  async close(): Promise<void> {
    await this.db.destroy();
  }
}
