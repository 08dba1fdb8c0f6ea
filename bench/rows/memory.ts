/**
 * What an idle session costs the node and the service, besides its agent: a thousand sessions more beside those that warmed
 * everything up, with all garbage collected before each look.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { residentBytes } from '../../tests/support/processes.js';
import type { RabbitMqAddress } from '../../tests/support/rabbitmq.js';
import { System } from '../../tests/support/system.js';
import { waitUntil } from '../../tests/support/wait.js';
import { writeIdleAgents } from '../idle-agents.js';
import { kib } from '../stats.js';
import type { Row } from '../target.js';

const WARM = 200;
const SESSIONS = 1_000;
/** Sessions that are opened at a time. */
const AT_ONCE = 8;
/** Milliseconds until a session is idle: what gives memory back does so within a second, one session after the other. */
const UNTIL_IDLE_MS = 5_000;

const PROBE = fileURLToPath(new URL('../memory-probe.mjs', import.meta.url));

interface Memory {
  resident: number;
  heap: number;
}

/** The targets of the issue, in bytes for each session. */
const LIMITS = { node: 150 * 1024, service: 50 * 1024 };

async function look(folder: string, pid: number): Promise<Memory> {
  const file = join(folder, String(pid));
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  await waitUntil(() => existsSync(file), 60_000);
  return { heap: Number(readFileSync(file, 'utf8')), resident: residentBytes(pid) };
}

async function measure(system: System, connector: string): Promise<Row[]> {
  const client = await system.client();
  const folder = join(system.root, 'memory');
  const open = async (count: number) => {
    let begun = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (begun++ < count) await client.newSession({ connector, cwd: system.work }, () => undefined);
      }),
    );
  };
  const parts = { node: system.node.pid, service: system.service.pid };
  const lookAtBoth = async () => ({
    node: await look(folder, parts.node),
    service: await look(folder, parts.service),
  });
  await open(WARM);
  await pause(UNTIL_IDLE_MS);
  const before = await lookAtBoth();
  await open(SESSIONS);
  await pause(UNTIL_IDLE_MS);
  const after = await lookAtBoth();
  return (['node', 'service'] as const).map((part) => {
    const each = (what: keyof Memory) => (after[part][what] - before[part][what]) / SESSIONS;
    return {
      what: `${part}: memory of an idle session (${connector}, ${SESSIONS} beside ${WARM})`,
      praxis: `${kib(each('resident'))}, of it ${kib(each('heap'))} heap of the main thread`,
      limit: '—',
      ratio: '—',
      target: `≤ ${kib(LIMITS[part])}`,
    };
  });
}

/** A system of its own for each connector, so that none inherits what another has grown. */
export async function memory(rabbit: RabbitMqAddress): Promise<Row[]> {
  const rows: Row[] = [];
  for (const connector of ['idle-acp', 'claude-code', 'idle-terminal']) {
    const system = await System.start({
      rabbit,
      node: (root) => ({
        agents: {
          'idle-acp': { command: [join(root, 'bin/idle-acp')], env: {} },
          'idle-terminal': { command: [join(root, 'bin/idle-terminal')], env: {}, pty: { ready: 'ready> ' } },
        },
      }),
      env: (root) => {
        mkdirSync(join(root, 'memory'));
        return {
          PATH: `${writeIdleAgents(root)}:${process.env.PATH}`,
          NODE_OPTIONS: `--import ${PROBE}`,
          BENCH_MEMORY: join(root, 'memory'),
        };
      },
    });
    try {
      rows.push(...(await measure(system, connector)));
    } finally {
      await system.stop();
    }
  }
  return rows;
}
