/**
 * One RabbitMQ and one Postgres for all test files, each booted when the first of them asks and stopped when the last has
 * ended. Says at the end which suites are left out on this machine, and how to include them.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { DEFAULT_AGENTS, missing } from '../agents/catalog.js';
import { Postgres, postgresInstalled } from './postgres.js';
import { RabbitMq, rabbitMqInstalled } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the RabbitMqAddress of the shared instance. */
    rabbitMqUrl: string;
    /** Answers with the PostgresAddress of the shared instance. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const rabbit = await lend(() => RabbitMq.start());
  const postgres = await lend(() => Postgres.start());
  project.provide('rabbitMqUrl', rabbit.url);
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await rabbit.stop();
    await postgres.stop();
    rmSync(join(tmpdir(), 'px-demo-memory'), { recursive: true, force: true });
    // Last, so that it stays on the screen.
    if (!rabbitMqInstalled())
      console.log('\nLeft out: the suites over RabbitMQ. To include them: apt-get install rabbitmq-server');
    if (!postgresInstalled())
      console.log('\nLeft out: the suites over Postgres. To include them: apt-get install postgresql');
    for (const why of DEFAULT_AGENTS.map(missing))
      if (why) console.log(`\nLeft out: the suites with a real agent; ${why}`);
  };
}

/** A server that boots what the tests share when the first of them asks, and tells each of them where it is. */
async function lend(boot: () => Promise<{ stop(): Promise<void> }>) {
  let booted: ReturnType<typeof boot> | undefined;
  const server = createServer((_request, response) => {
    booted ??= boot();
    booted.then(
      (shared) => response.end(JSON.stringify(shared)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await (await booted?.catch(() => undefined))?.stop();
    },
  };
}
