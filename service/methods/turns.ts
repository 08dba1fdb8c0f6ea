/** `_praxis/turn/*`: the queue of a session, for clients. */
import { TurnMethods, unknownSession } from '../../proto/index.js';
import { checkPrompt } from '../sessions/prompts.js';
import type { Queue } from '../sessions/queue.js';
import type { Sessions } from '../sessions/session.js';
import type { Changes } from './changes.js';
import type { MethodServer } from './server.js';

export interface TurnMethodsDeps {
  sessions: Pick<Sessions, 'get'>;
  queue: Queue;
}

export function addTurnMethods(server: MethodServer, changes: Changes, deps: TurnMethodsDeps): void {
  const { sessions, queue } = deps;
  server.add('_praxis/turn/list', TurnMethods['_praxis/turn/list'].params, ({ sessionId }) => {
    const session = sessions.get(sessionId);
    if (!session) throw unknownSession(sessionId);
    return { turns: queue.list(session) };
  });
  changes.addForSession(
    '_praxis/turn/edit',
    TurnMethods['_praxis/turn/edit'].params,
    (session, { turnId, prompt }, _client, line) => {
      checkPrompt(session, prompt, line);
      queue.edit(session, turnId, prompt);
      return undefined;
    },
  );
  changes.addForSession(
    '_praxis/turn/remove',
    TurnMethods['_praxis/turn/remove'].params,
    (session, { turnId }) => {
      queue.remove(session, turnId);
      return undefined;
    },
  );
  changes.addForSession(
    '_praxis/turn/next',
    TurnMethods['_praxis/turn/next'].params,
    (session, { turnId }) => {
      queue.next(session, turnId);
      return undefined;
    },
  );
}
