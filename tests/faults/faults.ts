/** What can go wrong: each fault by its name, what it does to the running system, and what it may cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../support/processes.js';
import { PRAXIS } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { duplicate } from './duplicate.js';
import type { NetworkProxy } from './proxy.js';
import type { Random } from './random.js';
import { type BrokerKind, type Stage, WRAPPED_AGENT } from './stage.js';

/** What a fault is done to, besides the stage. */
export interface Scene {
  stage: Stage;
  random: Random;
  /** The session that streams, and the process of its agent. */
  sessionId: string;
  agentPid: number;
}

export interface Fault {
  name: string;
  /** Brokers over which it makes sense. */
  over: readonly BrokerKind[];
  /** The journal must be in Postgres. */
  postgres?: boolean;
  /** Whose processes die: their turns may fail, and what they had not got out is cut off. */
  kills?: 'agent' | 'node';
  /** Milliseconds that it lasts about: the agent streams longer. */
  lasts?: number;
  /** What the agent says meanwhile; default: chunks for as long as it lasts. */
  stream?: string;
  /** The agent of the session that streams. */
  agent?: string;
  /** It takes minutes: only with `--long`. */
  long?: boolean;
  /**
   * Does it. Resolves when the fault is over and what began with it is undone; with a time of `performance.now()`, when clients are to be
   * live again from another moment than this.
   */
  happen(scene: Scene): Promise<unknown>;
  /** Makes the stage what it was, before the last prompt. */
  undo?(stage: Stage): Promise<void>;
}

const BOTH = ['embedded', 'rabbitmq'] as const;
const RABBIT = ['rabbitmq'] as const;
const HOUR_MS = 60 * 60 * 1_000;
/** Milliseconds that everything which an agent started has to be gone after its end. */
const GROUP_GONE_MS = 2_000;
/** Longer than the two heartbeats after which a connection is given up. */
const SLEPT_MS = 16_000;

/** Stops processes for a while. A negative id is a process group. */
async function stopped(pids: readonly number[], ms: number): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(ms);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

async function partition(proxy: NetworkProxy, ms: number): Promise<void> {
  proxy.partition();
  await sleep(ms);
  proxy.heal();
}

async function blackHole(proxy: NetworkProxy, ms: number): Promise<void> {
  proxy.blackHole();
  await sleep(ms);
  proxy.heal();
}

async function late(proxy: NetworkProxy, random: Random, mostMs: number, ms: number): Promise<void> {
  proxy.delay = () => random.between(0, mostMs);
  await sleep(ms);
  proxy.delay = undefined;
}

/** A client as a process of its own that prints the session, when its first words have come. */
async function viewer(stage: Stage, sessionId: string): Promise<ChildProcess> {
  const client = spawn(process.execPath, [PRAXIS, 'session', 'attach', sessionId, '--json'], {
    env: stage.clientEnv('far'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await Promise.race([new Promise((resolve) => client.stdout.once('data', resolve)), sleep(10_000)]);
  return client;
}

async function jump(stage: Stage, ms: number): Promise<void> {
  stage.shiftClock(ms);
  await sleep(1_500);
  stage.shiftClock(0);
  await sleep(500);
}

/** Kills one process of a wrapped agent; the other must not stay. */
async function killWrapped(pid: number, which: 'shell' | 'agent'): Promise<void> {
  const shell = Number(/^PPid:\s+(\d+)/m.exec(await status(pid))?.[1]);
  process.kill(which === 'shell' ? shell : pid, 'SIGKILL');
  await waitUntil(() => !isRunning(shell) && !isRunning(pid), GROUP_GONE_MS, 20);
}

async function status(pid: number): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(`/proc/${pid}/status`, 'utf8');
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 service',
    over: BOTH,
    lasts: 1_000,
    happen: ({ stage: { system } }) => system.service.restart(),
  },
  {
    name: 'restart service',
    over: BOTH,
    lasts: 1_500,
    async happen({ stage: { system } }) {
      await system.service.stop();
      system.service.start();
    },
  },
  {
    name: 'stop service',
    over: BOTH,
    lasts: 6_000,
    happen: ({ stage: { system }, random }) => stopped([system.service.pid], random.between(500, 12_000)),
  },
  {
    name: 'kill -9 active service',
    over: RABBIT,
    postgres: true,
    lasts: 4_000,
    async happen({ stage }) {
      await stage.startStandby();
      const begin = performance.now();
      await stage.system.service.kill();
      return begin;
    },
    undo: (stage) => stage.endStandby(),
  },
  {
    name: 'stop active service',
    over: RABBIT,
    postgres: true,
    lasts: 13_000,
    async happen({ stage, random }) {
      await stage.startStandby();
      const begin = performance.now();
      await stopped([stage.system.service.pid], random.between(8_000, 14_000));
      return begin;
    },
    undo: (stage) => stage.endStandby(),
  },
  {
    name: 'kill -9 database',
    over: RABBIT,
    postgres: true,
    lasts: 2_000,
    async happen({ stage: { postgres } }) {
      await postgres!.kill();
      await postgres!.boot();
    },
  },
  {
    name: 'stop database',
    over: RABBIT,
    postgres: true,
    lasts: 4_000,
    happen: ({ stage: { postgres }, random }) => stopped([-postgres!.pids[0]!], random.between(500, 8_000)),
  },
  { name: 'kill -9 node', over: BOTH, kills: 'node', happen: ({ stage: { node } }) => node.restart() },
  {
    name: 'restart node',
    over: BOTH,
    kills: 'node',
    async happen({ stage: { node } }) {
      await node.stop();
      node.start();
    },
  },
  {
    name: 'stop node',
    over: BOTH,
    lasts: 7_000,
    happen: ({ stage: { node }, random }) => stopped([node.pid], random.between(500, 14_000)),
  },
  {
    name: 'kill -9 agent',
    over: BOTH,
    kills: 'agent',
    async happen({ agentPid }) {
      process.kill(agentPid, 'SIGKILL');
    },
  },
  ...(['shell', 'agent'] as const).map(
    (which): Fault => ({
      name: `kill -9 ${which === 'shell' ? 'the parent of an agent' : 'an agent behind its parent'}`,
      over: BOTH,
      kills: 'agent',
      agent: WRAPPED_AGENT,
      happen: ({ agentPid }) => killWrapped(agentPid, which),
    }),
  ),
  {
    name: 'stop agent',
    over: BOTH,
    lasts: 1_500,
    happen: ({ agentPid, random }) => stopped([agentPid], random.between(200, 3_000)),
  },
  {
    name: 'kill -9 client',
    over: BOTH,
    async happen({ stage, random, sessionId }) {
      const client = await viewer(stage, sessionId);
      await sleep(random.between(0, 300));
      client.kill('SIGKILL');
    },
  },
  {
    name: 'stop client in a flood',
    over: BOTH,
    stream: '/stream 20000 64',
    async happen({ stage, random, sessionId }) {
      const client = await viewer(stage, sessionId);
      await stopped([client.pid!], random.between(1_000, 4_000));
      client.kill('SIGKILL');
    },
  },
  {
    name: 'client at 1 KB/s',
    over: BOTH,
    stream: '/stream 4000 64 5 5',
    async happen({ stage }) {
      const proxy = stage.clientProxy('far');
      proxy.rate = 1_024;
      await sleep(4_000);
      proxy.rate = undefined;
    },
  },
  {
    name: 'kill -9 broker',
    over: RABBIT,
    lasts: 5_000,
    async happen({ stage: { rabbit } }) {
      await rabbit!.kill();
      await rabbit!.boot();
    },
  },
  {
    name: 'stop broker',
    over: RABBIT,
    lasts: 6_000,
    happen: ({ stage: { rabbit }, random }) => stopped([-rabbit!.pids[0]!], random.between(500, 12_000)),
  },
  {
    name: 'kill -9 service and broker',
    over: RABBIT,
    lasts: 5_000,
    async happen({ stage: { rabbit, system } }) {
      await Promise.all([rabbit!.kill(), system.service.kill()]);
      system.service.start();
      await rabbit!.boot();
    },
  },
  ...[10, 30].map(
    (seconds): Fault => ({
      name: `partition node ${seconds} s`,
      over: BOTH,
      lasts: seconds * 1_000,
      happen: ({ stage }) => partition(stage.nodeProxy, seconds * 1_000),
    }),
  ),
  {
    name: 'partition client 10 s',
    over: BOTH,
    lasts: 10_000,
    happen: ({ stage }) => partition(stage.clientProxy('far'), 10_000),
  },
  {
    name: 'partition service 10 s',
    over: RABBIT,
    lasts: 10_000,
    happen: ({ stage }) => partition(stage.serviceProxy!, 10_000),
  },
  {
    name: 'black hole node 5 s',
    over: BOTH,
    lasts: 5_000,
    happen: ({ stage }) => blackHole(stage.nodeProxy, 5_000),
  },
  {
    name: 'black hole client 5 s',
    over: BOTH,
    lasts: 5_000,
    happen: ({ stage }) => blackHole(stage.clientProxy('far'), 5_000),
  },
  {
    name: 'black hole service 5 s',
    over: RABBIT,
    lasts: 5_000,
    happen: ({ stage }) => blackHole(stage.serviceProxy!, 5_000),
  },
  {
    name: 'delay node 0-500 ms',
    over: BOTH,
    lasts: 3_000,
    happen: ({ stage, random }) => late(stage.nodeProxy, random, 500, 3_000),
  },
  {
    name: 'delay node 0-5 s',
    over: BOTH,
    lasts: 6_000,
    happen: ({ stage, random }) => late(stage.nodeProxy, random, 5_000, 6_000),
  },
  {
    name: 'delay client 0-500 ms',
    over: BOTH,
    lasts: 3_000,
    happen: ({ stage, random }) => late(stage.clientProxy('far'), random, 500, 3_000),
  },
  {
    name: 'every message twice',
    over: BOTH,
    lasts: 3_000,
    happen: ({ stage, random }) => duplicate(stage.speakers, random, 3_000),
  },
  ...[1, -1].map(
    (hours): Fault => ({
      name: `clock ${hours > 0 ? '+' : '-'}1 h`,
      over: BOTH,
      lasts: 2_000,
      happen: ({ stage }) => jump(stage, hours * HOUR_MS),
    }),
  ),
  {
    name: 'sleep of 8 h',
    over: BOTH,
    lasts: SLEPT_MS,
    // The laptop has the node and a client; with the embedded broker it has the service too.
    async happen({ stage, agentPid }) {
      const asleep = [stage.node.pid, agentPid, ...(stage.rabbit ? [] : [stage.system.service.pid])];
      const networks = [stage.clientProxy('far'), ...(stage.rabbit ? [stage.nodeProxy] : [])];
      for (const network of networks) network.blackHole();
      await stopped(asleep, SLEPT_MS);
      stage.shiftClock(8 * HOUR_MS);
      for (const network of networks) network.heal();
      await sleep(500);
      stage.shiftClock(0);
    },
  },
  {
    name: 'journal full',
    over: ['embedded'],
    lasts: 2_000,
    async happen({ stage, random }) {
      await stage.limitFiles(4_096);
      await sleep(random.between(1_000, 3_000));
      await stage.limitFiles('unlimited');
    },
  },
  { name: 'flood', over: BOTH, stream: '/stream 20000 64', happen: async () => undefined },
  {
    name: 'flood of 50,000 at once',
    over: BOTH,
    long: true,
    stream: '/stream 50000 64',
    happen: async () => undefined,
  },
  { name: 'flood of 1,000/s', over: BOTH, stream: '/stream 4000 64 5 5', happen: async () => undefined },
  {
    name: 'flood of 1,000/s for minutes',
    over: BOTH,
    long: true,
    stream: '/stream 150000 64 5 5',
    happen: async () => undefined,
  },
  {
    name: 'partition node 5 min',
    over: BOTH,
    long: true,
    kills: 'node',
    lasts: 300_000,
    happen: ({ stage }) => partition(stage.nodeProxy, 300_000),
  },
];
