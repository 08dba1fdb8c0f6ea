/** A session in which a prompt runs and two wait, and what may happen to its node. */
import { newId, notificationLine, ReopenMeta } from '../../proto/index.js';
import { opened, promptOf, settled, World } from './service-world.js';

export const DONE = { stopReason: 'end_turn' };
export const CANCELLED = { stopReason: 'cancelled' };

/** What runs is the client's request 41; 42 and 43 wait. */
export async function waitingPrompts(file?: string) {
  const world = await World.start(file);
  const { node, client, sessionId } = await world.session();
  const turns = [newId(), newId(), newId()] as const;
  for (const [i, turn] of turns.entries())
    await client.ask('session/prompt', promptOf(sessionId, `prompt ${i}`, turn), 41 + i);
  const bye = async () => {
    await node.event({}, notificationLine('_praxis/node/bye', { boot: node.boot }));
    await settled();
  };
  const exited = async () => {
    const params = { sessionId, code: null, signal: 'SIGTERM', detail: 'SIGTERM' };
    await node.say(sessionId, notificationLine('_praxis/agent/exited', params));
    await settled();
  };
  /** The node brings sessions back and does what it is prompted. */
  const works = () => {
    node.onOther = (frame, session) => {
      const { epoch } = ReopenMeta.parse((frame.params._meta as { praxis: unknown }).praxis);
      node.sessions.set(session!, { seq: 0, epoch });
      void node.answer(session!, frame.id, opened(session!));
    };
    node.onPrompt = (session, { id }) => void node.answer(session, id, DONE);
  };
  /** The node's next run, whose agents know nothing of the last. */
  const back = async () => {
    node.listen();
    node.boot = newId();
    node.sessions.clear();
    works();
    await node.hello();
    await settled();
  };
  const sent = () =>
    node.requests('session/prompt').map(({ params }) => (params.prompt as { text: string }[])[0]?.text);
  const waiting = async (who = client) => {
    const { turns } = await who.call<{ turns: { turnId: string; state: string }[] }>('_praxis/turn/list', {
      sessionId,
    });
    return turns.map(({ turnId, state }) => `${turns.length} ${state} ${turnId}`);
  };
  const session = async (who = client) => {
    const found = await who.call<{ sessions: { state: string; reason: string | null; queued: number }[] }>(
      '_praxis/session/find',
      { prefix: sessionId },
    );
    const { state, reason, queued } = found.sessions[0]!;
    return { state, reason, queued };
  };
  return { world, node, client, sessionId, turns, bye, exited, works, back, sent, waiting, session };
}
