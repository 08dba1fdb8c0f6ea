/** `npm run bench`: starts a RabbitMQ and Praxis over it and over the embedded broker, measures, prints the table, writes its part of docs/performance.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RabbitMq, rabbitMqInstalled } from '../tests/support/rabbitmq.js';
import { rabbitLogins } from '../tests/support/rabbitmq-logins.js';
import { startPraxis } from './praxis-target.js';
import { startRelay } from './relay/target.js';
import type { Packing } from './relay/wire.js';
import { table, writeSystem } from './report.js';
import { accepted } from './rows/accepted.js';
import { firstChunk } from './rows/first-chunk.js';
import { listing } from './rows/listing.js';
import { manyStreams } from './rows/many-streams.js';
import { memory } from './rows/memory.js';
import { roundTrip } from './rows/round-trip.js';
import { runDemo } from './rows/run-command.js';
import { sessionNew } from './rows/session-new.js';
import { slowViewer } from './rows/slow-viewer.js';
import { streaming } from './rows/streaming.js';
import type { Row, Target } from './target.js';

const AGENT = [
  process.execPath,
  fileURLToPath(new URL('../dist/connectors/demo/agent/main.js', import.meta.url)),
];

/** Closes what was opened, the newest first, whatever happened. */
const closing: (() => Promise<void>)[] = [];
const opened = <T extends Target>(target: T): T => {
  closing.push(() => target.close());
  return target;
};

async function measure(cwd: string): Promise<{ rows: Row[]; broker: string }> {
  const rabbit = await RabbitMq.start('usual');
  closing.push(() => rabbit.stop());
  // A vhost for each, as each Praxis has one.
  const relay = async (packing: Packing) => {
    const { serviceUrl } = await rabbitLogins(rabbit, [], []);
    return opened(await startRelay(serviceUrl, AGENT, packing, cwd));
  };
  const rows: Row[] = [];
  const add = (more: Row[]) => {
    rows.push(...more);
    console.error(more.map(({ what, praxis, ratio }) => `${what}: ${praxis} (${ratio})`).join('\n'));
  };
  const praxis = opened(await startPraxis(rabbit));
  const embedded = opened(await startPraxis(undefined));
  const single = await relay('single');
  add(await roundTrip(praxis, embedded, single));
  add(await sessionNew(praxis, embedded, AGENT, cwd));
  add(await runDemo([praxis, embedded]));
  const gathered = await relay('gathered');
  for (const sessions of [1, 8, 64]) add(await streaming({ praxis, embedded, single, gathered }, sessions));
  add(await firstChunk(rabbit));
  add(await accepted([praxis, embedded]));
  add(await slowViewer());
  for (const broker of [rabbit, undefined]) add(await manyStreams(broker));
  for (const target of [praxis, embedded]) add(await listing(target));
  add(await memory(rabbit));
  const overview = await fetch(`${rabbit.adminUrl}/api/overview`, { headers: rabbit.authorization });
  const { rabbitmq_version: version } = (await overview.json()) as { rabbitmq_version: string };
  return { rows, broker: `RabbitMQ ${version}` };
}

if (!rabbitMqInstalled()) {
  console.error('The benchmarks need a RabbitMQ on this machine: apt-get install rabbitmq-server');
  process.exit(1);
}
async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(cwd, { recursive: true, force: true });
}

const cwd = mkdtempSync(join(tmpdir(), 'px-bench-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(1)));
try {
  const { rows, broker } = await measure(cwd);
  writeSystem(rows, broker);
  console.log(table(rows));
} finally {
  await closeAll();
}
