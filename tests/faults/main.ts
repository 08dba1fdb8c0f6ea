/**
 * `npm run test:faults -- [--runs N] [--seed S] [--jobs J] [--broker embedded|rabbitmq] [--only fault,...] [--run I] [--minutes M] [--long]
 * [--first I] [--results FILE] [--write]`: prints the table, and with --write puts it into docs/reliability.md. --first begins with another
 * run than 0, and --results adds to the numbers in a file, so that a long run can be done in pieces. Ends with 1 when anything was lost or doubled or did
 * not recover, with 130 when it was interrupted; then the table holds what there was.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { addTo, isGood, type Row, report, runsOf, totals, writeReport } from './report.js';
import type { BrokerKind } from './stage.js';
import { faultsFor, runPlan } from './suite.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '4' },
    broker: { type: 'string' },
    only: { type: 'string' },
    run: { type: 'string' },
    minutes: { type: 'string' },
    first: { type: 'string', default: '0' },
    results: { type: 'string' },
    long: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

/** Milliseconds between two lines that say how far it is. */
const PROGRESS_MS = 10_000;

const seed = Number(values.seed);
const runs = values.run
  ? [Number(values.run)]
  : Array.from({ length: Number(values.runs) }, (_, i) => Number(values.first) + i);
const available: BrokerKind[] = rabbitMqInstalled() ? ['embedded', 'rabbitmq'] : ['embedded'];
const names = values.only?.split(',').map((name) => name.trim());
const plans = available
  .filter((broker) => values.broker === undefined || broker === values.broker)
  .map((broker) => ({
    broker,
    faults: faultsFor(broker, values.long || names !== undefined).filter(
      ({ name }) => names === undefined || names.includes(name),
    ),
  }));

const started = performance.now();
let failure: unknown;
const stop = new AbortController();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true;
    console.log('\ninterrupted: ending what runs');
    stop.abort();
  });
if (values.minutes) setTimeout(() => stop.abort(), Number(values.minutes) * 60_000).unref();

// In memory where there is room: what is tested is the death of processes, not of the machine.
process.env.TMPDIR = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pxf-'));
// Postgres, which runs as another user where this is root, has to get through.
chmodSync(process.env.TMPDIR, 0o711);
console.log(`seed ${seed}, ${values.jobs} stages side by side, in ${process.env.TMPDIR}`);

const total = plans.reduce((sum, { faults }) => sum + faults.length * runs.length, 0);
const done: Row[] = [];
let current: readonly Row[] = [];
const timer = setInterval(() => {
  const rows = [...done, ...current];
  const [ran, spent] = [runsOf(rows), performance.now() - started];
  const left = ran === 0 ? '?' : Math.ceil(((total - ran) / ran) * (spent / 60_000));
  console.log(
    `${Math.round(spent / 1_000)} s: ${ran} of ${total} runs, about ${left} min left; ${totals(rows)}`,
  );
}, PROGRESS_MS);
try {
  for (const plan of plans) {
    if (stop.signal.aborted) break;
    current = [];
    const rows = await runPlan({
      ...{ ...plan, seed, runs, jobs: Number(values.jobs), stop: stop.signal, say: console.log },
      progress(rows) {
        current = rows;
      },
    });
    done.push(...rows);
    current = [];
  }
} catch (error) {
  failure = error;
  console.log(`broken off: ${error}`);
} finally {
  clearInterval(timer);
  const fresh = [...done, ...current];
  const spent = (performance.now() - started) / 60_000;
  const { rows, minutes } = values.results
    ? addTo(values.results, fresh, spent)
    : { rows: fresh, minutes: spent };
  console.log(`\n${report(rows)}`);
  const command = `npm run test:faults -- ${process.argv.slice(2).join(' ')}${process.argv.includes('--seed') ? '' : ` --seed ${seed}`}`;
  if (values.write) writeReport(rows, command, minutes);
  rmSync(process.env.TMPDIR, { recursive: true, force: true, maxRetries: 5 });
  const complete = failure === undefined && (runsOf(fresh) === total || values.minutes !== undefined);
  process.exitCode = interrupted ? 130 : complete && isGood(fresh) ? 0 : 1;
}
