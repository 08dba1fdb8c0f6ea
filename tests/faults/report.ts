/** The numbers of the runs: as rows that grow, as the table of docs/reliability.md, and in a line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { postgresInstalled } from '../support/postgres.js';
import { percentile } from './percentile.js';
import type { RunResult } from './run.js';
import type { BrokerKind } from './stage.js';

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

export const rowOf = (broker: BrokerKind, fault: string): Row => ({
  ...{ broker, fault, runs: 0, lost: 0, doubled: 0, cut: 0, recovered: 0, recoverMs: [] },
});

export function add(row: Row, { lost, doubled, cut, recovered, recoverMs }: RunResult): void {
  row.runs++;
  row.lost += lost;
  row.doubled += doubled;
  row.cut += cut;
  row.recovered += recovered ? 1 : 0;
  if (recoverMs !== undefined) row.recoverMs.push(recoverMs);
}

export const isGood = (rows: readonly Row[]): boolean =>
  rows.some(({ runs }) => runs > 0) &&
  rows.every(({ runs, lost, doubled, recovered }) => lost + doubled === 0 && recovered === runs);

export const runsOf = (rows: readonly Row[]): number => rows.reduce((sum, { runs }) => sum + runs, 0);

const overOf = (broker: BrokerKind): string =>
  broker === 'embedded' ? 'embedded + SQLite' : `RabbitMQ + ${postgresInstalled() ? 'Postgres' : 'SQLite'}`;

/** The table as Markdown, then the line of totals. */
export function report(rows: readonly Row[]): string {
  const seconds = (ms: number | undefined) => (ms === undefined ? '-' : (ms / 1_000).toFixed(1));
  const lines = rows
    .filter(({ runs }) => runs > 0)
    .map(({ broker, fault, runs, lost, doubled, cut, recovered, recoverMs }) =>
      [
        ...[fault, overOf(broker), runs, lost, doubled, cut, recovered],
        ...[seconds(percentile(recoverMs, 50)), seconds(percentile(recoverMs, 95))],
      ].join(' | '),
    );
  return [
    '| fault | over | runs | lost | duplicated | cut off | recovered | p50 s | p95 s |',
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

const DOC = new URL('../../docs/reliability.md', import.meta.url);
const [BEGIN, END] = ['<!-- faults: begin -->', '<!-- faults: end -->'];

/** Puts the table, the command and the machine between the markers of docs/reliability.md. */
export function writeReport(rows: readonly Row[], command: string, minutes: number): void {
  const text = readFileSync(DOC, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no ${BEGIN} ... ${END}`);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node.js ${process.version}`;
  const about = `\`${command}\`, ${Math.round(minutes)} min on ${machine}:`;
  writeFileSync(DOC, `${text.slice(0, from)}${BEGIN}\n${about}\n\n${report(rows)}\n${text.slice(to)}`);
}
