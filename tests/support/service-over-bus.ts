/** A service in this process over a real broker, with a scripted node and real clients on connections of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus, createOutbox, type Incoming, parseBusUrl } from '../../bus/index.js';
import { type Client, connectClient } from '../../client/index.js';
import {
  Credentials,
  EVENTS,
  type Headers,
  homeOf,
  NODES,
  newId,
  nodeQueue,
  nodeTopology,
  partitionKey,
  readConfig,
  serviceTopology,
} from '../../proto/index.js';
import { stand } from '../../service/office/index.js';
import { systemClock } from '../../service/ports.js';
import { type RunningService, startService } from '../../service/service.js';
import { type Database, SqliteDatabase } from '../../service/store/index.js';
import type { RabbitMqAddress } from './rabbitmq.js';
import { rabbitLogins } from './rabbitmq-logins.js';
import { quiet, TestNode } from './service-world.js';
import { memberOf } from './stores.js';
import { waitUntil } from './wait.js';

export class BusWorld {
  readonly node: TestNode;
  private readonly stops: (() => Promise<void>)[] = [];
  private service: RunningService | undefined;
  private database: Database | undefined;

  private constructor(
    private readonly root: string,
    private readonly serviceCredentials: Credentials,
    private readonly rabbit: RabbitMqAddress,
  ) {
    this.node = this.startNode();
  }

  static async start(rabbit: RabbitMqAddress): Promise<BusWorld> {
    const root = mkdtempSync(join(tmpdir(), 'px-bus-'));
    const logins = await rabbitLogins(rabbit, ['box'], ['tester']);
    logins.write(homeOf({ PRAXIS_HOME: root }));
    const { url, user, password } = parseBusUrl(logins.serviceUrl);
    const world = new BusWorld(root, Credentials.parse({ url, user, password }), rabbit);
    await world.startService();
    return world;
  }

  private async startService(): Promise<void> {
    const bus = connectBus({
      credentials: this.serviceCredentials,
      topology: serviceTopology(1),
      name: 'service',
    });
    await bus.ready(10_000);
    const database = await SqliteDatabase.open(homeOf({ PRAXIS_HOME: this.root }).database);
    this.database = database;
    const me = memberOf(newId());
    const common = { clock: systemClock, log: quiet };
    const term = await stand({
      ...{ lease: database.lease, me, ready: () => true, alone: 'file', stopped: new Promise(() => {}) },
      ...common,
    });
    this.service = await startService({
      ...{ bus, term: term!, store: database.store(term!.epoch), boot: newId() },
      ...common,
      host: {
        ...{ bus: 'rabbitmq', store: 'sqlite', active: me, standbys: () => [] },
        logins: { has: async () => true, check: () => {}, enroll: async () => '', revoke: async () => true },
      },
    });
  }

  async restartService(): Promise<void> {
    await this.stopService();
    await this.startService();
  }

  private async stopService(): Promise<void> {
    await this.service?.stop();
    await this.database?.close();
  }

  private startNode(): TestNode {
    const credentials = readConfig(homeOf({ PRAXIS_HOME: this.root }).credentials('node'), Credentials)!;
    const bus = connectBus({ credentials, topology: nodeTopology('box'), name: 'node' });
    type Lane = Omit<Headers, 'v'>;
    const outbox = createOutbox<Lane>({
      bus,
      compose: (headers, lines, seq) => ({
        ...{ exchange: EVENTS, key: partitionKey(0), lines, persistent: true },
        headers: { ...headers, ...(seq !== undefined && { seq }) },
      }),
    });
    const listeners = new Map();
    const node = new TestNode(
      {
        bus: { listeners },
        core: {
          event({ headers: { v: _v, seq, ...lane }, lines }: Incoming) {
            lines.forEach((line, i) => {
              outbox.push(lane.session ?? '', lane, line, seq === undefined ? undefined : seq + i);
            });
          },
        },
      },
      'box',
    );
    bus.consume(nodeQueue('box'), ({ headers, lines }) => {
      listeners.get(`${NODES} box`)?.({ exchange: NODES, key: 'box', headers, lines });
      if (lines.some((line) => line.includes('_praxis/service/online'))) void node.hello();
      return 'ack';
    });
    bus.onState(({ kind }) => void (kind === 'connected' && node.hello()));
    this.stops.push(() => bus.close());
    return node;
  }

  async client(): Promise<Client> {
    const client = connectClient({ env: { PRAXIS_HOME: this.root }, name: 'test' });
    this.stops.push(() => client.close());
    await client.ready(10_000);
    await waitUntil(async () => (await client.call('_praxis/nodes', {})).nodes.length > 0);
    return client;
  }

  /** The broker ends every connection of the service's login, as a broken network would. */
  async cutService(): Promise<void> {
    const { adminUrl, user, password } = this.rabbit;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const vhost = new URL(this.serviceCredentials.url).pathname.slice(1);
    let cut = 0;
    await waitUntil(async () => {
      const answer = await fetch(`${adminUrl}/api/vhosts/${vhost}/connections`, {
        headers: { authorization },
      });
      const connections = (await answer.json()) as { name: string; user: string }[];
      for (const { name } of connections.filter((one) => one.user === user)) {
        const path = `${adminUrl}/api/connections/${encodeURIComponent(name)}`;
        const gone = await fetch(path, { method: 'DELETE', headers: { authorization } });
        if (gone.ok) cut++;
      }
      return cut > 0;
    }, 20_000);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
    await this.stopService();
    rmSync(this.root, { recursive: true, force: true });
  }
}
