/**
 * The database in SQLite (libsql), for one machine.
 *
 * The journal is a WAL with synchronous NORMAL: a commit that has returned survives the death of the process at any
 * moment. After a power cut the newest commits may be missing, each as a whole; the file stays consistent.
 */
import { closeSync, openSync } from 'node:fs';
import { Kysely, SqliteDialect } from 'kysely';
import Libsql from 'libsql';
import { Database, type DatabaseOptions, migrate } from './database.js';
import { Fenced } from './lease.js';
import type { Dialect } from './statements.js';
import type { Tables } from './tables.js';

/** Statements that are kept prepared: those of ordinary commits. A longer one is rare, and costs more to run than to prepare. */
const KEPT_STATEMENTS = 128;
const KEPT_CHARACTERS = 4_096;

type Connection = InstanceType<typeof Libsql>;

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

/** Rows of one statement: few different numbers, so that each statement is kept prepared. */
const ROWS_PER_STATEMENT = [64, 16, 4, 3, 2, 1];

const dialect: Dialect = {
  parameter: () => '?',
  rows: (left) => ROWS_PER_STATEMENT.find((rows) => rows <= left)!,
};

/**
 * Runs a transaction without a pause, straight on the connection. `begin immediate` waits for another process first, as long as
 * `busy_timeout` says.
 */
function transactOn(
  connection: Connection,
  { prepare }: ReturnType<typeof keepStatements>,
): DatabaseOptions['transact'] {
  const run = (sql: string, parameters: readonly unknown[] = []) => prepare(sql).run(parameters).changes;
  return async (statements, written) => {
    // A statement that was prepared before would still run.
    if (!connection.open) throw new Error('the database is closed');
    run('begin immediate');
    try {
      let isFirst = true;
      for (const { sql, parameters } of statements) {
        const changes = run(sql, parameters);
        if (isFirst && changes !== 1) throw new Fenced();
        isFirst = false;
      }
      written();
      run('commit');
    } catch (error) {
      // A full disk may have ended it already.
      if (connection.inTransaction) run('rollback');
      throw error;
    }
  };
}

export class SqliteDatabase extends Database {
  private constructor(
    db: Kysely<Tables>,
    /** The connection below, for pragmas. */
    readonly connection: Connection,
    transact: DatabaseOptions['transact'],
  ) {
    super({ label: 'sqlite', db, leaseDb: db, dialect, transact, close: () => db.destroy() });
  }

  /** Opens the file, makes it (mode 0600) where there is none, and brings its schema up to date. `:memory:` is no file. */
  static async open(file: string): Promise<SqliteDatabase> {
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    const connection = new Libsql(file);
    connection.exec('pragma journal_mode = WAL; pragma synchronous = NORMAL; pragma busy_timeout = 5000');
    const database = keepStatements(connection);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    try {
      await migrate(db);
    } catch (error) {
      await db.destroy();
      throw error;
    }
    return new SqliteDatabase(db, connection, transactOn(connection, database));
  }
}
