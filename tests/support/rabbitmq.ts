/** A private RabbitMQ for tests: own ports, own data directory, nothing of the machine's own broker is touched. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endGroup, freePort } from './own-server.js';
import { waitUntil } from './wait.js';

/** The script itself: the one in /usr/sbin changes the user, and needs root for it. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const BOOT_MS = 60_000;

export const rabbitMqInstalled = (): boolean => existsSync(SERVER);

/** `small`: one scheduler, which does not spin while it waits, since many instances share a machine. `usual`: as RabbitMQ comes. */
const SCHEDULERS = { small: '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none', usual: '' };
type Size = keyof typeof SCHEDULERS;

/** Where an instance listens, and its administrator. Plain data: another process can use it. */
export interface RabbitMqAddress {
  /** amqp://127.0.0.1:port, without user. */
  url: string;
  /** http://127.0.0.1:port of the management API. */
  adminUrl: string;
  user: string;
  password: string;
  /** Of the server and of its epmd; each leads a process group. */
  pids: number[];
  dir: string;
}

/** One instance whose data outlives its restarts. */
export class RabbitMq implements RabbitMqAddress {
  readonly user = 'praxis';
  readonly password = 'test';
  readonly dir = mkdtempSync(join(tmpdir(), 'pxrmq-'));
  #server?: ChildProcess;
  #epmd?: ChildProcess;

  private constructor(
    private readonly ports: { amqp: number; dist: number; admin: number; epmd: number },
    private readonly size: Size,
  ) {
    mkdirSync(join(this.dir, 'home'));
    writeFileSync(join(this.dir, 'enabled_plugins'), '[rabbitmq_management].\n');
    writeFileSync(
      join(this.dir, 'rabbitmq.conf'),
      [
        `default_user = ${this.user}`,
        `default_pass = ${this.password}`,
        `management.tcp.port = ${ports.admin}`,
        'management.tcp.ip = 127.0.0.1',
        'disk_free_limit.absolute = 50MB',
        'log.file.level = warning',
      ].join('\n'),
    );
  }

  static async start(size: Size = 'small'): Promise<RabbitMq> {
    const [amqp, dist, admin, epmd] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const instance = new RabbitMq({ amqp, dist, admin, epmd }, size);
    await instance.boot();
    return instance;
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.ports.amqp}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.ports.admin}`;
  }

  get pids(): number[] {
    return [this.#server?.pid, this.#epmd?.pid].filter((pid) => pid !== undefined);
  }

  toJSON(): RabbitMqAddress {
    const { url, adminUrl, user, password, pids, dir } = this;
    return { url, adminUrl, user, password, pids, dir };
  }

  /** Starts it (again) with the data that it has. Resolves when it takes connections. */
  async boot(): Promise<void> {
    const at = (name: string) => join(this.dir, name);
    const env = {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: at('home'),
      ERL_EPMD_PORT: String(this.ports.epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `praxis${this.ports.amqp}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(this.ports.amqp),
      RABBITMQ_DIST_PORT: String(this.ports.dist),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${SCHEDULERS[this.size]} -kernel inet_dist_use_interface {127,0,0,1}`,
    };
    const log = openSync(at('output.log'), 'a');
    const run = (command: string, args: string[]) => {
      // A group of its own, so that it ends with everything it started, and only by us.
      const child = spawn(command, args, { env, cwd: this.dir, detached: true, stdio: ['ignore', log, log] });
      child.unref();
      return child;
    };
    // Our own epmd: one that the server starts would become a daemon and stay.
    this.#epmd ??= run('epmd', ['-port', String(this.ports.epmd), '-address', '127.0.0.1']);
    const server = run(SERVER, []);
    this.#server = server;
    closeSync(log);
    await waitUntil(
      async () => {
        if (server.exitCode !== null)
          throw new Error(`RabbitMQ did not start: ${lastLines(at('output.log'))}`);
        const answer = await fetch(`${this.adminUrl}/api/overview`, { headers: this.authorization }).catch(
          () => undefined,
        );
        await answer?.arrayBuffer();
        return answer?.ok === true;
      },
      BOOT_MS,
      100,
    );
  }

  get authorization(): Record<string, string> {
    return { authorization: `Basic ${Buffer.from(`${this.user}:${this.password}`).toString('base64')}` };
  }

  /** kill -9, with everything that it started. Its data stays; boot() starts it again. */
  async kill(): Promise<void> {
    await endGroup(this.#server?.pid);
    this.#server = undefined;
  }

  /** Ends it for good and removes its data. */
  async stop(): Promise<void> {
    await stopRabbitMq(this);
  }
}

/** Ends an instance by its address, from any process, and removes its data. */
export async function stopRabbitMq({ pids, dir }: Pick<RabbitMqAddress, 'pids' | 'dir'>): Promise<void> {
  for (const pid of pids) await endGroup(pid);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** What it said last, since its folder goes with the test. */
const lastLines = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-30).join('\n');
