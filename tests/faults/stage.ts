/** Where the faults happen: a whole Praxis of real processes, the node and every client behind proxies of their own. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Client, connectClient } from '../../client/index.js';
import { Credentials, homeOf, packageRoot, writeSecret } from '../../proto/index.js';
import { Part } from '../support/part.js';
import { Postgres, postgresInstalled } from '../support/postgres.js';
import { RabbitMq } from '../support/rabbitmq.js';
import { ACTIVE, STANDBY } from '../support/service-pair.js';
import { PRAXIS, System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import type { Speaker } from './duplicate.js';
import { sweep } from './leftovers.js';
import { NetworkProxy } from './proxy.js';

export type BrokerKind = 'embedded' | 'rabbitmq';

/** The demo agent, which writes down what it says; as a program of its own, and as the child of a shell that waits for it. */
export const AGENT = 'logged';
export const WRAPPED_AGENT = 'wrapped';

const AGENT_PROGRAM = 'dist/connectors/demo/agent/main.js';
const CLOCK_HOOK = fileURLToPath(new URL('./clock-hook.mjs', import.meta.url));

/** Where a client is: each has its own way to the broker. */
export type Place = 'near' | 'far';

interface Way {
  proxy: NetworkProxy;
  env: NodeJS.ProcessEnv;
  /** The login of who goes there, at the broker itself. */
  login: Credentials;
}

export class Stage {
  node!: Part;
  rabbit: RabbitMq | undefined;
  /** The journal's database, beside RabbitMQ and where Postgres is installed; SQLite otherwise. */
  postgres: Postgres | undefined;
  /** A second service, while a fault wants one. */
  private standby: Part | undefined;
  system!: System;
  /** Between RabbitMQ and the service; none around the embedded broker, which is in the service. */
  serviceProxy: NetworkProxy | undefined;
  private nodeWay!: Way;
  private readonly clientWays = {} as Record<Place, Way>;
  private readonly clients: Client[] = [];

  static async start(broker: BrokerKind): Promise<Stage> {
    const stage = new Stage();
    try {
      await stage.build(broker);
    } catch (error) {
      await stage.stop();
      throw error;
    }
    return stage;
  }

  private async build(broker: BrokerKind): Promise<void> {
    if (broker === 'rabbitmq') {
      this.rabbit = await RabbitMq.start();
      this.serviceProxy = await NetworkProxy.start(tcp(this.rabbit.url));
      if (postgresInstalled()) this.postgres = await Postgres.start();
    }
    const rabbit = this.rabbit && {
      ...this.rabbit.toJSON(),
      url: `amqp://127.0.0.1:${this.serviceProxy!.port}`,
    };
    const program = join(packageRoot, AGENT_PROGRAM);
    this.system = await System.start({
      ...(rabbit && { rabbit }),
      ...(this.postgres && { database: await this.postgres.database() }),
      env: (root) => ({ NODE_OPTIONS: `--import=${CLOCK_HOOK}`, PX_CLOCK: join(root, 'clock') }),
      node: (root) => {
        // An agent has no clock that jumps, and starts quicker so.
        const env = {
          DEMO_AGENT_LOG: join(root, 'agent.log'),
          DEMO_AGENT_STATE: join(root, 'demo'),
          NODE_OPTIONS: '',
        };
        return {
          agents: {
            [AGENT]: { command: [process.execPath, program], env },
            [WRAPPED_AGENT]: {
              command: ['/bin/sh', '-c', '"$0" "$1"; exit $?', process.execPath, program],
              env,
            },
          },
        };
      },
    });
    await this.system.node.stop();
    this.nodeWay = await this.behind('node', 'node');
    this.clientWays.near = await this.behind('client', 'near');
    this.clientWays.far = await this.behind('client', 'far');
    this.node = new Part(
      [process.execPath, PRAXIS, 'node'],
      this.nodeWay.env,
      join(this.system.root, 'node.log'),
    );
    this.node.start();
    await this.system.settled();
  }

  /** A part's way to the broker through a new proxy. */
  private async behind(role: 'node' | 'client', name: string): Promise<Way> {
    const { env, home, root } = this.system;
    const credentials = Credentials.parse(JSON.parse(readFileSync(home.credentials(role), 'utf8')));
    const { user, password, url } = credentials;
    if (this.rabbit) {
      const proxy = await NetworkProxy.start(tcp(this.rabbit.url));
      const { pathname } = new URL(url);
      const login = { ...credentials, url: `${this.rabbit.url}${pathname}` };
      const PRAXIS_BUS_URL = `amqp://${user}:${password}@127.0.0.1:${proxy.port}${pathname}`;
      return { proxy, login, env: { ...env, PRAXIS_BUS_URL } };
    }
    const path = join(root, `${name}.sock`);
    const proxy = await NetworkProxy.start({ path: home.socket }, path);
    return {
      proxy,
      login: credentials,
      env: { ...env, PRAXIS_BUS_URL: `unix://${user}:${password}@${path}` },
    };
  }

  get nodeProxy(): NetworkProxy {
    return this.nodeWay.proxy;
  }

  clientProxy(place: Place): NetworkProxy {
    return this.clientWays[place].proxy;
  }

  /** The environment of a command that runs at the place. */
  clientEnv(place: Place): NodeJS.ProcessEnv {
    return this.clientWays[place].env;
  }

  /** Whose messages can be copied: everybody's that come to the broker by a proxy. */
  get speakers(): Speaker[] {
    const ways = [this.nodeWay, this.clientWays.near, this.clientWays.far];
    if (!this.rabbit) return ways;
    const url = new URL(this.nodeWay.login.url);
    const { user, password } = this.rabbit;
    return [...ways, { proxy: this.serviceProxy!, login: { url: url.href, user, password } }];
  }

  async client(place: Place): Promise<Client> {
    const client = connectClient({ env: this.clientWays[place].env, name: `faults ${place}` });
    this.clients.push(client);
    await client.ready(30_000);
    return client;
  }

  async closeClients(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
  }

  /** The wall clock of service, node and new processes is `ms` away from the truth from now on. */
  shiftClock(ms: number): void {
    writeFileSync(join(this.system.root, 'clock'), String(ms));
    for (const part of [this.system.service, this.node]) process.kill(part.pid, 'SIGUSR2');
  }

  /** A second service on the same broker and database, which stands by. */
  async startStandby(): Promise<Part> {
    for (;;) {
      const [standby, log] = this.startSecond();
      const says = (message: string) => readFileSync(log, 'utf8').includes(message);
      await waitUntil(() => says(STANDBY) || says(ACTIVE), 30_000, 20);
      if (says(STANDBY)) return standby;
      // The first one stood still for so long on a starved machine that this one has taken over at once.
      await this.endStandby();
    }
  }

  private startSecond(): [Part, string] {
    const { system } = this;
    const home = homeOf({ PRAXIS_HOME: join(system.root, 'standby') });
    mkdirSync(home.root, { recursive: true });
    // The logins of this machine exist: it must not make them anew.
    for (const role of ['node', 'client'] as const)
      writeSecret(home.credentials(role), JSON.parse(readFileSync(system.home.credentials(role), 'utf8')));
    const log = join(system.root, 'standby.log');
    writeFileSync(log, '');
    const second = new Part(
      [process.execPath, PRAXIS, 'service'],
      { ...system.env, PRAXIS_HOME: home.root },
      log,
    );
    this.standby = second;
    second.start();
    return [second, log];
  }

  /** Ends the second service when the first one stands by, which is then active again. */
  async endStandby(): Promise<void> {
    const said = (message: string) => this.system.log().split(message).length;
    if (!this.system.service.running) {
      const before = said(STANDBY);
      this.system.service.start();
      await waitUntil(() => said(STANDBY) > before, 30_000, 20);
    }
    const before = said(ACTIVE);
    await this.standby?.stop();
    this.standby = undefined;
    await waitUntil(() => said(ACTIVE) > before, 30_000, 20);
  }

  /** Files of the service may not grow beyond `bytes`: the journal cannot be written. */
  async limitFiles(bytes: number | 'unlimited'): Promise<void> {
    const pid = String(this.system.service.pid);
    await promisify(execFile)('prlimit', ['--pid', pid, `--fsize=${bytes}:unlimited`]);
  }

  /** What agents wrote down since clearLog(), each line before it was said. */
  written(): string[] {
    const file = this.agentLog;
    return (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n');
  }

  /** No agent may be at work. */
  clearLog(): void {
    if (existsSync(this.agentLog)) truncateSync(this.agentLog);
  }

  private get agentLog(): string {
    return join(this.system.root, 'agent.log');
  }

  log(): string {
    const file = join(this.system.root, 'node.log');
    return this.system.log() + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  /** Copies every log of now into a folder, with a word about what went wrong. */
  keepLogs(folder: string, about: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'about.txt'), `${about}\n`);
    const own = ['parts.log', 'node.log', 'standby.log', 'agent.log'].map((name) =>
      join(this.system.root, name),
    );
    const others = [this.rabbit, this.postgres].flatMap((one) => (one ? [join(one.dir, 'output.log')] : []));
    for (const file of [...own, ...others])
      if (existsSync(file)) copyFileSync(file, join(folder, file.split('/').slice(-2).join('-')));
    if (this.rabbit)
      cpSync(join(this.rabbit.dir, 'log'), join(folder, 'rabbitmq'), { recursive: true, force: true });
  }

  /** Ends everything, by force what does not end in time. Rejects when something had to be killed, or was left. */
  async stop(): Promise<void> {
    const problems: string[] = [];
    const end = async (what: string, ending: Promise<unknown> | undefined) => {
      const late = sleep(STOP_MS, undefined, { ref: false }).then(() => {
        throw new Error(`${what} did not end in ${STOP_MS / 1_000} s`);
      });
      await Promise.race([ending, late]).catch((error: Error) => problems.push(error.message));
    };
    await end('clients', this.closeClients());
    await end('the node', this.node?.stop());
    await end('the standby', this.standby?.stop());
    await end('the system', this.system?.stop());
    const proxies = [this.nodeWay, this.clientWays.near, this.clientWays.far].map((way) => way?.proxy);
    for (const proxy of [...proxies, this.serviceProxy]) await end('a proxy', proxy?.stop());
    await end('RabbitMQ', this.rabbit?.stop());
    await end('Postgres', this.postgres?.stop());
    if (problems.length > 0 && this.system) sweep(this.system.root);
    if (problems.length > 0) throw new Error(problems.join('; '));
  }
}

/** Milliseconds that a part has to end politely. */
const STOP_MS = 30_000;

const tcp = (url: string): NetConnectOpts => ({ host: '127.0.0.1', port: Number(new URL(url).port) });
