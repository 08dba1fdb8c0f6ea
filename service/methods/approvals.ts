/** The inbox: every open question of every session, and the answer to one. */
import { ApprovalMethods, ErrorCode, PraxisError } from '../../proto/index.js';
import type { Approvals } from '../sessions/approvals.js';
import type { Sessions } from '../sessions/session.js';
import type { Changes } from './changes.js';
import type { MethodServer } from './server.js';

export interface ApprovalMethodsDeps {
  sessions: Pick<Sessions, 'all' | 'withRequest'>;
  approvals: Approvals;
}

export function addApprovalMethods(server: MethodServer, changes: Changes, deps: ApprovalMethodsDeps): void {
  const { sessions, approvals } = deps;
  server.add('_praxis/approvals', ApprovalMethods['_praxis/approvals'].params, () => ({
    approvals: [...sessions.all()]
      .filter(({ requests }) => requests.size > 0)
      .flatMap((session) => approvals.list(session))
      .sort((a, b) => a.at - b.at),
  }));
  changes.add(
    '_praxis/approvals/answer',
    ApprovalMethods['_praxis/approvals/answer'].params,
    ({ requestId, choice, hash }, client) => {
      const session = sessions.withRequest(requestId);
      if (!session)
        throw new PraxisError(ErrorCode.Conflict, 'The question is not open (any more)', { requestId });
      return {
        sessionId: session.id,
        ...approvals.choose(session, requestId, choice, client.name, hash),
      };
    },
  );
}
