/** What came of each run: in memory, and in a file that grows by a line after each, so that a run of hours can be broken off and go on. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { add, type Row, rowOf } from './report.js';
import type { RunResult } from './run.js';
import type { BrokerKind } from './stage.js';

export interface RunId {
  broker: BrokerKind;
  fault: string;
  run: number;
}

interface Line extends RunId, RunResult {
  seed: number;
  /** The process that did it, and its age in minutes then. */
  piece: string;
  minutes: number;
}

export class Results {
  private readonly lines: Line[] = [];
  private readonly known = new Set<string>();
  private readonly started = performance.now();
  private readonly piece = `${new Date().toISOString()} ${process.pid}`;

  /** Takes up what the file has of this seed; a line that was cut off in the middle counts as not there. */
  constructor(
    private readonly seed: number,
    private readonly file?: string,
  ) {
    if (!file || !existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    for (const one of text.split('\n')) {
      const line = parsed(one);
      if (line?.seed === seed) this.take(line);
    }
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  }

  has(id: RunId): boolean {
    return this.known.has(keyOf(id));
  }

  add(id: RunId, result: RunResult): void {
    const { seed, piece } = this;
    const minutes = (performance.now() - this.started) / 60_000;
    const line = { ...id, seed, piece, minutes, ...result };
    this.take(line);
    if (this.file) appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  /** A row for each fault over each broker, in the order of `faults`. */
  rows(faults: readonly Omit<RunId, 'run'>[]): Row[] {
    return faults.map(({ broker, fault }) => {
      const row = rowOf(broker, fault);
      for (const line of this.lines) if (line.broker === broker && line.fault === fault) add(row, line);
      return row;
    });
  }

  /** Minutes of all the processes that did them. */
  get minutes(): number {
    const pieces = new Map<string, number>();
    for (const { piece, minutes } of this.lines) pieces.set(piece, Math.max(minutes, pieces.get(piece) ?? 0));
    return [...pieces.values()].reduce((sum, one) => sum + one, 0);
  }

  private take(line: Line): void {
    this.lines.push(line);
    this.known.add(keyOf(line));
  }
}

const keyOf = ({ broker, fault, run }: RunId): string => JSON.stringify([broker, fault, run]);

function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
