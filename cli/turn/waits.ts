/** Whether a question that nobody can answer here is to wait for an answer from elsewhere. */
import type { Client } from '../../client/index.js';
import { within } from '../connect.js';

/**
 * Whoever says how long a question may wait means it to wait: the session's own policy, else that of its node. Read when there is a
 * question, since either may have changed by then. Where it cannot be learnt the question does not wait.
 */
export async function waitsElsewhere(
  client: Pick<Client, 'findSession' | 'call'>,
  sessionId: string,
): Promise<boolean> {
  try {
    const { node, approvals } = await within(client.findSession(sessionId));
    if (approvals) return approvals.denyAfterSecs !== undefined;
    const { nodes } = await within(client.call('_praxis/nodes', {}));
    return nodes.find(({ name }) => name === node)?.policy?.approvals?.denyAfterSecs !== undefined;
  } catch {
    return false;
  }
}
