/**
 * The same suite over both ways to run Praxis: the embedded broker with SQLite, and RabbitMQ with Postgres (with SQLite where
 * no Postgres is installed). Where no RabbitMQ is installed its half is skipped, visibly.
 */
import { describe, inject } from 'vitest';
import { newDatabase, postgresInstalled } from './postgres.js';
import { type RabbitMqAddress, rabbitMqInstalled } from './rabbitmq.js';
import { sharedPostgres } from './stores.js';
import { System, type SystemOptions } from './system.js';

/** The instance that all test files share; use a vhost of your own in it, and do not kill it. */
export async function sharedRabbitMq(): Promise<RabbitMqAddress> {
  const answer = await fetch(inject('rabbitMqUrl'));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as RabbitMqAddress;
}

export type StartSystem = (options?: Omit<SystemOptions, 'rabbit' | 'database'>) => Promise<System>;

/** A database of its own in the Postgres that all test files share; undefined where none is installed. */
export const freshDatabase = async (): Promise<string | undefined> =>
  postgresInstalled() ? newDatabase((await sharedPostgres()).url) : undefined;

/** Defines the suite once for each broker; `start` brings up a system over it. */
export function overBothBrokers(name: string, suite: (start: StartSystem) => void): void {
  describe(`${name}, over the embedded broker`, () => suite((options) => System.start(options)));
  describe.skipIf(!rabbitMqInstalled())(`${name}, over RabbitMQ`, () =>
    suite(async (options) => {
      const [rabbit, database] = await Promise.all([sharedRabbitMq(), freshDatabase()]);
      return System.start({ ...options, rabbit, ...(database !== undefined && { database }) });
    }),
  );
}
