/** The way of a message to the broker's socket: in order however full the socket is, and without a detour while it is not. */
import type { Socket } from 'node:net';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AmqplibConnection, WritePath } from '../../bus/client/write-path.js';
import { type Bus, connectBus } from '../../bus/index.js';
import { COMMANDS, commandsQueue, serviceTopology } from '../../proto/index.js';
import { overEachBroker, type TestBroker } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

overEachBroker((start) => {
  let broker: TestBroker;
  const buses: Bus[] = [];

  const ready = async (): Promise<Bus> => {
    const bus = connectBus({
      credentials: broker.service,
      topology: serviceTopology(1),
      name: 'test',
    });
    buses.push(bus);
    await bus.ready(10_000);
    return bus;
  };

  beforeAll(async () => {
    broker = await start();
  });
  afterAll(() => broker.stop());
  afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())));

  it('keeps the order of small and large messages that are more than the socket takes', async () => {
    const [service, client] = [await ready(), await ready()];
    const got: number[] = [];
    service.consume(commandsQueue(0), ({ headers, lines }) => {
      if (JSON.parse(lines[0]!).text.length > 0) got.push(headers.seq!);
      return 'ack';
    });
    const sizes = Array.from({ length: 400 }, (_, i) => (i % 40 === 20 ? 1_500_000 : 1 + (i % 7) * 300));
    const sent = sizes.map((size, seq) => {
      const lines = [JSON.stringify({ text: 'x'.repeat(size) })];
      return client.publish({ exchange: COMMANDS, key: 'p0', headers: { seq }, lines, persistent: true });
    });
    await Promise.all(sent);
    await waitUntil(() => got.length === sizes.length, 30_000);
    expect(got).toEqual(sizes.map((_, seq) => seq));
  });

  const rawConnection = async () => {
    const { url, user, password } = broker.service;
    const model = await connect(url.replace('//', `//${encodeURIComponent(user)}:${password}@`));
    const connection = model.connection as unknown as AmqplibConnection & { stream: Socket };
    return { model, stream: connection.stream, writes: new WritePath(connection) };
  };

  it('lets nothing overtake what its channel has waiting, though the socket is free again', async () => {
    const { model, stream } = await rawConnection();
    const channel = await model.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const got: number[] = [];
    await channel.consume(queue, (message) => message && got.push(message.content.length));
    channel.sendToQueue(queue, Buffer.alloc(1_000_000));
    expect(stream.writableNeedDrain).toBe(true);
    channel.sendToQueue(queue, Buffer.alloc(1));
    Object.defineProperty(stream, 'writableNeedDrain', { value: false, configurable: true });
    channel.sendToQueue(queue, Buffer.alloc(2));
    Reflect.deleteProperty(stream, 'writableNeedDrain');
    await waitUntil(() => got.length === 3);
    expect(got).toEqual([1_000_000, 1, 2]);
    await model.close();
  });

  it('hands everything that is said at once to the socket at once, from all channels', async () => {
    const { model, stream } = await rawConnection();
    const channels = [await model.createChannel(), await model.createChannel()];
    const calls = countCalls(stream);
    for (const channel of channels)
      for (let i = 0; i < 5; i++) channel.publish('', 'nobody', Buffer.from('12345'), {});
    expect(stream.writableLength).toBeGreaterThan(10 * 5);
    await turn();
    expect([stream.writableLength, calls()]).toEqual([0, 1]);
    await model.close();
  });

  it('sends what can wait with the next thing that is said, or by itself when nothing is', async () => {
    const { model, stream, writes } = await rawConnection();
    const channel = await model.createChannel();
    const calls = countCalls(stream);
    let said = 0;
    const say = () => {
      said++;
      channel.publish('', 'nobody', Buffer.from('later'), {});
    };
    writes.later(say);
    await turn();
    expect([said, calls()]).toEqual([0, 0]);
    channel.publish('', 'nobody', Buffer.from('now'), {});
    await turn();
    expect([said, calls()]).toEqual([1, 1]);
    writes.later(say);
    await waitUntil(() => calls() === 2);
    expect(said).toBe(2);
    await model.close();
  });
});

/** Until what is said now has been handed over. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** How often the socket was given something, from now on. */
function countCalls(stream: Socket): () => number {
  let calls = 0;
  const inner = stream as unknown as { _writeGeneric(...args: unknown[]): unknown };
  const write = inner._writeGeneric;
  inner._writeGeneric = (...args) => {
    calls++;
    return Reflect.apply(write, stream, args);
  };
  return () => calls;
}
