/** `praxis node`: one node in the foreground, until SIGTERM or SIGINT. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Bus, connectBus, credentialsOf } from '../bus/index.js';
import {
  ConfigError,
  type Credentials,
  type Home,
  homeOf,
  LUA_MEMORY_BYTES,
  LUA_SLICE_MS,
  lockHome,
  NodeConfig,
  NodePolicy,
  nodeTopology,
  parseLogin,
  readConfig,
} from '../proto/index.js';
import { systemClock } from './clock.js';
import { Groups } from './groups.js';
import { SessionHost } from './host/session-host.js';
import { loadConnectors } from './load-connectors.js';
import { LuaPool } from './lua/index.js';
import type { NewHost } from './lua-connector.js';
import { startNode } from './node.js';
import { nodeCalls } from './node-calls.js';
import { Programs } from './programs.js';

/** Milliseconds to wait for credentials that a service, started at the same time, is about to write. */
const CREDENTIALS_WAIT_MS = 10_000;
const CREDENTIALS_POLL_MS = 50;

/** Worker threads for Lua. The second one starts when the first has a VM in use. */
const LUA_WORKERS = 2;

/** Runs until the process is asked to stop. Rejects with ConfigError when it cannot start. */
export async function runNode(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const home = homeOf(env);
  const log = pino(
    { name: 'node', level: env.PRAXIS_LOG ?? 'info' },
    pino.destination({ dest: 2, sync: true }),
  );
  const config = readConfig(home.nodeConfig, NodeConfig) ?? NodeConfig.parse({});
  const stop = stopSignal();
  const credentials = await waitForCredentials(env, home, stop);
  if (stop.isAsked) return;
  const name = credentials && parseLogin(credentials.user)?.name;
  if (!credentials || !name)
    throw new ConfigError(
      home.credentials('node'),
      'this machine is not enrolled as a node. On the machine of the service run: praxis enroll node <name>',
    );
  const unlock = lockHome(home, 'node');
  const groups = new Groups(join(home.run, 'agents'));
  const reaped = groups.reap();
  const privateFolder = join(home.run, 'private');
  rmSync(privateFolder, { recursive: true, force: true });
  if (reaped.length > 0) log.warn({ groups: reaped }, 'ended agents that an earlier node left');
  const pool = new LuaPool({
    clock: systemClock,
    sliceMs: LUA_SLICE_MS,
    memory: LUA_MEMORY_BYTES,
    workers: LUA_WORKERS,
  });
  const programs = new Programs({ groups, clock: systemClock });
  try {
    const calls = await nodeCalls(pool, programs);
    const newHost: NewHost = (connector, cwd) =>
      new SessionHost({
        calls: calls(connector),
        cwd,
        privateFolder,
        groups,
        clock: systemClock,
        log: (level, text) => log[level]({ connector }, text),
        onError: ({ message }) =>
          log.error({ connector, reason: message }, 'a handler of the connector failed'),
      });
    const connectors = await loadConnectors(config, pool, newHost, home.connectors);
    for (const member of ['transports', 'agentIdleTimeoutSecs'] as const) {
      const stray = Object.keys(config[member] ?? {}).find((id) => !connectors.some((one) => one.id === id));
      if (stray) throw new ConfigError(home.nodeConfig, `${member}: there is no connector ${stray}`);
    }
    const warn = (message: string, details?: Record<string, unknown>) => log.warn(details, message);
    const bus = connectBus({
      ...{ credentials, topology: nodeTopology(name), name: `praxis node ${name}`, warn },
      // A service makes the login anew where its broker was set up anew.
      refresh: () => credentialsOf('node', env, home),
    });
    logState(bus, log);
    const { roots = ['/'], yolo, terminal, mcpServers } = config;
    const { approvals, idleTimeoutSecs, agentIdleTimeoutSecs, maxSessions, maxFramesPerSecond } = config;
    const policy = NodePolicy.parse({
      ...{ approvals, idleTimeoutSecs, agentIdleTimeoutSecs, maxSessions, maxFramesPerSecond },
    });
    const clock = systemClock;
    const node = await startNode({
      bus,
      name,
      connectors,
      roots,
      yolo,
      terminal,
      mcpServers,
      policy,
      groups,
      clock,
      warn,
    });
    log.info({ node: name, connectors: connectors.map(({ id }) => id) }, 'node started');
    await stop.asked;
    await node.stop();
    log.info({ node: name }, 'node stopped');
  } finally {
    await programs.stop();
    await pool.close();
    unlock();
  }
}

/** The first SIGTERM or SIGINT asks for a polite stop; a second one ends the process as usual. */
function stopSignal(): { asked: Promise<void>; isAsked: boolean } {
  const stop = { asked: Promise.resolve(), isAsked: false };
  stop.asked = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        stop.isAsked = true;
        resolve();
      });
  });
  return stop;
}

async function waitForCredentials(
  env: NodeJS.ProcessEnv,
  home: Home,
  stop: { isAsked: boolean },
): Promise<Credentials | undefined> {
  for (const limit = Date.now() + CREDENTIALS_WAIT_MS; ; ) {
    const credentials = credentialsOf('node', env, home);
    if (credentials || stop.isAsked || Date.now() > limit) return credentials;
    await new Promise((resolve) => setTimeout(resolve, CREDENTIALS_POLL_MS));
  }
}

function logState(bus: Bus, log: pino.Logger): void {
  bus.onState((state) => {
    if (state.kind !== 'connecting') log.info({ state: state.kind }, 'bus');
    // Several attempts a second at a local broker: less and less is said of them.
    else if (Number.isInteger(Math.log2(state.attempt)))
      log.warn({ attempt: state.attempt, reason: state.reason }, 'bus lost');
  });
}
