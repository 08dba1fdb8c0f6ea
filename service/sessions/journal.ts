/**
 * Appends events to journals and moves sessions through their states. Everything goes through the draft of the current
 * input: an event exists for others once it is committed. `seq` grows by one within a session.
 */
import {
  type EndReason,
  type EventMethod,
  type EventParams,
  memberText,
  notificationLine,
} from '../../proto/index.js';
import type { Committer } from '../commit.js';
import type { Clock } from '../ports.js';
import type { RequestRow, TurnRow } from '../store/index.js';
import type { Outcome, Session } from './session.js';
import { type LifeEvent, next } from './state.js';

export interface JournalDeps {
  committer: Committer;
  clock: Clock;
  /** A list that shows this session should be drawn anew. Called when that is saved. */
  changed(session: Session): void;
}

export class Journal {
  constructor(private readonly deps: JournalDeps) {}

  now(): number {
    return this.deps.clock.now();
  }

  /** Runs when everything up to here is saved. */
  after(effect: () => void): void {
    this.deps.committer.effect(effect);
  }

  /** Appends a frame as it is. */
  append(session: Session, frame: string): void {
    this.put(session, this.now(), frame);
  }

  /** Appends an event of another time, as an import does. */
  put(session: Session, at: number, frame: string, isNews = true): void {
    const { record } = session;
    record.seq++;
    record.updatedAt = at;
    record.size += frame.length;
    const event = { session: session.id, seq: record.seq, epoch: record.epoch, at: record.updatedAt, frame };
    this.deps.committer.draft.events.push(event);
    if (session.watchers > 0) session.tail.push(event);
    if (isNews) session.news = record.seq;
    this.touch(session);
  }

  /** Appends an event of ours. */
  event<M extends EventMethod>(
    session: Session,
    method: M,
    params: Omit<EventParams<M>, 'sessionId' | 'at'>,
  ): void {
    const now = this.now();
    const frame = notificationLine(method, { sessionId: session.id, at: now, ...params });
    this.put(session, now, frame, !tellsThatTurnRuns(method, params));
  }

  notice(session: Session, severity: 'info' | 'warning' | 'error', text: string): void {
    this.event(session, '_praxis/session/notice', { severity, text });
  }

  /** The session's row changed without an event. */
  touch(session: Session): void {
    this.deps.committer.draft.sessions.add(session);
  }

  /** The session's row changed in a way that lists show. */
  changed(session: Session): void {
    this.touch(session);
    this.after(() => this.deps.changed(session));
  }

  saveOpening(session: Session): void {
    this.deps.committer.draft.openings.add(session);
    this.touch(session);
  }

  saveTurn(session: Session, turn: TurnRow): void {
    this.deps.committer.draft.turns.add(turn);
    this.changed(session);
  }

  saveRequest(session: Session, request: RequestRow): void {
    this.deps.committer.draft.requests.add(request);
    this.touch(session);
  }

  forgetRequest(session: Session, request: RequestRow): void {
    session.requests.delete(request.id);
    this.deps.committer.draft.done.add(request.id);
  }

  forgetSession(session: Session): void {
    this.deps.committer.draft.removed.add(session.id);
  }

  /** Moves the session, and tells it as an event when something changed. False: the event has no place in its state. */
  move(
    session: Session,
    event: LifeEvent,
    reason: string | null = null,
    detail: string | null = null,
  ): boolean {
    const { record } = session;
    const state = next(record.state, event);
    if (state === undefined) return false;
    if (state === record.state && reason === record.reason) return true;
    record.state = state;
    record.reason = reason;
    this.event(session, '_praxis/session/state', { state, reason, detail });
    this.changed(session);
    return true;
  }

  end(session: Session, reason: EndReason, detail: string | null = null): void {
    this.move(session, 'ended', reason, detail);
  }
}

/** Who prompted knows it, and others see it by what comes of it. */
const tellsThatTurnRuns = (method: EventMethod, params: object): boolean =>
  (method === '_praxis/turn' && 'state' in params && params.state === 'running') ||
  (method === '_praxis/session/state' && 'state' in params && params.state === 'working');

/** What a response says, byte for byte. */
export function outcomeOf(line: string): Outcome {
  const error = memberText(line, ['error']);
  return error === undefined ? { result: memberText(line, ['result']) ?? 'null' } : { error };
}

/** The response line that says it under `id`. */
export const answerLine = (id: string | number | null, outcome: Outcome): string =>
  'result' in outcome
    ? `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${outcome.result}}`
    : `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${outcome.error}}`;
