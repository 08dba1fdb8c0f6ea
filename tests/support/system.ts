/**
 * A whole Praxis of real processes in a home of its own: `praxis service` and `praxis node` as they are shipped (dist/), over the
 * embedded broker or over RabbitMQ. Whatever a test does with it, `stop()` leaves no process and no file behind.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connectClient } from '../../client/index.js';
import { type Home, homeOf, type NodeConfig } from '../../proto/index.js';
import { AcpPeer, type PeerOptions } from './acp-peer.js';
import { Part } from './part.js';
import { processesWith } from './processes.js';
import type { RabbitMqAddress } from './rabbitmq.js';
import { type RabbitLogin, rabbitLogins } from './rabbitmq-logins.js';
import { waitUntil } from './wait.js';

export const PRAXIS = fileURLToPath(new URL('../../dist/bin/praxis.js', import.meta.url));

export interface SystemOptions {
  /** The RabbitMQ to use, in a vhost of its own; absent: the embedded broker. */
  rabbit?: RabbitMqAddress;
  /** PRAXIS_DATABASE_URL; absent: SQLite. */
  database?: string;
  /** node.json besides `name` and `roots`, which the system sets; `root` is the system's directory for its files. */
  node?: (root: string) => Partial<NodeConfig>;
  env?: NodeJS.ProcessEnv | ((root: string) => NodeJS.ProcessEnv);
}

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export const NODE_NAME = 'here';

export class System {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'px-')));
  /** Where sessions may work. */
  readonly work = join(this.root, 'work');
  /** The environment of every command that belongs to this system. */
  readonly env: NodeJS.ProcessEnv;
  readonly home: Home;
  readonly service: Part;
  readonly node: Part;
  /** A variable that every process of the system inherits, agents and their children among them. */
  readonly mark = `PX_TEST_HOME=${this.root}`;
  readonly #clients: Client[] = [];
  readonly #peers: AcpPeer[] = [];
  readonly #log = join(this.root, 'parts.log');

  private constructor(
    readonly options: SystemOptions,
    login: RabbitLogin | undefined,
  ) {
    const home = join(this.root, 'home');
    mkdirSync(home, { recursive: true });
    mkdirSync(this.work);
    const base = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('PRAXIS_') && name !== 'VITEST',
    );
    this.env = {
      ...Object.fromEntries(base),
      PRAXIS_HOME: home,
      PX_TEST_HOME: this.root,
      DEMO_AGENT_STATE: join(this.root, 'demo'),
      ...(login && { PRAXIS_BUS_URL: login.serviceUrl }),
      ...(options.database !== undefined && { PRAXIS_DATABASE_URL: options.database }),
      ...(typeof options.env === 'function' ? options.env(this.root) : options.env),
    };
    this.home = homeOf(this.env);
    writeFileSync(
      this.home.nodeConfig,
      JSON.stringify({ name: NODE_NAME, roots: [this.work], ...options.node?.(this.root) }),
    );
    login?.write(this.home);
    this.service = this.#part('service');
    this.node = this.#part('node');
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const login = options.rabbit && (await rabbitLogins(options.rabbit, [NODE_NAME], ['tester']));
    const system = new System(options, login);
    try {
      system.service.start();
      const made = () =>
        (['node', 'client'] as const).every((role) => existsSync(system.home.credentials(role)));
      await waitUntil(() => system.#partsRun() && made(), 20_000);
      system.node.start();
      await system.settled();
    } catch (error) {
      const log = system.log();
      await system.stop();
      throw new Error(`${(error as Error).message}\n${log}`);
    }
    return system;
  }

  #part(name: string): Part {
    return new Part([process.execPath, PRAXIS, name], this.env, this.#log);
  }

  #partsRun(): boolean {
    if (!this.service.running) throw new Error('the service ended');
    return true;
  }

  /** What the parts wrote on stdout and stderr. */
  log(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
  }

  /** Resolves when the service answers, its node is live, and the node knows its agents. */
  async settled(): Promise<void> {
    const client = await this.client();
    await waitUntil(
      async () => {
        const { nodes } = await client.call('_praxis/nodes', {});
        const node = nodes.find(({ name, state }) => name === NODE_NAME && state === 'live');
        return node?.connectors.every(({ status }) => status !== 'checking') ?? false;
      },
      20_000,
      20,
    );
    await client.close();
    this.#clients.splice(this.#clients.indexOf(client), 1);
  }

  /** A client in this process, as the TUI has it. */
  async client(): Promise<Client> {
    const client = connectClient({ env: this.env, name: 'test' });
    this.#clients.push(client);
    await client.ready(20_000);
    return client;
  }

  /** Runs `praxis ...` to its end. */
  run(args: readonly string[], options: Partial<Parameters<typeof runCommand>[1]> = {}): Promise<Run> {
    return runCommand([process.execPath, PRAXIS, ...args], { cwd: this.work, ...options, env: this.env });
  }

  /** `praxis acp ...` with a stock client on its stdio. */
  acp(args: readonly string[], options: PeerOptions = {}): AcpPeer {
    const peer = new AcpPeer([process.execPath, PRAXIS, 'acp', ...args], {
      cwd: this.work,
      env: this.env,
      ...options,
    });
    this.#peers.push(peer);
    return peer;
  }

  /** Every live process that this system started, agents and their children included. */
  processes(): { pid: number; command: string }[] {
    return processesWith(this.mark);
  }

  /** Ends everything. Rejects, after having killed it, when something outlived the polite stop of the parts. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await this.node.stop();
    await this.service.stop();
    const left = this.processes();
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    const log = left.length > 0 ? this.log() : '';
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0)
      throw new Error(
        `still running: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}\n${log}`,
      );
  }
}

/** Runs a command to its end and gives what it said. `onOutput` sees stdout as it grows and may signal the process. */
export function runCommand(
  command: readonly string[],
  options: {
    env: NodeJS.ProcessEnv;
    cwd: string;
    stdin?: string;
    timeoutMs?: number;
    onOutput?: (stdout: string, signal: (name: NodeJS.Signals) => void) => void;
  },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      env: options.env,
      cwd: options.cwd,
      timeout: options.timeoutMs ?? 60_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.(stdout, (name) => child.kill(name));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.end(options.stdin ?? '');
  });
}
