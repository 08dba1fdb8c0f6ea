/**
 * `npm run test:faults -- [--runs N] [--seed S] [--broker embedded|rabbitmq] [--only fault,...] [--run I] [--minutes M]`: prints the
 * table of docs/reliability.md. Ends with 1 when anything was lost or doubled, or did not recover.
 */
import { parseArgs } from 'node:util';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import type { BrokerKind } from './stage.js';
import { faultsFor, type Row, report, runPlan } from './suite.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    broker: { type: 'string' },
    only: { type: 'string' },
    run: { type: 'string' },
    minutes: { type: 'string', default: '600' },
  },
});

const seed = Number(values.seed);
const runs = values.run ? [Number(values.run)] : Array.from({ length: Number(values.runs) }, (_, i) => i);
const available: BrokerKind[] = rabbitMqInstalled() ? ['embedded', 'rabbitmq'] : ['embedded'];
const brokers = available.filter((broker) => values.broker === undefined || broker === values.broker);
const names = values.only?.split(',').map((name) => name.trim());

console.log(`seed ${seed}`);
const rows: Row[] = [];
for (const broker of brokers) {
  const faults = faultsFor(broker).filter(({ name }) => names === undefined || names.includes(name));
  const share = (Number(values.minutes) * 60_000) / brokers.length;
  const until = Date.now() + share;
  rows.push(...(await runPlan({ broker, faults, seed, runs, until, say: console.log })));
}
console.log(`\n${report(rows)}`);
const ran = rows.reduce((sum, row) => sum + row.runs, 0);
const good = rows.every(({ runs, lost, doubled, recovered }) => lost + doubled === 0 && recovered === runs);
process.exitCode = good && ran > 0 ? 0 : 1;
