/** The database that PRAXIS_DATABASE_URL names; without it, a file of SQLite in `$PRAXIS_HOME`. */
import { ConfigError, type Home } from '../../proto/index.js';
import type { Database } from './database.js';
import { SqliteDatabase } from './sqlite.js';

/**
 * Opens it. A Postgres that cannot be reached is tried again until it can, or until `stopped` resolves (then undefined);
 * `waiting` is called with the reason each time. Throws ConfigError for what a person must mend.
 */
export async function openDatabase(
  env: NodeJS.ProcessEnv,
  home: Home,
  { waiting, stopped }: { waiting(reason: string): void; stopped: Promise<void> },
): Promise<Database | undefined> {
  const url = env.PRAXIS_DATABASE_URL;
  if (!url) return SqliteDatabase.open(home.database);
  // Loaded where it is used: most have SQLite, and a service that starts again should be there soon.
  const { openPostgres, postgresLabel } = await import('./postgres.js');
  postgresLabel(url);
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  while (!isStopped) {
    try {
      return await openPostgres(url);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      waiting((error as Error).message);
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, RETRY_MS))]);
    }
  }
  return undefined;
}

/** Milliseconds between two tries to reach the database. */
const RETRY_MS = 1_000;
