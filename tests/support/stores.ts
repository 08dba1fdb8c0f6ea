/** The databases that the journal can be in, for a suite over each. Where no Postgres is installed its half is skipped, visibly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { homeOf, refOf } from '../../proto/index.js';
import {
  type Database,
  type Member,
  openDatabase,
  SqliteDatabase,
  type Store,
} from '../../service/store/index.js';
import { newDatabase, type PostgresAddress, postgresInstalled } from './postgres.js';

/** The instance that all test files share; use a database of your own in it, and do not kill it. */
export async function sharedPostgres(): Promise<PostgresAddress> {
  const answer = await fetch(inject('postgresUrl'));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as PostgresAddress;
}

/** A database that can be opened several times, one after another or at once. */
export interface TestDatabase {
  open(): Promise<Database>;
  remove(): Promise<void>;
}

async function sqliteFile(): Promise<TestDatabase> {
  const dir = mkdtempSync(join(tmpdir(), 'px-db-'));
  return {
    open: () => SqliteDatabase.open(join(dir, 'x.db')),
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

export async function postgresDatabase(): Promise<TestDatabase> {
  const url = await newDatabase((await sharedPostgres()).url);
  return {
    async open() {
      const stopped = new Promise<void>(() => {});
      const env = { PRAXIS_DATABASE_URL: url };
      return (await openDatabase(env, homeOf(env), { waiting: () => {}, stopped }))!;
    },
    // It goes with the instance.
    remove: async () => {},
  };
}

export function overEachDatabase(suite: (make: () => Promise<TestDatabase>) => void): void {
  describe('on SQLite', () => suite(sqliteFile));
  describe.skipIf(!postgresInstalled())('on Postgres', () => suite(postgresDatabase));
}

export const memberOf = (id: string): Member => ({ id, host: 'here', process: refOf(process.pid) });

/** Takes the lease from whoever has it, and gives the store of the new epoch. */
export async function lead(database: Database, id = 'test'): Promise<Store> {
  for (;;) {
    const epoch = await database.lease.take(await database.lease.read(), memberOf(id));
    if (epoch !== undefined) return database.store(epoch);
  }
}
