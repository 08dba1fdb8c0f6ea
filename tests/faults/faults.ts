/** What can go wrong: each fault by its name, what it does to the running system, and what it may cost. */
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { PRAXIS } from '../support/system.js';
import { duplicate } from './duplicate.js';
import type { NetworkProxy } from './proxy.js';
import type { Random } from './random.js';
import type { BrokerKind, Stage } from './stage.js';

export interface Fault {
  name: string;
  /** Brokers over which it makes sense. */
  over: readonly BrokerKind[];
  /** The agent's process dies: its turn may fail, and what it had not got out is cut off. */
  kills?: boolean;
  /** What the agent is asked to say meanwhile; default: chunks for some seconds. */
  prompt?: string;
  /** Does it. Resolves when the fault is over; what began with it is undone. */
  happen(stage: Stage, random: Random, sessionId: string): Promise<void>;
}

const BOTH = ['embedded', 'rabbitmq'] as const;
const RABBIT = ['rabbitmq'] as const;

async function stopped(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await sleep(ms);
  process.kill(pid, 'SIGCONT');
}

async function partition(proxy: NetworkProxy, ms: number): Promise<void> {
  proxy.partition();
  await sleep(ms);
  proxy.heal();
}

/** A client as a process of its own that prints the session. */
const viewer = (stage: Stage, sessionId: string) =>
  spawn(process.execPath, [PRAXIS, 'session', 'attach', sessionId, '--json'], {
    env: stage.system.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Files of the service may not grow: the journal cannot be written. */
function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 service',
    over: BOTH,
    happen: ({ system }) => system.service.restart(),
  },
  {
    name: 'restart service',
    over: BOTH,
    async happen({ system }) {
      await system.service.stop();
      system.service.start();
    },
  },
  {
    name: 'stop service',
    over: BOTH,
    happen: ({ system }, random) => stopped(system.service.pid, random.between(500, 12_000)),
  },
  {
    name: 'kill -9 node',
    over: BOTH,
    kills: true,
    happen: ({ node }) => node.restart(),
  },
  {
    name: 'restart node',
    over: BOTH,
    kills: true,
    async happen({ node }) {
      await node.stop();
      node.start();
    },
  },
  {
    name: 'stop node',
    over: BOTH,
    happen: ({ node }, random) => stopped(node.pid, random.between(500, 14_000)),
  },
  {
    name: 'kill -9 agent',
    over: BOTH,
    kills: true,
    async happen(stage) {
      process.kill(await stage.agentPid(), 'SIGKILL');
    },
  },
  {
    name: 'stop agent',
    over: BOTH,
    happen: async (stage, random) => stopped(await stage.agentPid(), random.between(200, 3_000)),
  },
  {
    name: 'kill -9 client',
    over: BOTH,
    async happen(stage, random, sessionId) {
      const client = viewer(stage, sessionId);
      await Promise.race([new Promise((resolve) => client.stdout.once('data', resolve)), sleep(10_000)]);
      await sleep(random.between(0, 300));
      client.kill('SIGKILL');
    },
  },
  {
    name: 'stop client in a flood',
    over: BOTH,
    prompt: '/stream 20000 64',
    async happen(stage, random, sessionId) {
      const client = viewer(stage, sessionId);
      await Promise.race([new Promise((resolve) => client.stdout.once('data', resolve)), sleep(10_000)]);
      await stopped(client.pid!, random.between(1_000, 4_000));
      client.kill('SIGKILL');
    },
  },
  {
    name: 'kill -9 broker',
    over: RABBIT,
    async happen({ rabbit }) {
      await rabbit!.kill();
      await rabbit!.boot();
    },
  },
  {
    name: 'stop broker',
    over: RABBIT,
    async happen({ rabbit }, random) {
      const group = -rabbit!.pids[0]!;
      await stopped(group, random.between(500, 12_000));
    },
  },
  ...[10, 30].map(
    (seconds): Fault => ({
      name: `partition node ${seconds} s`,
      over: BOTH,
      happen: ({ nodeProxy }) => partition(nodeProxy, seconds * 1_000),
    }),
  ),
  {
    name: 'partition client 10 s',
    over: BOTH,
    happen: ({ clientProxy }) => partition(clientProxy, 10_000),
  },
  {
    name: 'partition service 10 s',
    over: RABBIT,
    happen: ({ serviceProxy }) => partition(serviceProxy!, 10_000),
  },
  {
    name: 'delay node 0-500 ms',
    over: BOTH,
    async happen({ nodeProxy }, random) {
      nodeProxy.delay = () => random.between(0, 500);
      await sleep(4_000);
      nodeProxy.delay = undefined;
    },
  },
  {
    name: 'every message twice',
    over: RABBIT,
    happen: (stage, random) => duplicate(stage, random, 4_000),
  },
  {
    name: 'journal full',
    over: BOTH,
    async happen({ system }, random) {
      const { pid } = system.service;
      limitFiles(pid, 4_096);
      await sleep(random.between(1_000, 4_000));
      limitFiles(pid, 'unlimited');
    },
  },
  {
    name: 'flood',
    over: BOTH,
    prompt: '/stream 50000 64',
    happen: async () => undefined,
  },
];
