/** What Praxis asks of a broker, said in AMQP's own terms: the embedded broker and RabbitMQ must give the same answers. */
import { type Channel, type ChannelModel, type ConsumeMessage, connect, type Options } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  type Credentials,
  clientTopology,
  NODES,
  permissionsOf,
  serviceTopology,
} from '../../proto/index.js';
import { overEachBroker, type TestBroker } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

overEachBroker((start) => {
  let broker: TestBroker;
  let connection: ChannelModel;
  let channel: Channel;
  const opened: ChannelModel[] = [];

  const open = async ({ url, user, password }: Credentials): Promise<ChannelModel> => {
    const address = url.replace('//', `//${encodeURIComponent(user)}:${password}@`);
    const model = await connect(address, { noDelay: true });
    // An error shows where the test waits for it.
    model.on('error', () => undefined);
    opened.push(model);
    return model;
  };
  const channelOf = async (model: ChannelModel): Promise<Channel> => {
    const fresh = await model.createChannel();
    fresh.on('error', () => undefined);
    return fresh;
  };
  /** The code with which the broker closes a channel of this connection after `action`. */
  const refusal = async (model: ChannelModel, action: (on: Channel) => unknown): Promise<number> => {
    const fresh = await model.createChannel();
    const closed = new Promise<number>((resolve, reject) => {
      fresh.once('error', (error) => resolve((error as unknown as { code: number }).code));
      model.once('close', onClose);
      function onClose() {
        reject(new Error('the connection was closed'));
      }
      fresh.once('close', () => model.off('close', onClose));
    });
    void Promise.resolve(action(fresh)).catch(() => undefined);
    return closed;
  };
  const queueOf = async (options: Options.AssertQueue = {}, name = ''): Promise<string> =>
    (await channel.assertQueue(name, { durable: false, ...options })).queue;
  const send = (queue: string, ...texts: string[]) => {
    for (const text of texts) channel.sendToQueue(queue, Buffer.from(text));
  };
  /** Everything that a queue holds now. */
  const drain = async (queue: string): Promise<string[]> => {
    const texts: string[] = [];
    for (let message = await channel.get(queue, { noAck: true }); message; ) {
      texts.push(message.content.toString());
      message = await channel.get(queue, { noAck: true });
    }
    return texts;
  };
  const collect = async (on: Channel, queue: string, options: Options.Consume = {}) => {
    const messages: ConsumeMessage[] = [];
    const { consumerTag } = await on.consume(queue, (message) => message && messages.push(message), options);
    return { messages, consumerTag, texts: () => messages.map(({ content }) => content.toString()) };
  };

  beforeAll(async () => {
    broker = await start();
  });
  afterAll(() => broker.stop());
  beforeEach(async () => {
    connection = await open(broker.service);
    channel = await channelOf(connection);
  });
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.close().catch(() => undefined);
  });

  it('routes by the exact key, to everybody, and by patterns of words', async () => {
    const queue = await queueOf({ exclusive: true });
    for (const [exchange, type] of [
      ['t.direct', 'direct'],
      ['t.fanout', 'fanout'],
      ['t.topic', 'topic'],
    ] as const)
      await channel.assertExchange(exchange, type, { durable: false });
    await channel.bindQueue(queue, 't.direct', 'a.b');
    await channel.bindQueue(queue, 't.fanout', '');
    for (const pattern of ['*.stock.#', 'x.#.z', '#.end', 'plain'])
      await channel.bindQueue(queue, 't.topic', pattern);
    const publish = (exchange: string, key: string) => channel.publish(exchange, key, Buffer.from(key));
    for (const key of ['a.b', 'a', 'a.b.c', '*.b']) publish('t.direct', key);
    publish('t.fanout', 'anything');
    for (const key of [
      'us.stock',
      'us.stock.n.y',
      'stock',
      'x.z',
      'x.y.y.z',
      'x.y',
      'end',
      'a.end',
      'plain',
      'plain.x',
    ])
      publish('t.topic', key);
    const routed = ['a.b', 'anything', 'us.stock', 'us.stock.n.y', 'x.z', 'x.y.y.z', 'end', 'a.end', 'plain'];
    await waitUntil(async () => (await channel.checkQueue(queue)).messageCount >= routed.length);
    expect(await drain(queue)).toEqual(routed);
  });

  it('gives a queue one copy, however many of its bindings match', async () => {
    const queue = await queueOf({ exclusive: true });
    await channel.assertExchange('t.copies', 'topic', { durable: false });
    for (const pattern of ['a.*', 'a.b', '#']) await channel.bindQueue(queue, 't.copies', pattern);
    channel.publish('t.copies', 'a.b', Buffer.from('once'));
    await channel.unbindQueue(queue, 't.copies', '#');
    await channel.unbindQueue(queue, 't.copies', 'a.*');
    channel.publish('t.copies', 'a.c', Buffer.from('unbound'));
    channel.publish('t.copies', 'a.b', Buffer.from('still bound'));
    await channel.checkExchange('t.copies');
    expect(await drain(queue)).toEqual(['once', 'still bound']);
  });

  it('returns a mandatory message that no queue takes, before it confirms it', async () => {
    const confirming = await connection.createConfirmChannel();
    const events: string[] = [];
    confirming.on('return', ({ fields, properties }) =>
      events.push(`returned ${fields.routingKey} ${properties.messageId}`),
    );
    confirming.publish('', 'nobody', Buffer.from('x'), { mandatory: true, messageId: 'm1' }, () =>
      events.push('confirmed'),
    );
    await confirming.waitForConfirms();
    expect(events).toEqual(['returned nobody m1', 'confirmed']);
  });

  it('passes properties, headers and a body of many frames through untouched', async () => {
    const queue = await queueOf({ exclusive: true });
    const body = Buffer.alloc(3_000_001, 'praxis ');
    const headers = {
      text: 'é✓',
      small: -3,
      large: 2 ** 45,
      half: 0.5,
      yes: true,
      list: [1, 'a'],
      inner: { n: null },
    };
    const properties = {
      contentType: 'application/x-ndjson',
      correlationId: 'c',
      messageId: 'm',
      type: 't',
      appId: 'a',
    };
    channel.sendToQueue(queue, body, { headers, ...properties, persistent: true, timestamp: 1_700_000_000 });
    const { messages } = await collect(channel, queue, { noAck: true });
    await waitUntil(() => messages.length === 1);
    expect(messages[0]!.content.equals(body)).toBe(true);
    expect(messages[0]!.properties).toMatchObject({
      ...properties,
      headers,
      deliveryMode: 2,
      timestamp: 1_700_000_000,
    });
  });

  it('takes an empty body', async () => {
    const queue = await queueOf({ exclusive: true });
    send(queue, '');
    const { messages } = await collect(channel, queue, { noAck: true });
    await waitUntil(() => messages.length === 1);
    expect(messages[0]!.content.length).toBe(0);
  });

  it('delivers again, in the old order and marked, what a closed channel had not acknowledged', async () => {
    const queue = await queueOf();
    send(queue, 'a', 'b', 'c', 'd');
    const other = await channelOf(await open(broker.service));
    const first = await collect(other, queue);
    await waitUntil(() => first.messages.length === 4);
    other.ack(first.messages[1]!);
    await other.close();
    const second = await collect(channel, queue);
    await waitUntil(() => second.messages.length === 3);
    expect(second.texts()).toEqual(['a', 'c', 'd']);
    expect(second.messages.every(({ fields }) => fields.redelivered)).toBe(true);
    channel.ackAll();
    await channel.deleteQueue(queue);
  });

  it('puts a refused message back in its place, or throws it away', async () => {
    const queue = await queueOf({ exclusive: true });
    send(queue, 'a', 'b', 'c');
    const a = await channel.get(queue);
    const b = await channel.get(queue);
    if (!a || !b) throw new Error('nothing came');
    expect(b.fields.messageCount).toBe(1);
    channel.nack(b, false, true);
    channel.nack(a, false, true);
    const again = await channel.get(queue);
    expect(again !== false && again.content.toString()).toBe('a');
    expect(again !== false && again.fields.redelivered).toBe(true);
    if (again) channel.reject(again, false);
    expect(await drain(queue)).toEqual(['b', 'c']);
  });

  it('recovers everything that a channel holds', async () => {
    const queue = await queueOf({ exclusive: true });
    send(queue, 'a', 'b');
    await channel.get(queue);
    await channel.get(queue);
    await channel.recover();
    expect(await drain(queue)).toEqual(['a', 'b']);
  });

  it('gives a consumer no more than its prefetch until it acknowledges', async () => {
    const queue = await queueOf({ exclusive: true });
    await channel.prefetch(2);
    const { messages, texts } = await collect(channel, queue);
    send(queue, '1', '2', '3', '4', '5');
    await waitUntil(() => messages.length === 2);
    expect((await channel.checkQueue(queue)).messageCount).toBe(3);
    channel.ack(messages[1]!, true);
    await waitUntil(() => messages.length === 4);
    expect(texts()).toEqual(['1', '2', '3', '4']);
  });

  it('shares the messages of a queue among its consumers', async () => {
    const queue = await queueOf({ exclusive: true });
    const one = await collect(channel, queue, { noAck: true });
    const two = await collect(channel, queue, { noAck: true });
    send(queue, '1', '2', '3', '4');
    await waitUntil(() => one.messages.length + two.messages.length === 4);
    expect(one.messages.length).toBe(2);
  });

  it('serves one consumer of a single-active-consumer queue, and the next one when it is gone', async () => {
    const queue = await queueOf(
      { durable: true, arguments: { 'x-single-active-consumer': true } },
      't.single',
    );
    const firstChannel = await channelOf(await open(broker.service));
    const first = await collect(firstChannel, queue);
    const second = await collect(channel, queue);
    send(queue, '1', '2', '3');
    await waitUntil(() => first.messages.length === 3);
    firstChannel.ack(first.messages[0]!);
    await firstChannel.close();
    send(queue, '4');
    await waitUntil(() => second.messages.length === 3);
    expect(first.texts()).toEqual(['1', '2', '3']);
    expect(second.texts()).toEqual(['2', '3', '4']);
    channel.ackAll();
    await channel.deleteQueue(queue);
  });

  it('drops the oldest of a queue that is full, by messages and by bytes', async () => {
    const few = await queueOf({
      exclusive: true,
      arguments: { 'x-max-length': 2, 'x-overflow': 'drop-head' },
    });
    const small = await queueOf({ exclusive: true, arguments: { 'x-max-length-bytes': 10 } });
    send(few, '1', '2', '3', '4');
    send(small, 'aaaa', 'bbbb', 'cccc');
    await channel.checkQueue(small);
    expect(await drain(few)).toEqual(['3', '4']);
    expect(await drain(small)).toEqual(['bbbb', 'cccc']);
  });

  it('refuses what a reject-publish queue has no room for', async () => {
    const queue = await queueOf({
      exclusive: true,
      arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    const confirming = await connection.createConfirmChannel();
    const outcomes: string[] = [];
    for (const text of ['1', '2'])
      confirming.sendToQueue(queue, Buffer.from(text), {}, (error) =>
        outcomes.push(error ? 'refused' : 'taken'),
      );
    await confirming.waitForConfirms().catch(() => undefined);
    expect(outcomes.sort()).toEqual(['refused', 'taken']);
    expect(await drain(queue)).toEqual(['1']);
  });

  it('lets messages die of age, by the queue and by their own', async () => {
    const aging = await queueOf({ exclusive: true, arguments: { 'x-message-ttl': 30 } });
    const queue = await queueOf({ exclusive: true });
    send(aging, 'x');
    channel.sendToQueue(queue, Buffer.from('short'), { expiration: '30' });
    channel.sendToQueue(queue, Buffer.from('long'), { expiration: '600000' });
    await waitUntil(async () => (await channel.checkQueue(aging)).messageCount === 0);
    await waitUntil(async () => (await channel.checkQueue(queue)).messageCount === 1);
    expect(await drain(queue)).toEqual(['long']);
  });

  it('deletes a queue that nobody has used for its x-expires', async () => {
    const queue = await queueOf({ arguments: { 'x-expires': 50 } });
    const channel = await connection.createChannel();
    let gone = false;
    channel.on('return', () => {
      gone = true;
    });
    // Publishing is no use of a queue; declaring it passively would be one.
    await waitUntil(() => {
      channel.publish('', queue, Buffer.from('?'), { mandatory: true });
      return gone;
    });
    await channel.close();
  });

  it('keeps an exclusive queue from other connections (405), and deletes it with its own', async () => {
    const owner = await open(broker.service);
    await (await owner.createChannel()).assertQueue('t.mine', { durable: false, exclusive: true });
    for (const action of [
      (on: Channel) => on.assertQueue('t.mine', { durable: false, exclusive: true }),
      (on: Channel) => on.checkQueue('t.mine'),
      (on: Channel) => on.consume('t.mine', () => undefined),
      (on: Channel) => on.bindQueue('t.mine', 'amq.fanout', ''),
      (on: Channel) => on.deleteQueue('t.mine'),
    ])
      expect(await refusal(connection, action)).toBe(405);
    await owner.close();
    expect(await refusal(connection, (on) => on.checkQueue('t.mine'))).toBe(404);
  });

  it('deletes an auto-delete queue with its last consumer', async () => {
    const queue = await queueOf({ autoDelete: true });
    const one = await collect(channel, queue);
    const two = await collect(channel, queue);
    await channel.cancel(one.consumerTag);
    expect((await channel.checkQueue(queue)).consumerCount).toBe(1);
    await channel.cancel(two.consumerTag);
    expect(await refusal(connection, (on) => on.checkQueue(queue))).toBe(404);
  });

  it('tells a consumer that its queue was deleted', async () => {
    const queue = await queueOf();
    const cancelled = new Promise<null>((resolve) => {
      void channel.consume(queue, (message) => message === null && resolve(message));
    });
    await channel.checkQueue(queue);
    await (await channelOf(await open(broker.service))).deleteQueue(queue);
    expect(await cancelled).toBeNull();
  });

  it('counts what it purges and deletes, and spares what is in use', async () => {
    const queue = await queueOf();
    send(queue, '1', '2', '3');
    expect(await channel.purgeQueue(queue)).toEqual({ messageCount: 3 });
    send(queue, '4');
    expect(await refusal(connection, (on) => on.deleteQueue(queue, { ifEmpty: true }))).toBe(406);
    await collect(channel, queue);
    expect(await refusal(connection, (on) => on.deleteQueue(queue, { ifUnused: true }))).toBe(406);
    await channel.deleteQueue(queue);
    expect((await channel.deleteQueue(queue)).messageCount).toBe(0);
  });

  it('closes a channel that asks for what is not there, or not so', async () => {
    const queue = await queueOf({ exclusive: true }, 't.known');
    const generated = await queueOf({ exclusive: true });
    const cases: [number, (on: Channel) => unknown][] = [
      [404, (on) => on.publish('t.nowhere', 'x', Buffer.from('x'))],
      [404, (on) => on.consume('t.nothing', () => undefined)],
      [404, (on) => on.checkExchange('t.nowhere')],
      [404, (on) => on.bindQueue(queue, 't.nowhere', 'x')],
      [406, (on) => on.assertQueue(queue, { exclusive: true, autoDelete: true })],
      [406, (on) => on.assertExchange('amq.topic', 'fanout')],
      [406, (on) => on.ack({ fields: { deliveryTag: 99 } } as ConsumeMessage)],
      [406, (on) => on.assertQueue('', { arguments: { 'x-max-length': -1 } })],
      [403, (on) => on.assertQueue('amq.mine')],
      [403, (on) => on.assertQueue(generated, { exclusive: true })],
      [403, (on) => on.bindQueue(queue, '', 'x')],
    ];
    for (const [code, action] of cases)
      expect(await refusal(connection, action), action.toString()).toBe(code);
    await channel.checkQueue(queue);
  });

  it('closes the connection of a client that breaks the protocol, and only that one', async () => {
    const breaker = await open(broker.service);
    const closed = new Promise<{ code?: number }>((resolve) => breaker.once('close', resolve));
    const on = await channelOf(breaker);
    const { queue } = await on.assertQueue('', { exclusive: true });
    await on.consume(queue, () => undefined, { consumerTag: 'same' });
    on.consume(queue, () => undefined, { consumerTag: 'same' }).catch(() => undefined);
    expect((await closed).code).toBe(530);
    await channel.assertQueue('', { exclusive: true });
  });

  it('refuses a wrong password with 403', async () => {
    await expect(open({ ...broker.service, password: 'wrong' })).rejects.toThrow(/403/);
  });

  it('refuses a message under another name (406)', async () => {
    const node = await open(await broker.login('node.n1', permissionsOf({ role: 'node', name: 'n1' })));
    const publish = (userId: string) => (on: Channel) =>
      on.publish('praxis.events', 'p0', Buffer.from('{}'), { userId });
    await channel.assertExchange('praxis.events', 'direct');
    expect(await refusal(node, publish('service'))).toBe(406);
    expect(await refusal(node, publish('node.n2'))).toBe(406);
    const confirming = await node.createConfirmChannel();
    confirming.publish('praxis.events', 'p0', Buffer.from('{}'), { userId: 'node.n1' });
    await confirming.waitForConfirms();
  });

  it('lets a node and a client use their own addresses and no others', async () => {
    const { exchanges, queues, bindings } = serviceTopology(1);
    for (const { name, type, durable } of exchanges) await channel.assertExchange(name, type, { durable });
    for (const { name, ...options } of queues) await channel.assertQueue(name, options);
    for (const { queue, exchange, key } of bindings) await channel.bindQueue(queue, exchange, key);
    const node = await open(await broker.login('node.n1', permissionsOf({ role: 'node', name: 'n1' })));
    const client = await open(await broker.login('client.me', permissionsOf({ role: 'client', name: 'me' })));
    const nodeChannel = await node.createChannel();
    await nodeChannel.assertQueue('praxis.node.n1', { durable: false, exclusive: true });
    const body = Buffer.from('{}');
    const forNode: ((on: Channel) => unknown)[] = [
      (on) => on.bindQueue('praxis.node.n1', NODES, 'n2'),
      (on) => on.bindQueue('praxis.node.n1', NODES, '#'),
      (on) => on.bindQueue('praxis.node.n1', 'praxis.clients', 'me.x'),
      (on) => on.bindQueue('praxis.node.n1', 'praxis.commands', 'p0'),
      (on) => on.assertQueue('praxis.node.n2', { durable: false }),
      (on) => on.consume('praxis.service.0.events', () => undefined),
      (on) => on.get('praxis.service.0.commands'),
      (on) => on.purgeQueue('praxis.service.0.events'),
      (on) => on.publish(NODES, 'n1', body),
      (on) => on.publish('praxis.commands', 'p0', body),
      (on) => on.publish('', 'praxis.service.0.commands', body),
      (on) => on.publish('praxis.broadcast', '', body),
      (on) => on.assertExchange('praxis.mine', 'topic'),
      (on) => on.deleteExchange(NODES),
      (on) => on.deleteQueue('praxis.service.0.events'),
    ];
    for (const action of forNode) expect(await refusal(node, action), action.toString()).toBe(403);
    const address = 'me.8c1f3f0a-5c0f-4a52-9d53-0a8f1a7f9b11';
    const clientChannel = await client.createChannel();
    for (const { name, ...options } of clientTopology(address).queues)
      await clientChannel.assertQueue(name, { durable: false, ...options });
    for (const { queue, exchange, key } of clientTopology(address).bindings)
      await clientChannel.bindQueue(queue, exchange, key);
    const forClient: ((on: Channel) => unknown)[] = [
      (on) => on.bindQueue(`praxis.client.${address}`, 'praxis.clients', 'you.x'),
      (on) => on.bindQueue(`praxis.client.${address}`, 'praxis.clients', '#'),
      (on) => on.assertQueue('praxis.client.you.x', { durable: false }),
      (on) => on.publish('praxis.events', 'p0', body),
      (on) => on.publish('praxis.clients', 'you.x', body),
    ];
    for (const action of forClient) expect(await refusal(client, action), action.toString()).toBe(403);
    await clientChannel.publish('praxis.commands', 'p0', body);
    await waitUntil(async () => (await channel.checkQueue('praxis.service.0.commands')).messageCount === 1);
  });
});
