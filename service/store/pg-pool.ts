/** A pool of connections to Postgres in which nothing waits for ever: a connection that does not answer is destroyed. */
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';

export class PgPool implements PostgresPool {
  private readonly pool: pg.Pool;
  private readonly clients = new Set<pg.PoolClient>();
  /** kysely knows a connection by its object. */
  private readonly faces = new WeakMap<pg.PoolClient, PostgresPoolClient>();

  constructor(
    config: pg.PoolConfig,
    /** Milliseconds that one statement may take. */
    private readonly statementMs: number,
  ) {
    this.pool = new pg.Pool(config);
    // A connection that breaks while nobody uses it is replaced by the next that is needed.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => {
      this.clients.add(client);
      client.on('error', () => undefined);
      client.once('end', () => this.clients.delete(client));
    });
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.pool.connect();
    const known = this.faces.get(client);
    if (known) return known;
    const face = {
      query: (text: string, values: unknown[]) => this.query(client, text, values),
      release: () => client.release(),
    } as PostgresPoolClient;
    this.faces.set(client, face);
    return face;
  }

  /** Destroys every connection; what is under way fails, and the next query makes a new one. */
  drop(): void {
    for (const client of this.clients) destroy(client);
  }

  end(): Promise<void> {
    return this.pool.end();
  }

  private async query<R>(
    client: pg.PoolClient,
    text: string,
    values: unknown[],
  ): Promise<PostgresQueryResult<R>> {
    // After a time in which this process stood still, timers run before the answer is read that is there already.
    let last: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      last = setImmediate(() => destroy(client));
    }, this.statementMs);
    try {
      return (await client.query(text, values)) as unknown as PostgresQueryResult<R>;
    } finally {
      clearTimeout(timer);
      clearImmediate(last);
    }
  }
}

function destroy(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}
