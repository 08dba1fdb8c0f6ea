/** The two brokers that the bus runs over, as a test of the bus sees them: an address, and logins with permissions. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { LoginStore, startBroker } from '../../bus/embedded/index.js';
import type { Credentials, Permissions } from '../../proto/index.js';
import { sharedRabbitMq } from './brokers.js';
import { type RabbitMqAddress, rabbitMqInstalled } from './rabbitmq.js';

export const EVERYTHING: Permissions = { configure: '.*', write: '.*', read: '.*', topics: [] };

export interface TestBroker {
  /** A login that may do everything. */
  service: Credentials;
  login(user: string, permissions: Permissions): Promise<Credentials>;
  stop(): Promise<void>;
}

export async function embeddedTestBroker(options: { memoryLimit?: number } = {}): Promise<TestBroker> {
  const dir = mkdtempSync(join(tmpdir(), 'pxb-'));
  const logins = new LoginStore(join(dir, 'logins.json'));
  const broker = await startBroker({ tcp: { host: '127.0.0.1', port: 0 }, logins, ...options });
  const url = `amqp://127.0.0.1:${broker.port}`;
  return {
    service: { url, user: 'service', password: logins.set('service', EVERYTHING) },
    login: async (user, permissions) => ({ url, user, password: logins.set(user, permissions) }),
    async stop() {
      await broker.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A vhost of its own in a RabbitMQ. */
export async function rabbitTestBroker(rabbit: RabbitMqAddress): Promise<TestBroker> {
  const vhost = `bus-${randomUUID().slice(0, 8)}`;
  const authorization = `Basic ${Buffer.from(`${rabbit.user}:${rabbit.password}`).toString('base64')}`;
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${rabbit.adminUrl}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`RabbitMQ: ${method} ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  const permit = async (user: string, { topics, ...permissions }: Permissions) => {
    await call('PUT', `permissions/${vhost}/${user}`, permissions);
    for (const topic of topics) await call('PUT', `topic-permissions/${vhost}/${user}`, topic);
  };
  await call('PUT', `vhosts/${vhost}`, {});
  await permit(rabbit.user, EVERYTHING);
  const url = `${rabbit.url}/${vhost}`;
  return {
    service: { url, user: rabbit.user, password: rabbit.password },
    async login(user, permissions) {
      await call('PUT', `users/${user}`, { password: 'test', tags: '' });
      await permit(user, permissions);
      return { url, user, password: 'test' };
    },
    stop: () => call('DELETE', `vhosts/${vhost}`),
  };
}

/** Defines the suite once for each broker. */
export function overEachBroker(
  suite: (start: () => Promise<TestBroker>, name: 'embedded' | 'RabbitMQ') => void,
) {
  describe('over the embedded broker', () => suite(embeddedTestBroker, 'embedded'));
  describe.skipIf(!rabbitMqInstalled())('over RabbitMQ', () =>
    suite(async () => rabbitTestBroker(await sharedRabbitMq()), 'RabbitMQ'),
  );
}
