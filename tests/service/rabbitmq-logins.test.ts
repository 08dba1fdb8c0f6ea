/** Logins at a RabbitMQ whose management API fails in between. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../service/host/broker.js';
import { rabbitMqBroker } from '../../service/host/rabbitmq.js';

const LOGIN = { role: 'client', name: 'laptop' } as const;

let server: Server;
let broker: Broker;
/** Of each user the password. */
let users: Map<string, string>;
let asked: string[];
/** What the API answers 500 to. */
let failing: RegExp | undefined;

beforeEach(async () => {
  users = new Map();
  asked = [];
  failing = undefined;
  server = createServer(async (request, answer) => {
    let body = '';
    for await (const part of request) body += part;
    const what = `${request.method} ${request.url}`;
    asked.push(what.replace('/api/', ''));
    const [, user] = /^\/api\/users\/(.*)$/.exec(request.url!) ?? [];
    let status = failing?.test(what) ? 500 : 204;
    if (status === 204 && user !== undefined) {
      if (request.method === 'PUT') users.set(user, JSON.parse(body).password);
      else if (!users.has(user)) status = 404;
      else if (request.method === 'DELETE') users.delete(user);
    }
    answer.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { url: 'amqp://127.0.0.1', user: 'praxis', password: 'test' };
  broker = rabbitMqBroker(credentials, { PRAXIS_BUS_ADMIN_URL: `http://127.0.0.1:${port}` });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a login that is made anew', () => {
  it.each([/PUT .*\/permissions/, /PUT .*\/topic-permissions/, /PUT .*\/users/])(
    'keeps its password when the API fails at %s',
    async (step) => {
      const { user, password } = await broker.makeLogin(LOGIN);
      failing = step;
      await expect(broker.makeLogin(LOGIN)).rejects.toThrow(/answered 500/);
      expect(users.get(user)).toBe(password);
    },
  );

  it('cuts off who is connected with the old password, once that is good no more', async () => {
    await broker.makeLogin(LOGIN);
    expect(asked.at(-1)).not.toMatch(/connections/);
    const { user, password } = await broker.makeLogin(LOGIN);
    expect(users.get(user)).toBe(password);
    expect(asked.slice(-2)).toEqual([`PUT users/${user}`, `DELETE connections/username/${user}`]);
    failing = /connections/;
    await expect(broker.makeLogin(LOGIN)).rejects.toThrow(/answered 500/);
  });
});

it('says why the API cannot be reached', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(broker.makeLogin(LOGIN)).rejects.toThrow(
    /cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)/,
  );
});
