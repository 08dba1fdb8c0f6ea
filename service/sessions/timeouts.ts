/** What happens to sessions because time has passed. Called every second while the service is connected. */
import type { Approvals } from './approvals.js';
import type { Sessions } from './session.js';

export interface TimeoutsDeps {
  sessions: Pick<Sessions, 'all'>;
  approvals: Pick<Approvals, 'expire'>;
}

export class Timeouts {
  constructor(private readonly deps: TimeoutsDeps) {}

  tick(): void {
    for (const session of this.deps.sessions.all())
      if (session.requests.size > 0) this.deps.approvals.expire(session);
  }
}
