/** The tables as kysely knows them. */
import type { Kysely } from 'kysely';
import type { EventRow, NodeRow, OpeningRow, RequestRow, SessionRow, TurnRow } from './types.js';

/** Who serves a partition. `epoch` grows with every change of who it is; the rest belongs to the epoch. */
export interface LeaseRow {
  partition: number;
  epoch: number;
  /** Grows while its holder lives. */
  beat: number;
  /** The number that was taken last: by its newest commit, or in place of one that was lost. Grows, with gaps. */
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

/** Ids of one statement: SQLite takes 32,766 parameters, Postgres 65,535. */
const IDS_PER_STATEMENT = 1_000;

/** Ids in pieces that fit into a statement each. */
export function* idPieces(ids: readonly string[]): Generator<readonly string[]> {
  for (let i = 0; i < ids.length; i += IDS_PER_STATEMENT) yield ids.slice(i, i + IDS_PER_STATEMENT);
}

export type Db = Kysely<Tables>;
