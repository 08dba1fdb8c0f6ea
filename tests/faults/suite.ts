/** Runs faults over a broker and adds up what came of them. Each run can be repeated from the seed and its number alone. */

import { FAULTS, type Fault } from './faults.js';
import { percentile } from './percentile.js';
import { Random } from './random.js';
import { type RunResult, runFault } from './run.js';
import { type BrokerKind, Stage } from './stage.js';

export interface Plan {
  broker: BrokerKind;
  faults: readonly Fault[];
  seed: number;
  /** Numbers of the runs of each fault. */
  runs: readonly number[];
  /** Milliseconds since 1970 after which no further run begins. */
  until: number;
  say(line: string): void;
}

export interface Row {
  broker: BrokerKind;
  fault: string;
  runs: number;
  lost: number;
  doubled: number;
  cut: number;
  recovered: number;
  recoverMs: number[];
}

export const faultsFor = (broker: BrokerKind): Fault[] => FAULTS.filter(({ over }) => over.includes(broker));

/** One row for each fault. Every fault has its run before any has its next. */
export async function runPlan({ broker, faults, seed, runs, until, say }: Plan): Promise<Row[]> {
  const rows = faults.map(({ name }): Row => {
    return { broker, fault: name, runs: 0, lost: 0, doubled: 0, cut: 0, recovered: 0, recoverMs: [] };
  });
  let stage: Stage | undefined;
  try {
    for (const run of runs)
      for (const [i, fault] of faults.entries()) {
        if (Date.now() > until) return rows;
        stage ??= await Stage.start(broker);
        const result = await attempt(stage, fault, new Random(seed, broker, fault.name, run));
        add(rows[i]!, result);
        if (result.problems.length === 0) continue;
        say(`FAILED ${fault.name} over ${broker}: ${result.problems.join('; ')}`);
        say(
          `  again: npm run test:faults -- --broker ${broker} --only "${fault.name}" --seed ${seed} --run ${run}`,
        );
        // A system that a fault has left in disorder must not spoil the next run.
        const broken = stage;
        stage = undefined;
        say(broken.log().split('\n').slice(-12).join('\n'));
        await broken.stop().catch((error: Error) => say(`  ${error.message.split('\n')[0]}`));
      }
  } finally {
    await stage?.stop();
  }
  return rows;
}

async function attempt(stage: Stage, fault: Fault, random: Random): Promise<RunResult> {
  try {
    return await runFault(stage, fault, random);
  } catch (error) {
    const problems = [`the run broke off: ${(error as Error).message}`];
    return { lost: 0, doubled: 0, cut: 0, recovered: false, recoverMs: undefined, problems };
  }
}

function add(row: Row, { lost, doubled, cut, recovered, recoverMs }: RunResult): void {
  row.runs++;
  row.lost += lost;
  row.doubled += doubled;
  row.cut += cut;
  row.recovered += recovered ? 1 : 0;
  if (recoverMs !== undefined) row.recoverMs.push(recoverMs);
}

/** The table as Markdown, then the line of totals. */
export function report(rows: readonly Row[]): string {
  const seconds = (ms: number | undefined) => (ms === undefined ? '-' : (ms / 1_000).toFixed(1));
  const lines = rows
    .filter(({ runs }) => runs > 0)
    .map(({ broker, fault, runs, lost, doubled, cut, recovered, recoverMs }) =>
      [
        ...[fault, broker, runs, lost, doubled, cut, recovered],
        ...[seconds(percentile(recoverMs, 50)), seconds(percentile(recoverMs, 95))],
      ].join(' | '),
    );
  return [
    '| fault | broker | runs | lost | duplicated | cut off | recovered | p50 s | p95 s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    '',
    totals(rows),
  ].join('\n');
}

export function totals(rows: readonly Row[]): string {
  const sum = (key: 'runs' | 'lost' | 'doubled' | 'recovered') =>
    rows.reduce((all, row) => all + row[key], 0);
  return `faults: ${sum('runs')} runs, lost ${sum('lost')}, duplicated ${sum('doubled')}, recovered ${sum('recovered')}`;
}
