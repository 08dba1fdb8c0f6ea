/**
 * What happens to sessions because time has passed: questions that nobody answers, and idle sessions that end. Called every
 * second while the service is connected. A session is warned before its end; any event keeps it. Time is that of the steady clock: neither a
 * clock that is set nor a machine that slept ends anything.
 */
import { IDLE_WARNING_SECS, type NodePolicy } from '../../proto/index.js';
import type { Clock } from '../ports.js';
import type { Nodes } from '../routing/nodes.js';
import { Ages } from './ages.js';
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
  clock: Clock;
}

export class Timeouts {
  /** How long sessions have been idle. */
  private readonly ages: Ages;
  /** The newest event of the idle sessions that may end, and whether it is the one that warned. */
  private readonly seen = new Map<string, { seq: number; warned: boolean }>();

  constructor(private readonly deps: TimeoutsDeps) {
    this.ages = new Ages(deps.clock);
  }

  tick(): void {
    for (const session of this.deps.sessions.all()) {
      if (session.requests.size > 0) this.deps.approvals.expire(session);
      if (session.record.state === 'idle') this.idle(session);
      else this.forget(session.id);
    }
  }

  private idle(session: Session): void {
    const { nodes, journal, lifecycle } = this.deps;
    const { id, record, settings } = session;
    const limit = settings.idleTimeoutSecs ?? ofAgent(nodes.policyOf(record.node), record.connector);
    if (limit === undefined || session.openRequests.length > 0) {
      this.forget(id);
      return;
    }
    const seen = this.seen.get(id);
    // Only of what happened before this run the wall clock must be asked.
    if (record.seq !== (seen?.seq ?? session.restored)) this.ages.restart(id);
    const warned = seen?.seq === record.seq && seen.warned;
    this.seen.set(id, { seq: record.seq, warned });
    const idleSecs = this.ages.of(id, record.updatedAt) / 1_000;
    const notice = Math.min(IDLE_WARNING_SECS, limit / 2);
    if (idleSecs >= limit && warned) {
      this.forget(id);
      lifecycle.timeOut(session);
    } else if (idleSecs >= limit - notice && !warned) {
      const left = Math.max(1, Math.round(limit - idleSecs));
      const text = `Nothing happens here: the session ends in ${left} s. A prompt keeps it.`;
      journal.notice(session, 'warning', text);
      this.seen.set(id, { seq: record.seq, warned: true });
    }
  }

  private forget(id: string): void {
    this.seen.delete(id);
    this.ages.forget(id);
  }
}

/** What the owner of the node says for this agent, else for all. */
const ofAgent = ({ agentIdleTimeoutSecs = {}, idleTimeoutSecs }: NodePolicy, connector: string) =>
  Object.hasOwn(agentIdleTimeoutSecs, connector) ? agentIdleTimeoutSecs[connector] : idleTimeoutSecs;
