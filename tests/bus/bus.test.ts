/** The bus as the parts use it, over both brokers: what it promises when all is well, and when something is not. */
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type Bus,
  type BusOptions,
  type BusState,
  connectBus,
  type Incoming,
  Unconfirmed,
} from '../../bus/index.js';
import {
  COMMANDS,
  CONTENT_TYPE,
  commandsQueue,
  NODES,
  nodeQueue,
  nodeTopology,
  permissionsOf,
  serviceTopology,
  type Topology,
} from '../../proto/index.js';
import { overEachBroker, type TestBroker } from '../support/bus-brokers.js';
import { waitUntil } from '../support/wait.js';

const NOTHING: Topology = { exchanges: [], queues: [], bindings: [] };
const command = (...lines: string[]) => ({
  exchange: COMMANDS,
  key: 'p0',
  headers: {},
  lines,
  persistent: true,
});

overEachBroker((start) => {
  let broker: TestBroker;
  const buses: Bus[] = [];
  const warnings: string[] = [];

  const busOf = (options: Partial<BusOptions> = {}): Bus => {
    const bus = connectBus({
      credentials: broker.service,
      topology: NOTHING,
      name: 'test',
      warn: (message, details) => warnings.push(`${message} ${JSON.stringify(details)}`),
      ...options,
    });
    buses.push(bus);
    return bus;
  };
  const ready = async (options?: Partial<BusOptions>): Promise<Bus> => {
    const bus = busOf(options);
    await bus.ready(10_000);
    return bus;
  };
  const reasonOf = ({ state }: Bus) => (state.kind === 'connecting' ? (state.reason ?? '') : '');

  beforeAll(async () => {
    broker = await start();
  });
  afterAll(() => broker.stop());
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    warnings.length = 0;
  });

  it('takes the password that a login has got meanwhile', async () => {
    const login = await broker.login('node.renewed', permissionsOf({ role: 'node', name: 'renewed' }));
    let now = { ...login, password: 'the old one' };
    const bus = busOf({ credentials: now, refresh: () => now });
    await waitUntil(() => reasonOf(bus).includes('refused the login'), 10_000);
    now = { ...login, user: 'node.other' };
    await waitUntil(() => bus.state.kind === 'connecting' && bus.state.attempt > 3, 10_000);
    now = login;
    await bus.ready(10_000);
  });

  it('lets a node wait until the service has made the exchanges, and says what it waits for', async () => {
    const node = busOf({
      credentials: await broker.login('node.early', permissionsOf({ role: 'node', name: 'early' })),
      topology: nodeTopology('early'),
    });
    await waitUntil(() => /missing at the broker/.test(reasonOf(node)));
    await expect(node.publish(command('{}'))).rejects.toThrow(Unconfirmed);
    await ready({ topology: serviceTopology(1) });
    await node.ready(10_000);
  });

  it('brings frames to the handler byte for byte, with the sender that the broker has verified', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    const client = await ready({
      credentials: await broker.login('client.me', permissionsOf({ role: 'client', name: 'me' })),
    });
    const got: Incoming[] = [];
    service.consume(commandsQueue(0), (message) => {
      got.push(message);
      return 'ack';
    });
    const lines = ['{"text":"é✓ \\u2028"}', `{"n":${'9'.repeat(30)}}`];
    await client.publish({ ...command(...lines), headers: { seq: 7, boot: 'b', at: 1_800_000_000_000 } });
    await waitUntil(() => got.length > 0);
    expect(got).toEqual([
      {
        headers: { v: 1, seq: 7, boot: 'b', at: 1_800_000_000_000 },
        lines,
        userId: 'client.me',
        redelivered: false,
      },
    ]);
  });

  it('says at once that nobody is there', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    await expect(
      service.publish({ exchange: NODES, key: 'absent', headers: {}, lines: ['{}'], mandatory: true }),
    ).rejects.toThrow('Nobody is there: absent at praxis.nodes');
    expect(service.state.kind).toBe('connected');
  });

  it('does not take a confirm for it when no queue has a persistent message', async () => {
    const service = await ready({
      topology: { ...NOTHING, exchanges: [{ name: 'praxis.unbound', type: 'direct', durable: false }] },
    });
    await expect(service.publish({ ...command('{}'), exchange: 'praxis.unbound' })).rejects.toThrow(
      Unconfirmed,
    );
    expect(reasonOf(service)).toBe('no queue takes p0 at praxis.unbound yet');
  });

  it('does with a delivery what its handler returns; one that throws costs that message only', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    const seen: string[] = [];
    service.consume(commandsQueue(0), async ({ lines: [line], redelivered }) => {
      seen.push(`${line}${redelivered ? ' again' : ''}`);
      if (line === 'throws') throw new Error('a bug');
      if (line === 'later') return redelivered ? 'ack' : 'requeue';
      return line === 'dropped' ? 'drop' : 'ack';
    });
    for (const line of ['throws', 'later', 'dropped', 'done']) await service.publish(command(line));
    await waitUntil(() => seen.length === 5);
    expect(seen.sort()).toEqual(['done', 'dropped', 'later', 'later again', 'throws']);
    expect(warnings.filter((text) => text.includes('a bug')).length).toBe(1);
    expect(service.state.kind).toBe('connected');
    const next: string[] = [];
    const other = await ready();
    await service.close();
    other.consume(commandsQueue(0), ({ lines: [line] }) => {
      next.push(line!);
      return 'ack';
    });
    await other.publish(command('only this'));
    await waitUntil(() => next.length > 0);
    expect(next).toEqual(['only this']);
  });

  it('drops messages that are none of ours, with a warning that does not hold them', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    const got: string[] = [];
    service.consume(commandsQueue(0), ({ lines: [line] }) => {
      got.push(line!);
      return 'ack';
    });
    const { url, user, password } = broker.service;
    const stranger = await connect(url.replace('//', `//${user}:${password}@`));
    const channel = await stranger.createChannel();
    const publish = (options: object) => channel.publish(COMMANDS, 'p0', Buffer.from('secret'), options);
    publish({ headers: { v: 1 } });
    publish({ userId: user, headers: { v: 'one' } });
    publish({ userId: user, headers: { v: 1, session: '../../etc' } });
    publish({ userId: user });
    publish({ userId: user, headers: { v: 1, unknown: 'later version' }, contentType: CONTENT_TYPE });
    await waitUntil(() => got.length === 1 && warnings.length === 4);
    expect(got).toEqual(['secret']);
    expect(warnings.join()).not.toContain('secret');
    await stranger.close();
  });

  it('acknowledges what is done behind a handler that takes long', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    let finish: () => void = () => undefined;
    const stop = service.consume(commandsQueue(0), ({ lines: [line] }) =>
      line === 'slow' ? new Promise((resolve) => (finish = () => resolve('ack'))) : 'ack',
    );
    const slow = service.publish(command('slow'));
    for (let i = 0; i < 10; i++) await service.publish(command('fast'));
    finish();
    await slow;
    await stop();
  });

  it('comes back after a mistake that closed its channel, with its consumers', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    const got: string[] = [];
    service.consume(commandsQueue(0), ({ lines: [line] }) => {
      got.push(line!);
      return 'ack';
    });
    const states: BusState[] = [];
    service.onState((state) => states.push(state));
    await expect(service.publish({ ...command('{}'), exchange: 'praxis.nowhere' })).rejects.toThrow(
      /disconnected.*praxis\.nowhere/,
    );
    await service.ready(10_000);
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'connected']);
    await service.publish(command('after'));
    await waitUntil(() => got.includes('after'));
  });

  it('declares its queue again when somebody deleted it', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    const got: string[] = [];
    service.consume(commandsQueue(0), ({ lines: [line] }) => {
      got.push(line!);
      return 'ack';
    });
    await service.publish(command('before'));
    await waitUntil(() => got.length === 1);
    const { url, user, password } = broker.service;
    const stranger = await connect(url.replace('//', `//${user}:${password}@`));
    await (await stranger.createChannel()).deleteQueue(commandsQueue(0));
    await waitUntil(() => service.state.kind === 'connecting');
    expect(reasonOf(service)).toContain(commandsQueue(0));
    await service.ready(10_000);
    await service.publish(command('after'));
    await waitUntil(() => got.length === 2);
    await stranger.close();
  });

  it('lets a second run of a node wait until the first is gone', async () => {
    await ready({ topology: serviceTopology(1) });
    const credentials = await broker.login('node.twice', permissionsOf({ role: 'node', name: 'twice' }));
    const first = await ready({ credentials, topology: nodeTopology('twice') });
    const second = busOf({ credentials, topology: nodeTopology('twice') });
    await waitUntil(() => /does it run twice/.test(reasonOf(second)));
    await first.close();
    await second.ready(10_000);
    const got: Incoming[] = [];
    second.consume(nodeQueue('twice'), (message) => {
      got.push(message);
      return 'ack';
    });
    await buses[0]!.publish({ exchange: NODES, key: 'twice', headers: {}, lines: ['hi'], mandatory: true });
    await waitUntil(() => got.length === 1);
  });

  it('says that a login was refused, without its password', async () => {
    const bus = busOf({ credentials: { ...broker.service, password: 'not-this-one' } });
    const failure = await bus.ready(1_000).catch((error: Error) => error.message);
    expect(failure).toMatch(/the broker refused the login/);
    expect(failure).not.toContain('not-this-one');
  });

  it('lets out what was acknowledged before it is closed', async () => {
    const again: string[] = [];
    for (let run = 0; run < 20; run++) {
      const service = await ready({ topology: serviceTopology(1) });
      let done: () => void = () => undefined;
      const handled = new Promise<void>((resolve) => {
        done = resolve;
      });
      service.consume(commandsQueue(0), ({ redelivered, lines: [line] }) => {
        if (redelivered) again.push(line!);
        done();
        return 'ack';
      });
      void service.publish({ ...command(`run ${run}`), persistent: false });
      await handled;
      await service.close();
    }
    expect(again).toEqual([]);
  });

  it('confirms or loses what was published before it is closed', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    service.consume(commandsQueue(0), () => 'ack');
    const outcomes = Array.from({ length: 20 }, () => service.publish(command('{}')));
    await service.close();
    await Promise.all(outcomes);
    await expect(service.publish(command('{}'))).rejects.toThrow(Unconfirmed);
    expect(service.state).toEqual({ kind: 'closed' });
  });

  it('carries a frame of the largest size', async () => {
    const service = await ready({ topology: serviceTopology(1) });
    let length = 0;
    service.consume(commandsQueue(0), ({ lines: [line] }) => {
      length = line!.length;
      return 'ack';
    });
    await service.publish(command('x'.repeat(32 * 1024 * 1024)));
    await waitUntil(() => length === 32 * 1024 * 1024);
  });
});
