/**
 * The database in Postgres, for services on several machines.
 *
 * A commit that has returned is in Postgres' log on its disk: `synchronous_commit` is set to on for our connections, whatever
 * the database's default is. What a disk, or a replica, makes of that is Postgres' own promise.
 *
 * A service that stops in the middle of a transaction would hold its locks, and with them the lease: Postgres ends such a
 * transaction after IDLE_MS, so that a standby can take over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery, type DatabaseConnection, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { ConfigError } from '../../proto/index.js';
import { Database, type DatabaseOptions, migrate } from './database.js';
import { Fenced } from './lease.js';
import { PgPool } from './pg-pool.js';
import type { Dialect } from './statements.js';
import type { Db, Tables } from './tables.js';

/** Milliseconds that a transaction may wait for its service. */
const IDLE_MS = 2_000;
/** Milliseconds that a connection, and then a statement, may take before it is given up. */
const CONNECT_MS = 5_000;
const STATEMENT_MS = 15_000;
/** The same for the lease, which has LEASE_MS in all. */
const LEASE_MS = 1_500;
/** Connections that read and write. A commit uses one; viewers that lag read with the others. */
const CONNECTIONS = 4;
/** Milliseconds between two questions what became of a commit. */
const ASK_AGAIN_MS = 200;

/** Rows of one statement: the widest table has 17 columns, and a statement takes 65,535 parameters. */
const ROWS_PER_STATEMENT = 1_000;

const VARIABLE = 'PRAXIS_DATABASE_URL';
const INT8 = 20;

/** A bigint of ours: numbers of events, milliseconds, sizes. All of them are exact in a double. */
function int8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`the database holds ${text}, which is no number of ours`);
  return value;
}

const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? int8 : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** What the url says, for people: without user and password. Throws ConfigError, which does not repeat it. */
export function postgresLabel(url: string): string {
  const problem = 'is not postgres://user:password@host:port/database';
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) throw new ConfigError(VARIABLE, problem);
  const { hostname, port, pathname, searchParams } = new URL(url);
  if (pathname.length < 2) throw new ConfigError(VARIABLE, problem);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return `postgres://${host || 'localhost'}${port && `:${port}`}${pathname}`;
}

const dialect: Dialect = {
  parameter: (n) => `$${n}`,
  rows: (left) => Math.min(left, ROWS_PER_STATEMENT),
};

const transactOn =
  (db: Db): DatabaseOptions['transact'] =>
  (statements, written) =>
    db.transaction().execute(async (trx) => {
      let isFirst = true;
      for (const { sql: text, parameters } of statements) {
        const { numAffectedRows } = await trx.executeQuery(CompiledQuery.raw(text, [...parameters]));
        if (isFirst && numAffectedRows !== 1n) throw new Fenced();
        isFirst = false;
      }
      written();
    });

async function prepare(connection: DatabaseConnection): Promise<void> {
  await connection.executeQuery(
    CompiledQuery.raw(
      `set synchronous_commit = on; set idle_in_transaction_session_timeout = ${IDLE_MS}; set default_transaction_isolation = 'read committed'`,
    ),
  );
}

/** Opens the database that the url names, and brings its schema up to date. Rejects when it cannot be reached. */
export async function openPostgres(url: string): Promise<Database> {
  const label = postgresLabel(url);
  const connect = (max: number, connectMs: number, statementMs: number) => {
    const pool = new PgPool(
      {
        connectionString: url,
        max,
        connectionTimeoutMillis: connectMs,
        keepAlive: true,
        types,
        application_name: 'praxis service',
      },
      statementMs,
    );
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool, onCreateConnection: prepare }) });
    return { pool, db };
  };
  const main = connect(CONNECTIONS, CONNECT_MS, STATEMENT_MS);
  const lease = connect(1, LEASE_MS, LEASE_MS);
  let closed = false;
  const close = async () => {
    closed = true;
    for (const { pool, db } of [main, lease]) {
      pool.drop();
      await db.destroy();
    }
  };
  try {
    await checkEncoding(main.db);
    await migrate(main.db);
  } catch (error) {
    await close();
    throw explained(error);
  }
  return new Database({
    label,
    db: main.db,
    leaseDb: lease.db,
    dialect,
    transact: transactOn(main.db),
    unknown: (error) => (closed || isRefusal(error) ? undefined : sleep(ASK_AGAIN_MS)),
    drop: () => {
      main.pool.drop();
      lease.pool.drop();
    },
    close,
  });
}

async function checkEncoding(db: Db): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db);
  const encoding = rows[0]?.server_encoding;
  if (encoding !== 'UTF8')
    throw new ConfigError(
      VARIABLE,
      `the database has the encoding ${encoding}; create it with: encoding 'UTF8'`,
    );
}

/** The five characters that Postgres gives an error (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** The server has said no. Classes 08 and 57P are about the connection and say nothing of the statement. */
function isRefusal(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !state.startsWith('08') && !state.startsWith('57P');
}

/** Errors that a person must mend. */
function explained(error: unknown): unknown {
  const state = sqlState(error);
  const mend: Record<string, string> = {
    '28P01': 'the database refuses the password',
    '28000': 'the database refuses the user',
    '3D000': 'there is no such database',
    '42501': 'the user may not make tables there',
  };
  const problem = state && mend[state];
  return problem ? new ConfigError(VARIABLE, `${problem}: ${(error as Error).message}`) : error;
}
