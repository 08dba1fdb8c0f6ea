/**
 * Two services on one RabbitMQ and one Postgres, each as a process behind proxies of its own, with a node and clients that reach
 * the broker directly. One of the two is active, the other stands by.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectClient } from '../../client/index.js';
import { Credentials, type Home, homeOf, type NodeConfig, writeSecret } from '../../proto/index.js';
import { NetworkProxy } from '../faults/proxy.js';
import { Part } from './part.js';
import { processesWith } from './processes.js';
import type { RabbitMqAddress } from './rabbitmq.js';
import { rabbitLogins } from './rabbitmq-logins.js';
import { NODE_NAME, PRAXIS } from './system.js';
import { waitUntil } from './wait.js';

/** One of the two. */
export class Member {
  private constructor(
    readonly part: Part,
    readonly broker: NetworkProxy,
    readonly database: NetworkProxy,
    private readonly logFile: string,
  ) {}

  static async make(
    root: string,
    name: string,
    people: Home,
    env: NodeJS.ProcessEnv,
    urls: { bus: string; database: string },
  ): Promise<Member> {
    const [broker, database] = await Promise.all([proxyOf(urls.bus), proxyOf(urls.database)]);
    const home = homeOf({ PRAXIS_HOME: join(root, name) });
    mkdirSync(home.root);
    const bus = new URL(urls.bus);
    bus.port = String(broker.port);
    const db = new URL(urls.database);
    db.port = String(database.port);
    // The logins of this machine exist: it must not make them anew.
    for (const role of ['node', 'client'] as const) {
      const known = Credentials.parse(JSON.parse(readFileSync(people.credentials(role), 'utf8')));
      writeSecret(home.credentials(role), { ...known, url: `amqp://${bus.host}${bus.pathname}` });
    }
    const own = { PRAXIS_HOME: home.root, PRAXIS_BUS_URL: bus.href, PRAXIS_DATABASE_URL: db.href };
    const log = join(root, `${name}.log`);
    writeFileSync(log, '');
    return new Member(
      new Part([process.execPath, PRAXIS, 'service'], { ...env, ...own }, log),
      broker,
      database,
      log,
    );
  }

  /** The messages of its log, oldest first. */
  get said(): { msg: string; time: number }[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as { msg: string; time: number });
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  count(message: string): number {
    return this.said.filter(({ msg }) => msg === message).length;
  }

  /** Resolves once it has said so for the `times`th time. */
  async until(message: string, times = 1): Promise<void> {
    await waitUntil(() => this.count(message) >= times, 60_000).catch(() => {
      throw new Error(`it did not say "${message}" ${times} times:\n${this.log}`);
    });
  }

  /** Cuts it off from the broker, the database, or both, until heal(). */
  partition(...from: ('broker' | 'database')[]): void {
    for (const name of from) this[name].partition();
  }

  heal(): void {
    this.broker.heal();
    this.database.heal();
  }

  async stop(): Promise<void> {
    this.heal();
    await this.part.stop();
    await this.broker.stop();
    await this.database.stop();
  }
}

const proxyOf = (url: string) => NetworkProxy.start({ host: '127.0.0.1', port: Number(new URL(url).port) });

export const ACTIVE = 'this service is active';
export const STANDBY = 'this service is a standby';
export const DEPOSED = 'this service is not active any more';

export class ServicePair {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'px-pair-')));
  readonly work = join(this.root, 'work');
  readonly env: NodeJS.ProcessEnv;
  a!: Member;
  b!: Member;
  node!: Part;
  /** The name of its own in the RabbitMQ. */
  vhost!: string;
  private readonly people: Home;
  private readonly clients: Client[] = [];

  private constructor() {
    const base = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('PRAXIS_') && name !== 'VITEST',
    );
    this.env = {
      ...Object.fromEntries(base),
      PRAXIS_HOME: join(this.root, 'people'),
      PX_TEST_HOME: this.root,
    };
    this.people = homeOf(this.env);
    mkdirSync(this.people.root);
    mkdirSync(this.work);
  }

  /** Resolves when `a` is active, `b` stands by, and the node is there. */
  static async start(
    rabbit: RabbitMqAddress,
    database: string,
    node: (root: string) => Partial<NodeConfig>,
  ): Promise<ServicePair> {
    const pair = new ServicePair();
    const { root, people, env } = pair;
    writeFileSync(
      people.nodeConfig,
      JSON.stringify({ name: NODE_NAME, roots: [pair.work], ...node(pair.root) }),
    );
    const login = await rabbitLogins(rabbit, [NODE_NAME], ['tester']);
    login.write(people);
    pair.vhost = new URL(login.serviceUrl).pathname.slice(1);
    const urls = { bus: login.serviceUrl, database };
    pair.a = await Member.make(root, 'a', people, env, urls);
    pair.b = await Member.make(root, 'b', people, env, urls);
    pair.a.part.start();
    await pair.a.until(ACTIVE);
    pair.b.part.start();
    await pair.b.until(STANDBY);
    pair.node = new Part([process.execPath, PRAXIS, 'node'], env, join(root, 'node.log'));
    pair.node.start();
    const client = await pair.client();
    await waitUntil(async () => {
      const { nodes } = await client.call('_praxis/nodes', {});
      return nodes.some(
        ({ state, connectors }) =>
          state === 'live' && connectors.every(({ status }) => status !== 'checking'),
      );
    }, 60_000);
    return pair;
  }

  async client(): Promise<Client> {
    const client = connectClient({ env: this.env, name: 'test' });
    this.clients.push(client);
    await client.ready(60_000);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.node?.stop();
    await this.a?.stop();
    await this.b?.stop();
    const left = processesWith(`PX_TEST_HOME=${this.root}`);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0) throw new Error(`still running: ${left.map(({ command }) => command).join('; ')}`);
  }
}
