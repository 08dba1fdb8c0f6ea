/** The tables as kysely knows them, and what both databases need to be written to in the same words. */
import type { Insertable, Kysely, Transaction } from 'kysely';
import type { EventRow, NodeRow, OpeningRow, RequestRow, SessionRow, TurnRow } from './types.js';

/** Who serves a partition. `epoch` grows with every change of who it is; the rest belongs to the epoch. */
export interface LeaseRow {
  partition: number;
  epoch: number;
  /** Grows while its holder lives. */
  beat: number;
  /** The number of its newest commit. */
  batch: number;
  /** 0: its holder has lost the bus, and whoever has it may take over. */
  ready: number;
  /** A Member as JSON; empty when nobody holds it. */
  holder: string;
}

/** A service that stands by. */
export interface StandbyRow {
  /** A Member as JSON. */
  member: string;
  beat: number;
}

export interface Tables {
  sessions: SessionRow;
  openings: OpeningRow;
  turns: TurnRow;
  requests: RequestRow;
  events: EventRow;
  nodes: NodeRow;
  leases: LeaseRow;
  standbys: StandbyRow;
}

/**
 * Rows of one statement: SQLite takes 32,766 parameters, Postgres 65,535, and the widest table has 17 columns. Characters of
 * one: Postgres takes less than 1 GiB.
 */
const ROWS_PER_STATEMENT = 1_000;
const CHARACTERS_PER_STATEMENT = 16 * 1024 * 1024;

/** The rows in pieces that fit into a statement each. */
export function* pieces<Row extends object>(rows: readonly Row[]): Generator<Row[]> {
  let piece: Row[] = [];
  let size = 0;
  for (const row of rows) {
    const length = sizeOf(row);
    if (
      piece.length === ROWS_PER_STATEMENT ||
      (piece.length > 0 && size + length > CHARACTERS_PER_STATEMENT)
    ) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(row);
    size += length;
  }
  if (piece.length > 0) yield piece;
}

function sizeOf(row: object): number {
  let size = 0;
  for (const value of Object.values(row)) if (typeof value === 'string') size += value.length;
  return size;
}

/** Ids in pieces that fit into a statement each. */
export function* idPieces(ids: readonly string[]): Generator<readonly string[]> {
  for (let i = 0; i < ids.length; i += ROWS_PER_STATEMENT) yield ids.slice(i, i + ROWS_PER_STATEMENT);
}

type Keyed = { sessions: 'id'; openings: 'session'; turns: 'id'; requests: 'id'; nodes: 'name' };

/** Writes rows in place of those of the same key. The newest of two with the same key counts. */
export async function upsert<Table extends keyof Keyed>(
  trx: Transaction<Tables>,
  table: Table,
  key: Keyed[Table],
  rows: readonly Insertable<Tables[Table]>[],
): Promise<void> {
  if (rows.length === 0) return;
  const byKey = new Map(rows.map((row) => [(row as Record<string, unknown>)[key], row]));
  const columns = Object.keys(rows[0]!).filter((column) => column !== key);
  for (const piece of pieces([...byKey.values()]))
    await trx
      .insertInto(table)
      .values(piece as never)
      .onConflict((conflict) =>
        conflict
          .column(key as never)
          .doUpdateSet(
            (eb) =>
              Object.fromEntries(
                columns.map((column) => [column, eb.ref(`excluded.${column}` as never)]),
              ) as never,
          ),
      )
      .execute();
}

/**
 * A row whose texts hold no U+0000, which Postgres cannot keep. Frames and everything else that is JSON text cannot hold one:
 * JSON has it as an escape only, and what is no JSON is no frame. What was read out of JSON can: a title, a method, an id.
 */
export function withoutNul<Row extends object>(row: Row): Row {
  let clean = row;
  for (const [name, value] of Object.entries(row))
    if (typeof value === 'string' && value.includes('\0'))
      clean = { ...clean, [name]: value.replaceAll('\0', '\uFFFD') };
  return clean;
}

export type Db = Kysely<Tables>;
