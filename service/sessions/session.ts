/**
 * One session in memory: its rows, as the handlers change them, and the tail of its journal that viewers still need.
 * `saved` is the newest event that is committed; nothing after it is ever shown.
 */
import { z } from 'zod';
import { ErrorCode, type ErrorObject, memberText, type SessionInfo } from '../../proto/index.js';
import type { EventRow, OpeningRow, RequestRow, SessionRow, SessionRows, TurnRow } from '../store/index.js';
import { OwnedMap } from './owned-map.js';
import { Settings } from './settings.js';
import { TurnTable } from './turn-table.js';

/** An answer of the agent or of ours, as the JSON text of its `result` or `error`. */
export type Outcome = { result: string } | { error: string };

const ErrorShape = z.looseObject({ code: z.number(), message: z.string() });

/** The error of an outcome in the form that events have, whatever the agent made of it; undefined for a result. */
export function errorOf(outcome: Outcome): ErrorObject | undefined {
  if ('result' in outcome) return undefined;
  const error = ErrorShape.safeParse(JSON.parse(outcome.error));
  return error.success ? error.data : { code: ErrorCode.InternalError, message: 'An error of no known form' };
}

export class Session {
  record: SessionRow;
  opening: OpeningRow;
  readonly turns = new TurnTable<Session>();
  /** The agent's requests, by the id that viewers know. */
  readonly requests = new OwnedMap<RequestRow, Session>();
  saved: number;
  /** The newest event when this run of the service read the session; 0 for one that it made. */
  readonly restored: number;
  /** Events that some viewer has not got, oldest first; kept only while somebody watches. */
  tail: EventRow[] = [];
  watchers = 0;
  /** The newest event that viewers should see at once; what follows it may wait a moment for company. */
  news = 0;
  private read: { text: string; settings: Settings } = { text: '{}', settings: {} };

  constructor(record: SessionRow, opening: OpeningRow) {
    this.record = record;
    this.opening = opening;
    this.saved = record.seq;
    this.restored = record.seq;
  }

  get id(): string {
    return this.record.id;
  }

  get running(): TurnRow | undefined {
    return this.turns.unended.find(({ state }) => state === 'running' || state === 'cancelling');
  }

  /** Those that wait, in the order in which they will run. */
  get queued(): TurnRow[] {
    return this.turns.unended
      .filter(({ state }) => state === 'queued')
      .sort((a, b) => a.position - b.position);
  }

  get openRequests(): RequestRow[] {
    return [...this.requests.values()].filter((request) => request.answer === null);
  }

  /** The id of the request to the node that makes the session, or brings it back; its own id when none is open. */
  get openingId(): string {
    const { line } = this.opening;
    return line === null ? this.id : (JSON.parse(memberText(line, ['id'])!) as string);
  }

  /** It was there before, and is being brought back. */
  get reopening(): boolean {
    return this.opening.line !== null && this.opening.result !== null;
  }

  /** The session can take prompts some day: it is neither ended nor gone for good. */
  get live(): boolean {
    return this.record.state !== 'ended' && this.record.state !== 'archived';
  }

  get settings(): Settings {
    const text = this.record.settings;
    if (this.read.text !== text) this.read = { text, settings: Settings.parse(JSON.parse(text)) };
    return this.read.settings;
  }

  set settings(settings: Settings) {
    this.record.settings = JSON.stringify(settings);
  }

  /** Member by member: lists make thousands of these at once, and a copy of the row less some members costs several times as much. */
  info(): SessionInfo {
    const { record, settings } = this;
    const info: SessionInfo = {
      sessionId: record.id,
      node: record.node,
      connector: record.connector,
      agent: record.agent,
      cwd: record.cwd,
      title: record.title,
      state: record.state,
      reason: record.reason,
      yolo: record.yolo === 1,
      queued: this.turns.waiting,
      seq: record.seq,
      epoch: record.epoch,
      createdAt: record.createdAt,
      updatedAt: record.updatedAt,
      size: record.size,
    };
    if (settings.approvals) info.approvals = settings.approvals;
    if (settings.idleTimeoutSecs !== undefined) info.idleTimeoutSecs = settings.idleTimeoutSecs;
    if (settings.transport !== undefined) info.transport = settings.transport;
    return info;
  }
}

/** Every session that is not deleted. */
export class Sessions {
  private readonly byId = new Map<string, Session>();
  /** Whose turn, and whose agent's request, an id is. */
  private readonly byTurn = new Map<string, Session>();
  private readonly byRequest = new Map<string, Session>();
  /** Made when it is asked for, and kept until a session comes or goes. */
  private order: Session[] | undefined;

  get(id: string): Session | undefined {
    return this.byId.get(id);
  }

  add(session: Session): void {
    this.byId.set(session.id, session);
    session.turns.byId.join(this.byTurn, session);
    session.requests.join(this.byRequest, session);
    this.order = undefined;
  }

  remove(id: string): void {
    const session = this.byId.get(id);
    session?.turns.byId.leave();
    session?.requests.leave();
    this.byId.delete(id);
    this.order = undefined;
  }

  all(): IterableIterator<Session> {
    return this.byId.values();
  }

  /** All of them in the order of lists, which is total: the newest first, by their ids where two are as old. */
  newestFirst(): readonly Session[] {
    this.order ??= [...this.byId.values()].sort(newestFirst);
    return this.order;
  }

  /** Where in that order those begin that come after `place`, whether or not its session is still there. */
  indexAfter(place: Place): number {
    const order = this.newestFirst();
    let low = 0;
    for (let high = order.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (newestFirst(place, order[middle]!) < 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  get size(): number {
    return this.byId.size;
  }

  onNode(node: string): Session[] {
    return [...this.byId.values()].filter((session) => session.record.node === node && session.live);
  }

  /** The session whose agent asked the request `id`. */
  withRequest(id: string): Session | undefined {
    return this.byRequest.get(id);
  }

  /** The session that has a turn `id`, whether it waits, runs or has ended. */
  withTurn(id: string): Session | undefined {
    return this.byTurn.get(id);
  }

  /** Takes what the store says: new sessions are added, known ones become what they were when it was saved. */
  restore(rows: SessionRows): void {
    this.order = undefined;
    for (const record of rows.sessions) {
      const known = this.byId.get(record.id);
      const fresh = new Session(record, emptyOpening(record.id));
      if (known) {
        known.record = fresh.record;
        known.opening = fresh.opening;
        known.turns.clear();
        known.requests.clear();
        known.tail = known.tail.filter((event) => event.seq <= record.seq);
      } else this.add(fresh);
    }
    for (const opening of rows.openings) {
      const session = this.byId.get(opening.session);
      if (session) session.opening = opening;
    }
    for (const turn of rows.turns) this.byId.get(turn.session)?.turns.set(turn);
    for (const request of rows.requests) this.byId.get(request.session)?.requests.set(request.id, request);
  }
}

type Place = { record: Pick<SessionRow, 'createdAt' | 'id'> };

export const newestFirst = (a: Place, b: Place): number =>
  b.record.createdAt - a.record.createdAt ||
  (a.record.id < b.record.id ? -1 : a.record.id > b.record.id ? 1 : 0);

export const emptyOpening = (session: string): OpeningRow => ({
  session,
  line: null,
  request: null,
  agentSessionId: null,
  result: null,
  error: null,
  agentInfo: null,
  agentCapabilities: null,
});
