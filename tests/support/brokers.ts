/** The same suite over both brokers. Where no RabbitMQ is installed its half is skipped, visibly. */
import { describe, inject } from 'vitest';
import { type RabbitMqAddress, rabbitMqInstalled } from './rabbitmq.js';
import { System, type SystemOptions } from './system.js';

/** The instance that all test files share; use a vhost of your own in it, and do not kill it. */
export async function sharedRabbitMq(): Promise<RabbitMqAddress> {
  const answer = await fetch(inject('rabbitMqUrl'));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as RabbitMqAddress;
}

export type StartSystem = (options?: Omit<SystemOptions, 'rabbit'>) => Promise<System>;

/** Defines the suite once for each broker; `start` brings up a system over it. */
export function overBothBrokers(name: string, suite: (start: StartSystem) => void): void {
  describe(`${name}, over the embedded broker`, () => suite((options) => System.start(options)));
  describe.skipIf(!rabbitMqInstalled())(`${name}, over RabbitMQ`, () =>
    suite(async (options) => System.start({ ...options, rabbit: await sharedRabbitMq() })),
  );
}
