/** `_praxis/session/rename | configure | archive | restore | prune | import`. */
import { LifeMethods } from '../../proto/index.js';
import type { Nodes } from '../routing/nodes.js';
import type { Keeping } from '../sessions/keeping.js';
import { checkPolicy } from '../sessions/policy.js';
import type { Changes } from './changes.js';

export interface LifeMethodsDeps {
  keeping: Keeping;
  nodes: Pick<Nodes, 'list'>;
  now(): number;
}

export function addLifeMethods(changes: Changes, { keeping, nodes, now }: LifeMethodsDeps): void {
  changes.addForSession(
    '_praxis/session/rename',
    LifeMethods['_praxis/session/rename'].params,
    (session, { title }, client) => {
      keeping.rename(session, title, client.name);
      return undefined;
    },
  );
  changes.addForSession(
    '_praxis/session/configure',
    LifeMethods['_praxis/session/configure'].params,
    (session, { approvals, idleTimeoutSecs }) => {
      const node = nodes.list().find(({ name }) => name === session.record.node);
      if (node && approvals) checkPolicy(node, { approvals });
      keeping.configure(session, { approvals, idleTimeoutSecs });
      return undefined;
    },
  );
  changes.addForSession(
    '_praxis/session/archive',
    LifeMethods['_praxis/session/archive'].params,
    (session) => {
      keeping.archive(session);
      return undefined;
    },
  );
  changes.addForSession(
    '_praxis/session/restore',
    LifeMethods['_praxis/session/restore'].params,
    (session) => {
      keeping.restore(session);
      return undefined;
    },
  );
  changes.add(
    '_praxis/session/prune',
    LifeMethods['_praxis/session/prune'].params,
    ({ olderThanSecs, dryRun }) => {
      const { sessions, more } = keeping.prune(now() - olderThanSecs * 1_000, dryRun);
      return {
        sessions: sessions.map(({ id, record: { title, updatedAt, size } }) => ({
          ...{ sessionId: id, title, updatedAt, size },
        })),
        more,
      };
    },
  );
  changes.add(
    '_praxis/session/import',
    LifeMethods['_praxis/session/import'].params,
    ({ sessionId, head, events, last }) => ({ seq: keeping.import(sessionId, head, events, last) }),
  );
}
