/** A session that is lost comes back by its next prompt, on a new process of its agent, and the journal goes on where it was. */
import { describe, expect, it } from 'vitest';
import { ErrorCode, errorLine, newId, notificationLine, PraxisError, ReopenMeta } from '../../proto/index.js';
import { chunk, opened, promptOf, settled, type TestNode, World } from '../support/service-world.js';

const DONE = { stopReason: 'end_turn' };

/** The node brings sessions back; `context` is what became of the conversation. */
function reopens(node: TestNode, context: 'kept' | 'new' = 'kept'): void {
  node.onOther = (frame, session) => {
    const meta = ReopenMeta.parse((frame.params._meta as { praxis: unknown }).praxis);
    node.sessions.set(session!, { seq: 0, epoch: meta.epoch });
    const answer = opened(session!);
    Object.assign(answer._meta.praxis, { context, agentSessionId: `native-${meta.epoch}` });
    void node.answer(session!, frame.id, answer);
  };
  node.onPrompt = (session, { id }) => {
    void node.text(session, 'back');
    void node.answer(session, id, DONE);
  };
}

/** A session whose node knows how to bring it back. */
async function resumable(told: Record<string, unknown> = {}) {
  const world = await World.start();
  const node = world.node();
  node.onOpen = (id, frame) => {
    const answer = opened(id);
    Object.assign(answer._meta.praxis, { agentSessionId: 'native-1', ...told });
    void node.answer(id, frame.id, answer);
  };
  await node.hello();
  const client = await world.ready();
  const { sessionId } = await client.call<{ sessionId: string }>('session/new', {
    cwd: '/tmp',
    mcpServers: [{ name: 'tools', command: 'tools', args: [], env: [] }],
  });
  return { world, node, client, sessionId };
}

const killed = (sessionId: string) =>
  notificationLine('_praxis/agent/exited', { sessionId, code: null, signal: 'SIGKILL', detail: 'killed' });

async function lost() {
  const made = await resumable();
  await made.node.say(made.sessionId, killed(made.sessionId));
  await settled();
  made.client.heard.splice(0);
  return made;
}

describe('a lost session', () => {
  it('that is brought back at once stays, though a hello did not name it shortly before', async () => {
    const { world, node, client, sessionId } = await resumable();
    const known = node.sessions.get(sessionId)!;
    node.sessions.delete(sessionId);
    await node.hello();
    node.sessions.set(sessionId, known);
    await node.say(sessionId, killed(sessionId));
    reopens(node);
    expect(await client.call('_praxis/session/resume', { sessionId })).toMatchObject({ context: 'kept' });
    for (let i = 0; i < 6; i++) {
      await world.clock.advance(1_000);
      await node.beat();
    }
    await settled();
    expect(await client.call('session/prompt', promptOf(sessionId, 'hi'))).toEqual(DONE);
    expect(node.requests('session/resume')).toHaveLength(1);
  });

  it('keeps its transport, whatever its node has become the default since', async () => {
    const { node, client, sessionId } = await resumable({ transport: 'pty' });
    expect(
      (await client.call<{ sessions: unknown[] }>('_praxis/session/find', { prefix: sessionId })).sessions,
    ).toEqual([expect.objectContaining({ transport: 'pty' })]);
    await node.say(sessionId, killed(sessionId));
    reopens(node);
    await client.call('session/prompt', promptOf(sessionId, 'hi'));
    expect(node.requests('session/resume')[0]?.params).toMatchObject({
      _meta: { praxis: { transport: 'pty' } },
    });
  });

  it('is brought back by a prompt through the agent’s own id, and says so', async () => {
    const { node, client, sessionId } = await lost();
    reopens(node);
    expect(await client.call('session/prompt', promptOf(sessionId, 'hi'), 20)).toEqual(DONE);
    await settled();
    const [resume] = node.requests('session/resume');
    expect(resume?.params).toMatchObject({
      sessionId,
      cwd: '/tmp',
      mcpServers: [{ name: 'tools' }],
      _meta: { praxis: { sessionId, epoch: 2, agentSessionId: 'native-1', connector: 'demo' } },
    });
    expect(client.story()).toEqual([
      '_praxis/session/state starting',
      '_praxis/turn queued',
      '_praxis/session/opened',
      '_praxis/session/notice',
      '_praxis/session/state idle',
      '_praxis/turn running',
      '_praxis/session/state working',
      'session/update back',
      '_praxis/turn ended',
      '_praxis/session/state idle',
      'answer 20',
    ]);
  });

  it('is brought back on request, and says when the agent knows nothing any more', async () => {
    const { node, client, sessionId } = await lost();
    reopens(node, 'new');
    expect(await client.call('_praxis/session/resume', { sessionId })).toEqual({ sessionId, context: 'new' });
    expect(await client.call('_praxis/session/resume', { sessionId })).toEqual({
      sessionId,
      context: 'live',
    });
    const notice = client.heard.find(({ frame }) => 'method' in frame && frame.method.endsWith('/notice'));
    expect(notice?.frame.line).toMatch(/knows nothing of what was said/);
  });

  it('counts the words of the new process anew and drops those of the old one', async () => {
    const { node, client, sessionId } = await lost();
    reopens(node);
    await client.call('_praxis/session/resume', { sessionId });
    await node.event({ session: sessionId, seq: 90, epoch: 1 }, chunk(sessionId, 'from the grave'));
    await node.text(sessionId, 'alive');
    await settled();
    expect(client.story()).toContain('session/update alive');
    expect(client.story()).not.toContain('session/update from the grave');
  });

  it('stays lost with the reason when the agent cannot be started, and may be tried again', async () => {
    const { node, client, sessionId } = await lost();
    node.onOther = (frame, session) =>
      void node.event(
        { session: session!, seq: 1, epoch: 2 },
        errorLine(frame.id, new PraxisError(ErrorCode.AgentStartFailed, 'not installed')),
      );
    const { error } = await client.call<{ error: object }>('session/prompt', promptOf(sessionId, 'hi'));
    expect(error).toMatchObject({ code: ErrorCode.AgentStartFailed });
    expect(client.story().at(-1)).not.toBe('_praxis/session/state idle');
    reopens(node);
    expect(await client.call('session/prompt', promptOf(sessionId, 'again'))).toEqual(DONE);
    expect(node.requests('session/resume').map(({ id }) => id)).toHaveLength(2);
    expect(new Set(node.requests('session/resume').map(({ id }) => id)).size).toBe(2);
  });

  it('stays lost when its node has gone away unnoticed, and comes back with it', async () => {
    const { node, client, sessionId } = await lost();
    node.vanish();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 30);
    expect(await client.call('_praxis/session/resume', { sessionId })).toMatchObject({
      error: { code: ErrorCode.NodeUnavailable },
    });
    await settled();
    node.listen();
    node.boot = newId();
    node.sessions.clear();
    reopens(node);
    await node.hello();
    expect(await client.call('session/prompt', promptOf(sessionId, 'again'))).toEqual(DONE);
    expect(client.answersTo(30)[0]?.result).toEqual(DONE);
  });

  it('that has prompts waiting comes back for them, and runs again what never reached the agent', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    for (const id of [41, 42, 43])
      await client.ask('session/prompt', promptOf(sessionId, `prompt ${id}`), id);
    const first = node.requests('session/prompt')[0]!;
    const gone = new PraxisError(ErrorCode.AgentLost, 'gone');
    await node.say(
      sessionId,
      errorLine(first.id, gone),
      notificationLine('_praxis/agent/exited', { sessionId, code: 1, signal: null, detail: 'gone' }),
    );
    reopens(node);
    await settled();
    await node.hello();
    await settled();
    expect(client.answersTo(41)[0]?.error?.code).toBe(ErrorCode.AgentLost);
    expect([42, 43].map((id) => client.answersTo(id).map(({ result }) => result))).toEqual([[DONE], [DONE]]);
  });

  it('takes no prompt while its node is away', async () => {
    const { node, client, sessionId } = await lost();
    await node.event({}, notificationLine('_praxis/node/bye', { boot: node.boot }));
    const { error } = await client.call<{ error: object }>('session/prompt', promptOf(sessionId, 'hi'));
    expect(error).toMatchObject({ code: ErrorCode.NodeUnavailable });
    expect(client.story()).not.toContain('_praxis/turn queued');
  });

  it('whose reopening was under way when its node restarted is reopened by the next run, for the prompt that waits', async () => {
    const { node, client, sessionId } = await lost();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 30);
    await client.ask('_praxis/session/resume', { sessionId }, 31);
    node.boot = '0b9d52f5-56a3-4b6f-9f0e-4d3c5a2c1b00';
    node.sessions.clear();
    reopens(node);
    await node.hello();
    await settled();
    // Who asked for this reopening hears what became of it.
    expect(client.answersTo(31)[0]?.error?.code).toBe(ErrorCode.NodeLost);
    expect(client.answersTo(30)[0]?.result).toEqual(DONE);
    expect(node.requests('session/resume')).toHaveLength(2);
    expect(node.requests('session/prompt')).toHaveLength(1);
  });
});
