/**
 * What a commit writes, as statements of SQL that both databases take in the same words. Their texts are few and the same each
 * time, so that SQLite prepares each once; nothing is composed anew for a commit but its parameters.
 */
import type { Tables } from './tables.js';
import type { Batch } from './types.js';

export interface Statement {
  sql: string;
  parameters: readonly unknown[];
}

/** How a database wants its statements. */
export interface Dialect {
  /** The name of parameter number `n`, the first being 1. */
  parameter(n: number): string;
  /** How many of `left` rows go into one statement. */
  rows(left: number): number;
}

/** The columns of what a commit writes, in the order of the parameters, and the key whose row is replaced. */
const COLUMNS = {
  sessions: {
    key: 'id',
    columns: [
      ...(['id', 'node', 'connector', 'agent', 'cwd', 'title', 'state', 'reason', 'yolo', 'seq'] as const),
      ...(['epoch', 'nodeBoot', 'nodeSeq', 'createdAt', 'updatedAt', 'size', 'settings'] as const),
    ],
  },
  openings: {
    key: 'session',
    columns: [
      ...(['session', 'line', 'request', 'agentSessionId', 'result', 'error'] as const),
      ...(['agentInfo', 'agentCapabilities'] as const),
    ],
  },
  turns: {
    key: 'id',
    columns: ['id', 'session', 'state', 'position', 'line', 'result', 'error', 'by', 'at'],
  },
  requests: {
    key: 'id',
    columns: ['id', 'session', 'agentId', 'epoch', 'method', 'at', 'frame', 'answer', 'call', 'abstained'],
  },
  nodes: { key: 'name', columns: ['name', 'boot', 'info'] },
  /** An event is written once: a second of its number is an error. */
  events: { key: undefined, columns: ['session', 'seq', 'epoch', 'at', 'frame'] },
} as const satisfies {
  [Table in keyof Tables]?: {
    key: keyof Tables[Table] | undefined;
    columns: readonly (keyof Tables[Table])[];
  };
};
type Written = keyof typeof COLUMNS;

/** Characters of the parameters of one statement: Postgres takes less than 1 GiB. */
const CHARACTERS_PER_STATEMENT = 16 * 1024 * 1024;
/** Texts that are kept: those of ordinary commits, which are of few rows. */
const KEPT_TEXTS = 128;

export class Statements {
  private readonly texts = new Map<string, string>();

  constructor(private readonly dialect: Dialect) {}

  /**
   * The proof that a commit gives of its right to be: it moves `batch` from the number that was taken last to its own, under its
   * epoch, or changes no row. The row stays locked until the transaction has ended, so that no take-over comes between proof
   * and commit.
   */
  proof(partition: number, epoch: number, from: number, to: number): Statement {
    const { parameter } = this.dialect;
    const sql = this.text(
      'proof',
      () =>
        `update "leases" set "batch" = ${parameter(1)} where "partition" = ${parameter(2)} and "epoch" = ${parameter(3)} and "batch" = ${parameter(4)}`,
    );
    return { sql, parameters: [to, partition, epoch, from] };
  }

  /** Everything that the batch writes. Rows replace those of the same key; the newest of two with the same key counts. */
  *of(batch: Batch): Generator<Statement> {
    for (const table of ['sessions', 'openings', 'turns', 'requests', 'nodes', 'events'] as const)
      if (batch[table].length > 0) yield* this.write(table, batch[table] as readonly object[] as Row[]);
    yield* this.remove('requests', 'id', batch.doneRequests);
    yield* this.remove('sessions', 'id', batch.removedSessions);
    for (const table of ['openings', 'turns', 'requests', 'events'] as const)
      yield* this.remove(table, 'session', batch.removedSessions);
    yield* this.remove('nodes', 'name', batch.removedNodes);
  }

  private *write(table: Written, given: readonly Row[]): Generator<Statement> {
    const { key, columns } = COLUMNS[table];
    const rows = key === undefined ? given : [...new Map(given.map((row) => [row[key], row])).values()];
    for (let from = 0; from < rows.length; ) {
      const most = this.dialect.rows(rows.length - from);
      const parameters: unknown[] = [];
      let count = 0;
      for (let size = 0; count < most; count++) {
        const values = columns.map((column) => withoutNul(rows[from + count]![column]));
        size += lengthOf(values);
        if (count > 0 && size > CHARACTERS_PER_STATEMENT) break;
        parameters.push(...values);
      }
      from += count;
      yield { sql: this.text(`${table} ${count}`, () => this.insert(table, count)), parameters };
    }
  }

  private insert(table: Written, rows: number): string {
    const { key, columns } = COLUMNS[table];
    const names = columns.map((column) => `"${column}"`).join(', ');
    const values = Array.from({ length: rows }, (_, row) => this.list(columns.length, row * columns.length));
    const insert = `insert into "${table}" (${names}) values ${values.join(', ')}`;
    if (key === undefined) return insert;
    const sets = columns.filter((name) => name !== key).map((name) => `"${name}" = excluded."${name}"`);
    return `${insert} on conflict ("${key}") do update set ${sets.join(', ')}`;
  }

  private *remove(table: string, column: string, ids: readonly string[]): Generator<Statement> {
    for (let from = 0; from < ids.length; ) {
      const some = ids.slice(from, from + this.dialect.rows(ids.length - from));
      const sql = this.text(
        `remove ${table} ${column} ${some.length}`,
        () => `delete from "${table}" where "${column}" in ${this.list(some.length)}`,
      );
      yield { sql, parameters: some };
      from += some.length;
    }
  }

  /** The names of the parameters that follow after the first `from`, in brackets. */
  private list(count: number, from = 0): string {
    const names = Array.from({ length: count }, (_, i) => this.dialect.parameter(from + i + 1));
    return `(${names.join(', ')})`;
  }

  private text(name: string, make: () => string): string {
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const made = make();
    if (this.texts.size < KEPT_TEXTS) this.texts.set(name, made);
    return made;
  }
}

type Row = Readonly<Record<string, unknown>>;

const lengthOf = (values: readonly unknown[]): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);

/**
 * A text without U+0000, which Postgres cannot keep. Frames and everything else that is JSON text cannot hold one: JSON has it
 * as an escape only, and what is no JSON is no frame. What was read out of JSON can: a title, a method, an id.
 */
const withoutNul = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
