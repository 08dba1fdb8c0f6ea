/** What only the embedded broker promises: what its confirms mean, who may reach it, and how much it holds. */
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, connect } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, type BrokerOptions, LoginStore, startBroker } from '../../bus/embedded/index.js';
import { type Bus, connectBus, type Disposition } from '../../bus/index.js';
import { COMMANDS, commandsQueue, serviceTopology } from '../../proto/index.js';
import { EVERYTHING } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

describe('the embedded broker', () => {
  let dir: string;
  let socket: string;
  let logins: LoginStore;
  let password: string;
  const brokers: Broker[] = [];
  const buses: Bus[] = [];

  const start = async (options: Partial<BrokerOptions> = {}) => {
    const broker = await startBroker({ socket, logins, ...options });
    brokers.push(broker);
    return broker;
  };
  const busOf = async (user = 'service', secret = password): Promise<Bus> => {
    const bus = connectBus({
      credentials: { url: `unix://${socket}`, user, password: secret },
      topology: user === 'service' ? serviceTopology(1) : { exchanges: [], queues: [], bindings: [] },
      name: 'test',
    });
    buses.push(bus);
    await bus.ready(5_000);
    return bus;
  };
  const send = (bus: Bus, persistent: boolean, line = '{}') =>
    bus.publish({ exchange: COMMANDS, key: 'p0', headers: {}, lines: [line], persistent });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pxe-'));
    socket = join(dir, 'run', 'b.sock');
    logins = new LoginStore(join(dir, 'logins.json'));
    password = logins.set('service', EVERYTHING);
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await Promise.all(brokers.splice(0).map((broker) => broker.close()));
    rmSync(dir, { recursive: true });
  });

  it('confirms a persistent message when its consumer has acknowledged it, a transient one at once', async () => {
    await start();
    const bus = await busOf();
    let confirmed = false;
    const persistent = send(bus, true).then(() => {
      confirmed = true;
    });
    await send(bus, false);
    const decide: ((disposition: Disposition) => void)[] = [];
    bus.consume(commandsQueue(0), () => new Promise((resolve) => decide.push(resolve)));
    await waitUntil(() => decide.length === 2);
    decide[1]!('ack');
    await send(bus, false);
    expect(confirmed).toBe(false);
    decide[0]!('ack');
    await persistent;
  });

  it('is reached by its owner alone', async () => {
    await start();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'run')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'logins.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'logins.json'), 'utf8')).not.toContain(password);
  });

  it('takes over the socket of a dead broker, and leaves a live one alone', async () => {
    const live = await start();
    await expect(start()).rejects.toThrow(`Another broker is running: it answers at ${socket}`);
    await live.close();
    // What a killed process leaves: a socket file that nobody listens on.
    const path = join(dir, 'other');
    const abandoned = createServer().listen(path);
    await new Promise((resolve) => abandoned.once('listening', resolve));
    renameSync(path, socket);
    await new Promise((resolve) => abandoned.close(resolve));
    await start();
    await busOf();
  });

  it('refuses to take a file for its socket', async () => {
    await (await start()).close();
    writeFileSync(socket, 'precious');
    await expect(start()).rejects.toThrow(/cannot be used: a file of that name is there/);
    expect(readFileSync(socket, 'utf8')).toBe('precious');
  });

  it('listens on loopback only', async () => {
    await expect(startBroker({ tcp: { host: '0.0.0.0' as '127.0.0.1', port: 0 }, logins })).rejects.toThrow(
      /loopback/,
    );
  });

  it('ends the connections of a login that is removed, and keeps those of others', async () => {
    await start();
    const service = await busOf();
    const node = await busOf('node.gone', logins.set('node.gone', EVERYTHING));
    logins.remove('node.gone');
    await waitUntil(() => node.state.kind === 'connecting');
    await waitUntil(
      () => node.state.kind === 'connecting' && /refused the login/.test(node.state.reason ?? ''),
    );
    expect(service.state.kind).toBe('connected');
    expect(new LoginStore(join(dir, 'logins.json')).authenticate('service', password)).toEqual(EVERYTHING);
  });

  it('makes publishers wait when it holds as much as it may, until consumers have made room', async () => {
    await start({ memoryLimit: 1_000_000 });
    const publisher = await busOf('writer', logins.set('writer', EVERYTHING));
    const service = await busOf();
    const line = 'x'.repeat(100_000);
    const outcomes = Array.from({ length: 100 }, () => send(publisher, true, line));
    const received: string[] = [];
    const held: ((disposition: Disposition) => void)[] = [];
    service.consume(commandsQueue(0), ({ lines: [text] }) => {
      received.push(text!);
      return new Promise((resolve) => held.push(resolve));
    });
    await waitUntil(() => received.length >= 10);
    // The one that holds deliveries is heard, though the broker is full.
    await send(service, false, 'from the consumer');
    expect(received.length).toBeLessThan(100);
    await waitUntil(() => {
      for (const resolve of held.splice(0)) resolve('ack');
      return received.length === 101;
    });
    for (const resolve of held.splice(0)) resolve('ack');
    await Promise.all(outcomes);
  });

  it('warns of what a login may not do, and not of what it looks for before it is there', async () => {
    const warnings: string[] = [];
    const warn = (message: string, details?: object) =>
      warnings.push(`${message} ${JSON.stringify(details)}`);
    const broker = await start({ tcp: { host: '127.0.0.1', port: 0 }, warn });
    const secret = logins.set('guest', { configure: '^mine$', write: '', read: '.*', topics: [] });
    const connection = await connect(`amqp://guest:${secret}@127.0.0.1:${broker.port}`);
    const refused = async (ask: (channel: Channel) => Promise<unknown>) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await expect(ask(channel)).rejects.toThrow();
    };
    await refused((channel) => channel.checkExchange('t.later'));
    await refused((channel) => channel.assertQueue('t.other'));
    expect(warnings).toEqual([expect.stringMatching(/^A channel was closed .*"user":"guest","code":403/)]);
    await connection.close();
  });

  it('lets a slow reader wait in its queue instead of in memory of its connection', async () => {
    const broker = await start({ tcp: { host: '127.0.0.1', port: 0 } });
    const slow = await connect(`amqp://service:${password}@127.0.0.1:${broker.port}`);
    const channel = await slow.createChannel();
    await channel.assertQueue('slow', { durable: false, arguments: { 'x-max-length': 10 } });
    const got: number[] = [];
    await channel.consume('slow', (message) => message && got.push(message.content.readUInt32BE(0)), {
      noAck: true,
    });
    const { stream } = slow.connection as unknown as { stream: NodeJS.ReadableStream };
    const fast = await connect(`amqp://service:${password}@127.0.0.1:${broker.port}`);
    const publishing = await fast.createConfirmChannel();
    stream.pause();
    const reading = stream.listeners('readable');
    stream.removeAllListeners('readable');
    for (let i = 0; i < 300; i++) {
      const body = Buffer.alloc(100_000);
      body.writeUInt32BE(i);
      publishing.sendToQueue('slow', body);
    }
    await publishing.waitForConfirms();
    for (const listener of reading) stream.on('readable', listener as () => void);
    await waitUntil(() => got.includes(299));
    expect(got.length).toBeLessThan(300);
    expect(got).toEqual([...got].sort((a, b) => a - b));
    await slow.close();
    await fast.close();
  });

  it('ends its clients with a reason when it is closed', async () => {
    const broker = await start();
    const bus = await busOf();
    await broker.close();
    await waitUntil(
      () => bus.state.kind === 'connecting' && /320|no service at/.test(bus.state.reason ?? ''),
    );
  });

  it('is missed by a client in words for people, when nobody listens at its address', async () => {
    const broker = await start();
    const bus = await busOf();
    await broker.close();
    await waitUntil(() => bus.state.kind === 'connecting' && bus.state.reason === `no service at ${socket}`);
  });
});
