/**
 * What happens to sessions because time has passed: questions that nobody answers, and idle sessions that end. Called every
 * second while the service is connected. A session is warned before its end; any event keeps it.
 */
import { IDLE_WARNING_SECS } from '../../proto/index.js';
import type { Nodes } from '../routing/nodes.js';
import type { Approvals } from './approvals.js';
import type { Journal } from './journal.js';
import type { Lifecycle } from './lifecycle.js';
import type { Session, Sessions } from './session.js';

export interface TimeoutsDeps {
  sessions: Pick<Sessions, 'all'>;
  nodes: Pick<Nodes, 'policyOf'>;
  approvals: Pick<Approvals, 'expire'>;
  lifecycle: Pick<Lifecycle, 'timeOut'>;
  journal: Journal;
}

export class Timeouts {
  /** Sessions that were warned: since when they are idle (ms since 1970), and the event that warned them. */
  private readonly warned = new Map<string, { since: number; seq: number }>();

  constructor(private readonly deps: TimeoutsDeps) {}

  tick(): void {
    for (const session of this.deps.sessions.all()) {
      if (session.requests.size > 0) this.deps.approvals.expire(session);
      if (session.record.state === 'idle') this.idle(session);
    }
  }

  private idle(session: Session): void {
    const { nodes, journal, lifecycle } = this.deps;
    const { record, settings } = session;
    const limit = settings.idleTimeoutSecs ?? nodes.policyOf(record.node).idleTimeoutSecs;
    const warned = this.warned.get(session.id);
    const isWarned = warned !== undefined && warned.seq === record.seq;
    if (warned && !isWarned) this.warned.delete(session.id);
    if (limit === undefined || session.openRequests.length > 0) return;
    const since = isWarned ? warned.since : record.updatedAt;
    const idleSecs = (journal.now() - since) / 1_000;
    const notice = Math.min(IDLE_WARNING_SECS, limit / 2);
    if (idleSecs >= limit && isWarned) {
      this.warned.delete(session.id);
      lifecycle.timeOut(session);
    } else if (idleSecs >= limit - notice && !isWarned) {
      const left = Math.max(1, Math.round(limit - idleSecs));
      journal.notice(
        session,
        'warning',
        `Nothing happens here: the session ends in ${left} s. A prompt keeps it.`,
      );
      this.warned.set(session.id, { since, seq: record.seq });
    }
  }
}
