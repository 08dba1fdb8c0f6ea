/** A client library that shares nothing with ours uses the embedded broker, so that amqplib's habits are not the specification. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, ConsumerStatus } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, LoginStore, startBroker } from '../../bus/embedded/index.js';
import { commandsQueue, nodeQueue, nodeTopology, permissionsOf, serviceTopology } from '../../proto/index.js';
import { EVERYTHING } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

describe('the embedded broker, used by rabbitmq-client', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pxr-'));
  const logins = new LoginStore(join(dir, 'logins.json'));
  const open: Connection[] = [];
  let broker: Broker;
  let service: Connection;

  const connect = async (username: string, password: string): Promise<Connection> => {
    const connection = new Connection({
      hostname: '127.0.0.1',
      port: broker.port!,
      username,
      password,
      retryLow: 10,
    });
    // Errors come back from the calls that this test makes.
    connection.on('error', () => undefined);
    open.push(connection);
    await connection.onConnect(5_000);
    return connection;
  };
  const declare = async (
    connection: Connection,
    { exchanges, queues, bindings }: ReturnType<typeof nodeTopology>,
  ) => {
    for (const { name, type, durable } of exchanges)
      await connection.exchangeDeclare({ exchange: name, type, durable });
    for (const { name, ...options } of queues) await connection.queueDeclare({ queue: name, ...options });
    for (const { queue, exchange, key } of bindings)
      await connection.queueBind({ queue, exchange, routingKey: key });
  };

  beforeAll(async () => {
    broker = await startBroker({ tcp: { host: '127.0.0.1', port: 0 }, logins });
    service = await connect('service', logins.set('service', EVERYTHING));
    await declare(service, serviceTopology(1));
  });
  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await broker.close();
    rmSync(dir, { recursive: true });
  });

  it('declares, publishes with confirms, consumes, requeues and drops', async () => {
    const got: string[] = [];
    const consumer = service.createConsumer(
      { queue: commandsQueue(0), queueOptions: { passive: true }, qos: { prefetchCount: 3 } },
      async (message) => {
        got.push(`${message.body}${message.redelivered ? ' again' : ''}`);
        if (message.body === 'later' && !message.redelivered) return ConsumerStatus.REQUEUE;
        return message.body === 'dropped' ? ConsumerStatus.DROP : ConsumerStatus.ACK;
      },
    );
    const publisher = service.createPublisher({ confirm: true });
    for (const body of ['one', 'later', 'dropped', 'x'.repeat(400_000)])
      await publisher.send(
        { exchange: 'praxis.commands', routingKey: 'p0', durable: true, userId: 'service' },
        body,
      );
    await waitUntil(() => got.length === 5);
    expect(got.map((body) => body.slice(0, 12)).sort()).toEqual([
      'dropped',
      'later',
      'later again',
      'one',
      'xxxxxxxxxxxx',
    ]);
    await consumer.close();
    expect((await service.queueDeclare({ queue: commandsQueue(0), passive: true })).messageCount).toBe(0);
    await publisher.close();
  });

  it('hears of a message that no queue takes', async () => {
    const publisher = service.createPublisher({ confirm: true });
    const returned = new Promise<string>((resolve) =>
      publisher.on('basic.return', ({ routingKey }) => resolve(routingKey)),
    );
    await publisher.send({ exchange: 'praxis.nodes', routingKey: 'absent', mandatory: true }, 'x');
    expect(await returned).toBe('absent');
    await publisher.close();
  });

  it('answers requests over reply queues', async () => {
    const server = service.createConsumer(
      { queue: 'sums', queueOptions: { exclusive: true } },
      async (message, reply) => {
        await reply(message.body.a + message.body.b);
      },
    );
    await new Promise((resolve) => server.once('ready', resolve));
    await service.queueDeclare({ queue: 'answers', exclusive: true });
    const publisher = service.createPublisher({ confirm: true });
    await publisher.send({ routingKey: 'sums', replyTo: 'answers', correlationId: 'c1' }, { a: 2, b: 3 });
    let answer = await service.basicGet('answers');
    await waitUntil(async () => {
      answer ??= await service.basicGet('answers');
      return answer !== undefined;
    });
    expect(answer).toMatchObject({ body: 5, correlationId: 'c1' });
    await publisher.close();
    await server.close();
  });

  it('keeps a node to its own address', async () => {
    const node = await connect('node.n1', logins.set('node.n1', permissionsOf({ role: 'node', name: 'n1' })));
    await declare(node, nodeTopology('n1'));
    const queue = nodeQueue('n1');
    await expect(node.queueBind({ queue, exchange: 'praxis.nodes', routingKey: 'n2' })).rejects.toThrow(
      /ACCESS_REFUSED/,
    );
    await expect(node.basicGet(commandsQueue(0))).rejects.toThrow(/ACCESS_REFUSED/);
    await expect(service.queuePurge(queue)).rejects.toThrow(/RESOURCE_LOCKED/);
    const publisher = node.createPublisher({ confirm: true });
    const spoof = { exchange: 'praxis.events', routingKey: 'p0', userId: 'service' };
    await expect(publisher.send(spoof, 'x')).rejects.toThrow(/PRECONDITION_FAILED|channel/i);
    await publisher.close();
  });
});
