/**
 * What an idle session costs the node and the service, besides its agent: what the resident memory of each has grown by with every further
 * 200 sessions, all garbage collected before each look, in the median of five such steps.
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
import { kib, median } from '../stats.js';
import type { Row } from '../target.js';

const WARM = 200;
/** Sessions of a step. */
const STEP = 200;
const STEPS = 5;
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

async function measure(system: System, idle: (typeof IDLE)[number]): Promise<Row[]> {
  const how = Object.values(idle).join(' over ');
  const client = await system.client();
  const folder = join(system.root, 'memory');
  const open = async (count: number) => {
    let begun = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (begun++ < count) await client.newSession({ ...idle, cwd: system.work }, () => undefined);
      }),
    );
  };
  const parts = { node: system.node.pid, service: system.service.pid };
  const lookAtBoth = async () => ({
    node: await look(folder, parts.node),
    service: await look(folder, parts.service),
  });
  const opened = async (count: number) => {
    await open(count);
    await pause(UNTIL_IDLE_MS);
    return lookAtBoth();
  };
  const looks = [await opened(WARM)];
  for (let i = 0; i < STEPS; i++) looks.push(await opened(STEP));
  return (['node', 'service'] as const).map((part) => {
    const each = (what: keyof Memory) =>
      looks.slice(1).map((after, i) => (after[part][what] - looks[i]![part][what]) / STEP);
    const grown = each('resident');
    const range = `${kib(Math.min(...grown))} to ${kib(Math.max(...grown))}`;
    return {
      what: `${part}: memory of an idle session (${how}, ${STEPS} × ${STEP} beside ${WARM})`,
      praxis: `${kib(median(grown))} (${range}), of it ${kib(median(each('heap')))} heap of the main thread`,
      limit: '—',
      ratio: '—',
      target: `≤ ${kib(LIMITS[part])}`,
    };
  });
}

/** What is measured: a connector, and a transport that is not its default. */
const IDLE: readonly { connector: string; transport?: string }[] = [
  { connector: 'idle-acp' },
  { connector: 'claude-code' },
  { connector: 'claude-code', transport: 'pty' },
  { connector: 'codex', transport: 'pty' },
  { connector: 'idle-terminal' },
];

/** A system of its own for each, so that none inherits what another has grown. */
export async function memory(rabbit: RabbitMqAddress): Promise<Row[]> {
  const rows: Row[] = [];
  for (const idle of IDLE) {
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
          HOME: root,
          PATH: `${writeIdleAgents(root)}:${process.env.PATH}`,
          NODE_OPTIONS: `--import ${PROBE}`,
          BENCH_MEMORY: join(root, 'memory'),
        };
      },
    });
    try {
      rows.push(...(await measure(system, idle)));
    } finally {
      await system.stop();
    }
  }
  return rows;
}
