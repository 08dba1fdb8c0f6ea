/** Where the faults happen: a whole Praxis of real processes, the node and a second client behind proxies of their own. */
import { existsSync, readFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { type Client, connectClient } from '../../client/index.js';
import { Credentials, packageRoot } from '../../proto/index.js';
import { Part } from '../support/part.js';
import { RabbitMq } from '../support/rabbitmq.js';
import { PRAXIS, System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { NetworkProxy } from './proxy.js';

export type BrokerKind = 'embedded' | 'rabbitmq';
export const AGENT = 'logged';

export class Stage {
  node!: Part;
  nodeProxy!: NetworkProxy;
  clientProxy!: NetworkProxy;
  /** Between RabbitMQ and the service with the first client; none around the embedded broker, which is in the service. */
  serviceProxy: NetworkProxy | undefined;
  rabbit: RabbitMq | undefined;
  system!: System;
  private far!: NodeJS.ProcessEnv;
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
    }
    const rabbit = this.rabbit && {
      ...this.rabbit.toJSON(),
      url: `amqp://127.0.0.1:${this.serviceProxy!.port}`,
    };
    this.system = await System.start({
      ...(rabbit && { rabbit }),
      node: (root) => ({
        agents: {
          [AGENT]: {
            command: [process.execPath, join(packageRoot, 'dist/connectors/demo/agent/main.js')],
            env: { DEMO_AGENT_LOG: join(root, 'agent.log'), DEMO_AGENT_STATE: join(root, 'demo') },
          },
        },
      }),
    });
    await this.system.node.stop();
    const nodeEnv = await this.behind('node', (proxy) => {
      this.nodeProxy = proxy;
    });
    this.far = await this.behind('client', (proxy) => {
      this.clientProxy = proxy;
    });
    this.node = new Part([process.execPath, PRAXIS, 'node'], nodeEnv, join(this.system.root, 'node.log'));
    this.node.start();
    await this.system.settled();
  }

  /** The environment of a part whose way to the broker leads through a new proxy. */
  private async behind(
    role: 'node' | 'client',
    keep: (proxy: NetworkProxy) => void,
  ): Promise<NodeJS.ProcessEnv> {
    const { env, home, root } = this.system;
    const credentials = Credentials.parse(JSON.parse(readFileSync(home.credentials(role), 'utf8')));
    const { user, password } = credentials;
    if (this.rabbit) {
      const proxy = await NetworkProxy.start(tcp(this.rabbit.url));
      keep(proxy);
      const vhost = new URL(credentials.url).pathname;
      return { ...env, PRAXIS_BUS_URL: `amqp://${user}:${password}@127.0.0.1:${proxy.port}${vhost}` };
    }
    const path = join(root, `${role}.sock`);
    keep(await NetworkProxy.start({ path: home.socket }, path));
    return { ...env, PRAXIS_BUS_URL: `unix://${user}:${password}@${path}` };
  }

  /** A client near the broker, or one behind its proxy. */
  async client(where: 'near' | 'far'): Promise<Client> {
    const env = where === 'near' ? this.system.env : this.far;
    const client = connectClient({ env, name: `faults ${where}` });
    this.clients.push(client);
    await client.ready(30_000);
    return client;
  }

  async closeClients(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
  }

  /** The process of the agent whose session is prompted now: there is one at a time. */
  async agentPid(): Promise<number> {
    let pid: number | undefined;
    await waitUntil(() => {
      pid = this.system.processes().find(({ command }) => command.includes('demo/agent/main.js'))?.pid;
      return pid !== undefined;
    });
    return pid!;
  }

  /** The updates that the agent wrote down for its session `native`, in order, each before it said it. */
  said(native: string): string[] {
    const file = join(this.system.root, 'agent.log');
    return (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter((line) => line.includes('"session/update"') && line.includes(native));
  }

  log(): string {
    return this.system.log() + readFileSync(join(this.system.root, 'node.log'), 'utf8');
  }

  async stop(): Promise<void> {
    await this.closeClients();
    await this.node?.stop();
    await this.system?.stop();
    for (const proxy of [this.nodeProxy, this.clientProxy, this.serviceProxy]) await proxy?.stop();
    await this.rabbit?.stop();
  }
}

const tcp = (url: string): NetConnectOpts => ({ host: '127.0.0.1', port: Number(new URL(url).port) });
