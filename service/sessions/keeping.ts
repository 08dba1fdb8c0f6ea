/** What becomes of sessions besides their talk: named, set, put away, brought back, removed by age, imported. */
import {
  ErrorCode,
  type ExportedEvent,
  type ExportHead,
  invalidParams,
  PRUNE_PAGE,
  PraxisError,
  parseFrame,
  replaceMember,
} from '../../proto/index.js';
import type { Journal } from './journal.js';
import type { Lifecycle } from './lifecycle.js';
import { emptyOpening, Session, type Sessions } from './session.js';
import type { Settings } from './settings.js';

export interface KeepingDeps {
  sessions: Sessions;
  journal: Journal;
  lifecycle: Pick<Lifecycle, 'forget'>;
  /** Characters that one journal may have. */
  maxJournal: number;
}

export class Keeping {
  constructor(private readonly deps: KeepingDeps) {}

  rename(session: Session, title: string | null, by: string): void {
    const { journal } = this.deps;
    session.settings = { ...session.settings, named: title !== null };
    session.record.title = title;
    journal.event(session, '_praxis/session/renamed', { title, by });
    journal.changed(session);
  }

  /** What is undefined stays, null is taken back. */
  configure(
    session: Session,
    wish: { [Key in 'approvals' | 'idleTimeoutSecs']?: Settings[Key] | null },
  ): void {
    const { approvals, idleTimeoutSecs, ...rest } = session.settings;
    const pick = <T>(wanted: T | null | undefined, now: T | undefined) =>
      wanted === undefined ? now : (wanted ?? undefined);
    session.settings = {
      ...rest,
      approvals: pick(wish.approvals, approvals),
      idleTimeoutSecs: pick(wish.idleTimeoutSecs, idleTimeoutSecs),
    };
    this.deps.journal.changed(session);
  }

  /** Throws Conflict for a session that has not ended. */
  archive(session: Session): void {
    if (session.live)
      throw new PraxisError(ErrorCode.Conflict, 'The session has not ended: close it before you archive it', {
        sessionId: session.id,
      });
    this.deps.journal.move(session, 'archived', session.record.reason);
  }

  restore(session: Session): void {
    this.deps.journal.move(session, 'restored', session.record.reason);
  }

  /** The sessions that are over and have not changed since `before` (ms since 1970), the oldest first; removed unless `dryRun`. */
  prune(before: number, dryRun: boolean): { sessions: Session[]; more: boolean } {
    const old = [...this.deps.sessions.all()]
      .filter(({ live, record }) => !live && record.reason !== 'deleted' && record.updatedAt < before)
      .sort((a, b) => a.record.updatedAt - b.record.updatedAt);
    const sessions = dryRun ? old : old.slice(0, PRUNE_PAGE);
    if (!dryRun) for (const session of sessions) this.deps.lifecycle.forget(session);
    return { sessions, more: sessions.length < old.length };
  }

  /** Takes a part of an exported session. Throws Conflict, InvalidParams, JournalFull before it takes any of it. */
  import(id: string, head: ExportHead, events: ExportedEvent[], last: boolean): number {
    const { sessions, journal, maxJournal } = this.deps;
    const known = sessions.get(id);
    if (known && !known.settings.importing)
      throw new PraxisError(ErrorCode.Conflict, `There is a session ${id} already`, {
        sessionId: id,
        hint: 'Import it under an id of its own: --new-id',
      });
    const from = known?.record.seq ?? 0;
    const fresh = events.filter(({ seq }) => seq > from);
    check(fresh, from);
    const size = fresh.reduce((sum, { frame }) => sum + frame.length, known?.record.size ?? 0);
    if (size > maxJournal)
      throw new PraxisError(ErrorCode.JournalFull, `A journal may have ${maxJournal} characters`, {
        limit: maxJournal,
      });
    const session = known ?? this.make(id, head);
    for (const { epoch, at, frame } of fresh) {
      session.record.epoch = epoch;
      journal.put(session, at, replaceMember(frame, ['params', 'sessionId'], JSON.stringify(id)));
    }
    if (last) session.settings = { ...session.settings, importing: false };
    journal.changed(session);
    return session.record.seq;
  }

  private make(id: string, { node, connector, agent, cwd, title, yolo, createdAt }: ExportHead): Session {
    const session = new Session(
      {
        ...{ id, node, connector, agent, cwd, title, createdAt, updatedAt: createdAt },
        ...{ state: 'ended', reason: 'imported', yolo: yolo ? 1 : 0 },
        ...{ seq: 0, epoch: 0, nodeBoot: null, nodeSeq: 0, size: 0 },
        settings: JSON.stringify({ importing: true }),
      },
      emptyOpening(id),
    );
    this.deps.sessions.add(session);
    this.deps.journal.saveOpening(session);
    return session;
  }
}

/** The events follow on `from` without a gap, and each holds a frame. */
function check(events: readonly ExportedEvent[], from: number): void {
  for (const [i, { seq, frame }] of events.entries()) {
    if (seq !== from + 1 + i) throw invalidParams(`The event ${from + 1 + i} is missing before ${seq}`);
    try {
      parseFrame(frame);
    } catch (error) {
      throw invalidParams(`The event ${seq} holds no frame: ${(error as Error).message}`);
    }
  }
}
