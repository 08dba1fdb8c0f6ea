/** Questions of an agent that our own clients cannot show. */
import { ErrorCode, isForPeople } from '../proto/index.js';
import type { Client, SessionEvent } from './types.js';

/**
 * Tells the service, of a question that is not answered here, just that (-32601): otherwise the agent would wait for ever for a
 * viewer that looks and cannot answer. Other viewers may still. One that is answered already is ignored by the service.
 */
export function abstain(client: Pick<Client, 'answer'>, { sessionId, frame }: SessionEvent): void {
  if (frame.kind !== 'request' || isForPeople(frame.method, frame.params)) return;
  const error = { code: ErrorCode.MethodNotFound, message: `Praxis does not answer ${frame.method} here` };
  client.answer(sessionId, String(frame.id), { error });
}
