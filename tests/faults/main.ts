/**
 * `npm run test:faults -- [--runs N] [--seed S] [--jobs J] [--broker embedded|rabbitmq] [--only fault,...] [--run I] [--minutes M] [--long]
 * [--first I] [--results FILE] [--logs DIR] [--write]`: prints the table, and with --write puts it into docs/reliability.md. --first begins
 * with another run than 0. With --results each run is a line in the file as soon as it is over, and what is there already is not done again:
 * the same command goes on where it was broken off. The logs of a run that failed stay in --logs. Ends with 1 when anything was lost or
 * doubled or did not recover, with 130 when it was interrupted; then the table holds what there was.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { makeDirectory, sweep, sweepOthers } from './leftovers.js';
import { isGood, report, runsOf, totals, writeReport } from './report.js';
import { Results } from './results.js';
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
    logs: { type: 'string' },
    long: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

/** Milliseconds between two lines that say how far it is. */
const PROGRESS_MS = 15_000;

const seed = Number(values.seed);
const runs = values.run
  ? [Number(values.run)]
  : Array.from({ length: Number(values.runs) }, (_, i) => Number(values.first) + i);
const available: BrokerKind[] = rabbitMqInstalled() ? ['embedded', 'rabbitmq'] : ['embedded'];
const names = values.only?.split(',').map((name) => name.trim());
const results = new Results(seed, values.results);
const plans = available
  .filter((broker) => values.broker === undefined || broker === values.broker)
  .map((broker) => ({
    broker,
    faults: faultsFor(broker, values.long || names !== undefined).filter(
      ({ name }) => names === undefined || names.includes(name),
    ),
  }));
const wanted = plans.flatMap(({ broker, faults }) => faults.map(({ name }) => ({ broker, fault: name })));
const isDone = (broker: BrokerKind, fault: string, run: number) => results.has({ broker, fault, run });

const started = performance.now();
const stop = new AbortController();
const given = new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
let failure: unknown;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true;
    console.log('\ninterrupted: ending what runs');
    stop.abort();
  });
if (values.minutes) setTimeout(() => stop.abort(), Number(values.minutes) * 60_000).unref();

const logs = values.logs ?? join(tmpdir(), `praxis-faults-${seed}`);
for (const path of sweepOthers()) console.log(`ended what another run had left in ${path}`);
process.env.TMPDIR = makeDirectory();
console.log(`seed ${seed}, ${values.jobs} stages side by side, in ${process.env.TMPDIR}`);

const total = wanted.length * runs.length;
const before = wanted.reduce(
  (sum, { broker, fault }) => sum + runs.filter((run) => isDone(broker, fault, run)).length,
  0,
);
if (before > 0) console.log(`${before} of ${total} runs are in ${values.results} already`);
let fresh = 0;
const timer = setInterval(() => {
  const minutes = (performance.now() - started) / 60_000;
  const left = fresh === 0 ? '?' : Math.ceil((total - before - fresh) * (minutes / fresh));
  console.log(
    `${minutes.toFixed(1)} min: ${before + fresh} of ${total} runs, about ${left} min left; ${totals(results.rows(wanted))}`,
  );
}, PROGRESS_MS);
try {
  for (const { broker, faults } of plans) {
    if (stop.signal.aborted) break;
    const running = runPlan({
      ...{ broker, faults, seed, runs, jobs: Number(values.jobs), stop: stop.signal, say: console.log, logs },
      isDone: (fault, run) => isDone(broker, fault, run),
      record(fault, run, result) {
        fresh++;
        if (!stop.signal.aborted) results.add({ broker, fault, run }, result);
      },
    });
    // What is given up may be in any state, and is ended by force below.
    await Promise.race([running, given]);
  }
} catch (error) {
  failure = error;
  console.log(`broken off: ${error}`);
} finally {
  clearInterval(timer);
  const rows = results.rows(wanted);
  console.log(`\n${report(rows)}`);
  if (values.write) writeReport(rows, commandOf(process.argv.slice(2)), results.minutes);
  const left = sweep(process.env.TMPDIR);
  const whole = stop.signal.aborted || left === 0;
  if (!whole) console.log(`${left} processes were left, and are ended`);
  const complete =
    failure === undefined && whole && (before + fresh === total || values.minutes !== undefined);
  // At once: what was given up must not start anything anew.
  process.exit(interrupted ? 130 : complete && isGood(rows) && runsOf(rows) > 0 ? 0 : 1);
}

/** What repeats all of it: without where its results and logs went, and how long a piece might take. */
function commandOf(args: readonly string[]): string {
  const kept = args.filter(
    (arg, i) =>
      arg !== '--write' &&
      !/^--(results|logs|minutes)/.test(arg) &&
      !/^--(results|logs|minutes)$/.test(args[i - 1] ?? ''),
  );
  return `npm run test:faults -- ${kept.join(' ')}${args.includes('--seed') ? '' : ` --seed ${seed}`}`;
}
