import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ErrorCode,
  errorLine,
  NODE_GONE_MS,
  NODE_SILENT_MS,
  newId,
  notificationLine,
  PraxisError,
} from '../../proto/index.js';
import { connector, opened, promptOf, settled, type TestClient, World } from '../support/service-world.js';

const DONE = { stopReason: 'end_turn' };
const stateOf = async (client: TestClient, sessionId: string) => {
  const { sessions } = await client.call<{ sessions: { state: string; reason: string | null }[] }>(
    '_praxis/session/find',
    { prefix: sessionId },
  );
  return `${sessions[0]?.state} ${sessions[0]?.reason}`;
};
const nodeState = async (client: TestClient) =>
  (await client.call<{ nodes: { state: string }[] }>('_praxis/nodes', {})).nodes[0]?.state;

describe('a node', () => {
  it('that is new is known by what it said last, though the broker is slow to tell of its login', async () => {
    const world = await World.start();
    const node = world.node();
    let told = () => {};
    world.looks.push(
      new Promise((resolve) => {
        told = resolve;
      }),
    );
    node.connectors = [];
    const first = node.hello();
    node.connectors = [connector('demo')];
    const second = node.hello();
    await settled();
    told();
    await Promise.all([first, second]);
    const { nodes } = await (await world.ready()).call<{ nodes: { connectors: object[] }[] }>(
      '_praxis/nodes',
      {},
    );
    expect(nodes[0]?.connectors).toHaveLength(1);
  });

  it('that is back between two copies of a prompt gets neither: the first was refused', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await world.clock.advance(NODE_SILENT_MS + 1_000);
    const prompt = promptOf(sessionId, 'hi', newId());
    // All of it waits in the broker while the service cannot be reached, and comes at once.
    void client.ask('session/prompt', prompt, 11);
    void node.hello();
    void client.ask('session/prompt', prompt, 11);
    await settled();
    const { NodeUnavailable: code } = ErrorCode;
    expect(client.answersTo(11)).toMatchObject([{ error: { code } }, { error: { code } }]);
    expect(node.requests('session/prompt')).toEqual([]);
    await client.ask('session/prompt', prompt, 12);
    await settled();
    expect(node.requests('session/prompt')).toHaveLength(1);
  });

  it('that is silent is shown as lost with its sessions, and they go on when it is back', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await world.clock.advance(NODE_SILENT_MS - 1_000);
    await node.beat();
    await world.clock.advance(NODE_SILENT_MS - 1_000);
    expect(await nodeState(client)).toBe('live');
    await world.clock.advance(2_000);
    expect(await nodeState(client)).toBe('lost');
    expect(await stateOf(client, sessionId)).toBe('lost node_silent');
    const refused = await client.call<{ error: { code: number } }>(
      'session/prompt',
      promptOf(sessionId, 'x'),
    );
    expect(refused.error.code).toBe(ErrorCode.NodeUnavailable);
    await node.beat();
    expect(await nodeState(client)).toBe('live');
    expect(await stateOf(client, sessionId)).toBe('working null');
    await node.answer(sessionId, turn, DONE);
    await settled();
    expect(client.answersTo(11)[0]?.result).toEqual(DONE);
  });

  it('that stays silent has its prompts answered with NodeLost; its sessions live on when it is back in the same run', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await client.ask('session/prompt', promptOf(sessionId, 'queued'), 12);
    await world.clock.advance(NODE_GONE_MS + 1_000);
    expect([11, 12].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([1002, 1002]);
    expect(await stateOf(client, sessionId)).toBe('lost node_gone');
    await node.hello();
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/cancel' });
    await node.answer(sessionId, turn, { stopReason: 'cancelled' });
    expect(await stateOf(client, sessionId)).toBe('idle null');
    node.onPrompt = (session, { id }) => void node.answer(session, id, DONE);
    expect(await client.call('session/prompt', promptOf(sessionId, 'again'))).toEqual(DONE);
  });

  it('in another run has lost its sessions', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    node.boot = newId();
    node.sessions.clear();
    await node.hello();
    await settled();
    expect(client.answersTo(11)[0]?.error?.code).toBe(ErrorCode.NodeLost);
    expect(await stateOf(client, sessionId)).toBe('lost node_restarted');
    expect(await client.call('session/close', { sessionId })).toEqual({});
  });

  it('that says bye has its requests answered with NodeLost at once', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    await client.ask('session/set_mode', { sessionId, modeId: 'x' }, 12);
    await node.event({}, notificationLine('_praxis/node/bye', { boot: node.boot }));
    await settled();
    expect([11, 12].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([1002, 1002]);
    expect(await nodeState(client)).toBe('lost');
  });

  it('gets on hello what it has not answered, under the same id', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await client.ask('session/set_mode', { sessionId, modeId: 'x' }, 12);
    const before = node.got.slice(-2).map(({ frame }) => frame.line);
    await node.hello();
    await settled();
    expect(node.got.slice(-2).map(({ frame }) => frame.line)).toEqual(before);
    await client.notify('session/cancel', { sessionId });
    await node.hello();
    await settled();
    expect(
      node.got.filter(({ frame }) => 'method' in frame && frame.method === 'session/cancel'),
    ).toHaveLength(2);
  });

  it('is told to close a session that was closed before its agent had started', async () => {
    const world = await World.start();
    const node = world.node();
    node.onOpen = () => {};
    await node.hello();
    const client = await world.ready();
    const sessionId = newId();
    const params = { cwd: '/tmp', mcpServers: [], _meta: { praxis: { sessionId } } };
    await client.ask('session/new', params, 11);
    expect(await client.call('session/close', { sessionId }, 12)).toEqual({});
    node.sessions.set(sessionId, { seq: 1, epoch: 1 });
    await node.answer(sessionId, sessionId, opened(sessionId));
    await settled();
    expect(node.requests('session/close').map(({ id }) => id)).toContain(`close ${sessionId}`);
    expect(node.sessions.size).toBe(0);
  });

  it('whose login is taken away is listed no more, and its sessions have ended with their transcripts', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'praxis-revoked-')), 'journal.db');
    const world = await World.start(file);
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    await client.ask('session/prompt', promptOf(sessionId, 'queued'), 12);
    await node.text(sessionId, 'half a');
    const lost = (await client.call<{ sessionId: string }>('session/new', { cwd: '/tmp', mcpServers: [] }))
      .sessionId;
    await node.say(
      lost,
      notificationLine('_praxis/agent/exited', { sessionId: lost, code: 1, signal: null, detail: 'x' }),
    );
    expect(await stateOf(client, lost)).toBe('lost agent_exited');
    const revoke = (name: string) => client.call('_praxis/revoke', { role: 'node', name });
    expect(await revoke('box')).toEqual({ sessions: 2 });
    expect([11, 12].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([1002, 1002]);
    expect(await client.call('_praxis/nodes', {})).toEqual({ nodes: [] });
    await world.restart(file);
    const after = await world.ready();
    for (const id of [sessionId, lost]) expect(await stateOf(after, id)).toBe('ended node_removed');
    expect(await after.call('_praxis/nodes', {})).toEqual({ nodes: [] });
    const { events } = await after.call<{ events: { frame: string }[] }>('_praxis/session/events', {
      sessionId,
    });
    expect(events.map(({ frame }) => frame).join('\n')).toContain('half a');
    expect(await after.call('_praxis/revoke', { role: 'node', name: 'unknown' })).toMatchObject({
      error: { code: ErrorCode.InvalidParams },
    });
    // What it had said before may still come, also to the next run of the service.
    await node.hello();
    await settled();
    expect(await after.call('_praxis/nodes', {})).toEqual({ nodes: [] });
    // Enrolled again and back, what still runs there is ended.
    await after.call('_praxis/enroll', { role: 'node', name: 'box' });
    node.got.length = 0;
    await node.hello();
    await settled();
    expect(node.requests('session/close').map(({ params }) => params.sessionId)).toContain(sessionId);
    await world.close();
  });

  it('is told to close a session that only it knows', async () => {
    const world = await World.start();
    const { node } = await world.session();
    const orphan = newId();
    node.sessions.set(orphan, { seq: 5, epoch: 1 });
    await node.hello();
    await settled();
    expect(node.requests('session/close').map(({ params }) => params.sessionId)).toEqual([orphan]);
  });

  it('that no longer names a session has lost it, once its last words have had time to come', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    node.sessions.delete(sessionId);
    await node.hello();
    await settled();
    expect(client.answersTo(11)).toEqual([]);
    for (let i = 0; i < 6; i++) {
      await node.beat();
      await world.clock.advance(1_000);
    }
    expect(client.answersTo(11)[0]?.error?.code).toBe(ErrorCode.AgentLost);
    expect(await stateOf(client, sessionId)).toBe('lost agent_exited');
  });

  it('whose agent ends loses the session, with what it said last as the reason', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    const { id } = node.requests('session/prompt')[0]!;
    const error = new PraxisError(ErrorCode.AgentLost, 'The agent ended: out of tokens');
    await node.say(sessionId, errorLine(id, error));
    const exit = { sessionId, code: 1, signal: null, detail: 'out of tokens' };
    await node.say(sessionId, notificationLine('_praxis/agent/exited', exit));
    await settled();
    expect(client.answersTo(11)[0]?.error).toMatchObject({
      code: ErrorCode.AgentLost,
      message: expect.stringMatching(/out of tokens/),
    });
    expect(await stateOf(client, sessionId)).toBe('lost agent_exited');
  });

  it('is not blamed for a silence while the service itself was away or suspended', async () => {
    const world = await World.start();
    const { client, node } = await world.session();
    world.core.offline();
    await world.clock.advance(NODE_GONE_MS * 2);
    world.core.online();
    await settled();
    expect(await nodeState(client)).toBe('live');
    world.clock.time += NODE_GONE_MS * 2;
    await world.clock.advance(1_000);
    expect(await nodeState(client)).toBe('live');
    await node.beat();
  });

  it('may repeat frames: each number is journaled once', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await node.text(sessionId, 'a', 'b');
    node.sessions.get(sessionId)!.seq -= 1;
    await node.text(sessionId, 'b', 'c');
    await settled();
    expect(client.story().filter((told) => told.startsWith('session/update'))).toEqual([
      'session/update a',
      'session/update b',
      'session/update c',
    ]);
  });

  it('is told to everybody when it comes and goes, as are sessions, a few times a second at most', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    await world.clock.advance(100);
    const told = () => world.bus.broadcasts.map(({ lines }) => JSON.parse(lines[0]!));
    expect(told().map(({ method }) => method)).toEqual([
      '_praxis/service/online',
      '_praxis/nodes/changed',
      '_praxis/sessions/changed',
    ]);
    for (let i = 0; i < 20; i++) await client.ask('session/prompt', promptOf(sessionId, 'x'));
    await world.clock.advance(100);
    expect(told()).toHaveLength(4);
    expect(told()[3].params.sessions).toMatchObject([{ sessionId, state: 'working', queued: 19 }]);
  });
});
