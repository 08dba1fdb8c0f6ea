/** A database of Praxis: its lease, and stores that write under one. */
import { Migrator } from 'kysely';
import { Lease } from './lease.js';
import { migrations } from './migrations.js';
import { SqlStore, type SqlStoreOptions } from './sql-store.js';
import type { Db } from './tables.js';
import type { Store } from './types.js';

export interface DatabaseOptions {
  /** For people: what it is and where, without secrets. */
  label: string;
  db: Db;
  /** A connection of the lease's own, so that no long read keeps it waiting. */
  leaseDb: Db;
  dialect: SqlStoreOptions['dialect'];
  transact: SqlStoreOptions['transact'];
  unknown?: SqlStoreOptions['unknown'];
  drop?(): void;
  close(): Promise<void>;
}

export class Database {
  readonly lease: Lease;

  constructor(private readonly options: DatabaseOptions) {
    this.lease = new Lease(options.leaseDb);
  }

  get label(): string {
    return this.options.label;
  }

  /** The store, for whoever holds the lease with this epoch. */
  store(epoch: number): Store {
    const { db, dialect, transact, unknown } = this.options;
    return new SqlStore({ db, dialect, transact, epoch, ...(unknown && { unknown }) });
  }

  /** Breaks off what is under way: for the end of a lease. The database can be used again. */
  drop(): void {
    this.options.drop?.();
  }

  close(): Promise<void> {
    return this.options.close();
  }
}

/** Brings the schema up to date. */
export async function migrate(db: Db): Promise<void> {
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest();
  if (error) throw error;
}
