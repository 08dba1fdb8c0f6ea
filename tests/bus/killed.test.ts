/** A broker that is killed with -9 and started again under traffic: nothing confirmed is lost, nothing is seen twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LoginStore } from '../../bus/embedded/index.js';
import { connectBus, createOutbox } from '../../bus/index.js';
import { type Credentials, EVENTS, eventsQueue, serviceTopology } from '../../proto/index.js';
import { EVERYTHING } from '../support/bus-brokers.js';
import { RabbitMq, rabbitMqInstalled } from '../support/rabbitmq.js';
import { waitUntil } from '../support/wait.js';

interface Killable {
  credentials: Credentials;
  kill(): Promise<void>;
  boot(): Promise<void>;
  stop(): Promise<void>;
}

async function embedded(): Promise<Killable> {
  const dir = mkdtempSync(join(tmpdir(), 'pxk-'));
  const socket = join(dir, 'run', 's');
  const file = join(dir, 'logins.json');
  const password = new LoginStore(file).set('service', EVERYTHING);
  const script = fileURLToPath(new URL('../support/embedded-broker.ts', import.meta.url));
  let child: ChildProcess | undefined;
  const broker = {
    credentials: { url: `unix://${socket}`, user: 'service', password },
    async boot() {
      child = spawn(process.execPath, ['--import', 'tsx', script, socket, file], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(child.stdout!, 'data');
    },
    async kill() {
      child?.kill('SIGKILL');
      if (child) await once(child, 'exit');
    },
    async stop() {
      await broker.kill();
      rmSync(dir, { recursive: true });
    },
  };
  await broker.boot();
  return broker;
}

async function rabbit(): Promise<Killable> {
  const instance = await RabbitMq.start();
  return {
    credentials: { url: instance.url, user: instance.user, password: instance.password },
    boot: () => instance.boot(),
    kill: () => instance.kill(),
    stop: () => instance.stop(),
  };
}

const TOTAL = 10_000;
const KILLS = 2;

function suite(start: () => Promise<Killable>) {
  it(`keeps ${TOTAL} frames whole, in order and once, through ${KILLS} kills`, {
    timeout: 120_000,
  }, async () => {
    const broker = await start();
    const { credentials } = broker;
    const consumer = connectBus({
      credentials,
      topology: serviceTopology(1),
      name: 'consumer',
      random: () => 0.1,
    });
    const producer = connectBus({
      credentials,
      topology: { exchanges: [], queues: [], bindings: [] },
      name: 'producer',
      random: () => 0.1,
    });
    /** What a receiver keeps: every number once. */
    const kept: number[] = [];
    let repeated = 0;
    consumer.consume(eventsQueue(0), async ({ headers, lines }) => {
      // As after a commit: the acknowledgement comes a turn later than the message.
      await new Promise(setImmediate);
      lines.forEach((_line, index) => {
        const number = headers.seq! + index;
        if (number === kept.length + 1) kept.push(number);
        else if (number <= kept.length) repeated++;
        else throw new Error(`a gap: ${number} after ${kept.length}`);
      });
      return 'ack' as const;
    });
    const outbox = createOutbox<string>({
      bus: producer,
      compose: (_lane, lines, first) => ({
        exchange: EVENTS,
        key: 'p0',
        headers: { seq: first },
        lines,
        persistent: true,
      }),
      maxBytes: 64 * 1024,
    });
    const producing = (async () => {
      for (let i = 1; i <= TOTAL; i++) {
        outbox.push('lane', 'lane', `{"n":${i},"pad":"${'x'.repeat(200)}"}`, i);
        await outbox.room();
      }
    })();
    try {
      await Promise.all([consumer.ready(20_000), producer.ready(20_000)]);
      for (let kill = 1; kill <= KILLS; kill++) {
        const mark = (TOTAL * kill) / (KILLS + 2);
        await waitUntil(() => kept.length >= mark, 60_000, 0);
        await broker.kill();
        await broker.boot();
      }
      await producing;
      await outbox.drained();
      await waitUntil(() => kept.length === TOTAL, 60_000);
      console.log(`lost 0, delivered again ${repeated}, kept ${kept.length}`);
      expect(kept.every((number, index) => number === index + 1)).toBe(true);
    } finally {
      await Promise.all([producer.close(), consumer.close()]);
      await broker.stop();
    }
  });
}

describe('the embedded broker, killed', () => suite(embedded));
describe.skipIf(!rabbitMqInstalled())('RabbitMQ, killed', () => suite(rabbit));
