import { describe, expect, it } from 'vitest';
import { ErrorCode, errorLine, newId, PraxisError } from '../../proto/index.js';
import {
  chunk,
  connector,
  opened,
  promptOf,
  settled,
  type TestClient,
  World,
} from '../support/service-world.js';

interface Refused {
  error: { code: number; message: string; data: Record<string, unknown> };
}
interface Listed {
  sessions: { sessionId: string; title?: string; _meta: { praxis: Record<string, unknown> } }[];
  nextCursor?: string;
}

const refused = (client: TestClient, method: string, params: object) => client.call<Refused>(method, params);

describe('session/new', () => {
  it('answers with the agent’s own result, our id in it and our meta taken out, before anything the agent said', async () => {
    const world = await World.start();
    const node = world.node();
    await node.hello();
    const client = await world.ready();
    node.onOpen = (session, { id }) => {
      const result = opened(session, { modes: { currentModeId: 'x' }, futureField: [1] });
      void node.say(session, chunk(session, 'early'));
      void node.answer(session, id, { ...result, _meta: { ...result._meta, kept: true } });
    };
    const chosen = newId();
    const answer = await client.call('session/new', {
      ...{
        cwd: '/tmp',
        mcpServers: [],
        future: { a: 1 },
        _meta: { other: 1, praxis: { sessionId: chosen } },
      },
    });
    await settled();
    expect(answer).toEqual({
      sessionId: chosen,
      modes: { currentModeId: 'x' },
      futureField: [1],
      _meta: { kept: true },
    });
    expect(client.story().slice(1)).toEqual([
      'answer 2',
      'session/update early',
      '_praxis/session/opened',
      '_praxis/session/state idle',
    ]);
    expect(node.requests('session/new')[0]).toMatchObject({
      id: chosen,
      params: {
        ...{ cwd: '/tmp', mcpServers: [], future: { a: 1 } },
        _meta: { other: 1, praxis: { sessionId: chosen, node: 'box', connector: 'demo' } },
      },
    });
  });

  it('makes one session of a repeated request, and answers it again', async () => {
    const world = await World.start();
    const node = world.node();
    await node.hello();
    const client = await world.ready();
    const params = { cwd: '/tmp', mcpServers: [] };
    await client.ask('session/new', params, 50);
    await client.ask('session/new', params, 50);
    await settled();
    await client.ask('session/new', params, 50);
    await settled();
    expect(node.requests('session/new')).toHaveLength(1);
    const ids = client.answersTo(50).map(({ result }) => (result as { sessionId: string }).sessionId);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives an absent list of MCP servers to the agent as an empty one', async () => {
    const world = await World.start();
    const node = world.node();
    await node.hello();
    const client = await world.ready();
    await client.call('session/new', { cwd: '/tmp' });
    expect(node.requests('session/new')[0]?.params.mcpServers).toEqual([]);
  });

  it('passes the agent’s refusal and ends the session as failed', async () => {
    const world = await World.start();
    const node = world.node();
    await node.hello();
    const client = await world.ready();
    const error = new PraxisError(-32000, 'Please log in', { url: 'x' });
    node.onOpen = (session, { id }) => void node.say(session, errorLine(id, error));
    expect(await client.call('session/new', { cwd: '/tmp' })).toEqual({ error: error.toJSON() });
    const listed = await client.call<Listed>('session/list', { _meta: { praxis: { all: true } } });
    expect(listed.sessions[0]?._meta.praxis).toMatchObject({ state: 'ended', reason: 'failed' });
  });

  it('chooses the agent: the request, then the connection’s defaults, then the only one', async () => {
    const world = await World.start();
    const [box, lap] = [world.node('box'), world.node('lap')];
    box.connectors = [connector('demo'), connector('codex')];
    lap.connectors = [connector('demo'), connector('gemini')];
    await box.hello();
    const chosen = async (client: TestClient, praxis: object) => {
      await client.call('session/new', { cwd: '/tmp', _meta: { praxis } });
      const listed = await client.call<Listed>('session/list', {});
      const { node, connector: name } = listed.sessions.sort(
        (a, b) => Number(b._meta.praxis.createdAt) - Number(a._meta.praxis.createdAt),
      )[0]!._meta.praxis;
      world.clock.time++;
      return `${node} ${name}`;
    };
    const client = await world.ready();
    expect(await chosen(client, {})).toBe('box codex');
    expect(await chosen(client, { connector: 'demo' })).toBe('box demo');
    await lap.hello();
    expect(await chosen(client, { connector: 'gemini' })).toBe('lap gemini');
    const bridge = await world.ready('bridge', { node: 'lap', connector: 'demo' });
    expect(await chosen(bridge, {})).toBe('lap demo');
    expect(await chosen(bridge, { connector: 'gemini' })).toBe('lap gemini');
  });

  it('chooses no node that is about to stop, and says so when it is the only one', async () => {
    const world = await World.start();
    const [box, lap] = [world.node('box'), world.node('lap')];
    await box.hello();
    await lap.hello();
    await box.hello({ leaving: true });
    const client = await world.ready();
    const { sessionId } = await client.call('session/new', {
      cwd: '/tmp',
      _meta: { praxis: { connector: 'demo' } },
    });
    expect(lap.requests('session/new').map(({ id }) => id)).toEqual([sessionId]);
    const stops = {
      code: ErrorCode.NodeUnavailable,
      message: 'The node box is about to stop',
      data: { node: 'box', hint: expect.stringContaining('another node') },
    };
    const named = await refused(client, 'session/new', { cwd: '/tmp', _meta: { praxis: { node: 'box' } } });
    expect(named.error).toMatchObject(stops);
    box.connectors = [connector('codex')];
    await box.hello({ leaving: true });
    const codex = { cwd: '/tmp', _meta: { praxis: { connector: 'codex' } } };
    expect((await refused(client, 'session/new', codex)).error).toMatchObject(stops);
    expect(box.requests('session/new')).toEqual([]);
    box.boot = newId();
    await box.hello();
    expect(await client.call('session/new', codex)).toMatchObject({ sessionId: expect.any(String) });
  });

  it('lists the choices when it cannot decide or does not know the name', async () => {
    const world = await World.start();
    const [box, lap] = [world.node('box'), world.node('lap')];
    await box.hello();
    await lap.hello();
    const client = await world.ready();
    const choices = [
      { node: 'box', state: 'live', connectors: ['demo'] },
      { node: 'lap', state: 'live', connectors: ['demo'] },
    ];
    for (const praxis of [{}, { connector: 'demo' }, { connector: 'nope' }, { node: 'nope' }]) {
      const { error } = await refused(client, 'session/new', { cwd: '/tmp', _meta: { praxis } });
      expect(error).toMatchObject({ code: ErrorCode.InvalidParams, data: { choices } });
    }
  });

  it('says what to do on the node when the agent needs setup there', async () => {
    const world = await World.start();
    const node = world.node();
    node.connectors = [connector('codex', { status: 'needs_setup', hint: 'codex login' })];
    await node.hello();
    const client = await world.ready();
    const { error } = await refused(client, 'session/new', {
      cwd: '/',
      _meta: { praxis: { connector: 'codex' } },
    });
    expect(error).toMatchObject({ code: ErrorCode.AgentStartFailed, data: { hint: 'codex login' } });
  });

  it('lets the node look again for an agent that was missing', async () => {
    const world = await World.start();
    const node = world.node();
    node.connectors = [connector('codex', { status: 'missing', hint: 'npm i -g codex' })];
    await node.hello();
    const client = await world.ready();
    const answer = await client.call('session/new', { cwd: '/', _meta: { praxis: { connector: 'codex' } } });
    expect(answer.sessionId).toEqual(expect.any(String));
  });

  it('fails at once when the node is not there', async () => {
    const world = await World.start();
    const client = await world.ready();
    const nobody = await refused(client, 'session/new', { cwd: '/tmp' });
    expect(nobody.error.code).toBe(ErrorCode.NodeUnavailable);
    const node = world.node();
    await node.hello();
    node.vanish();
    const gone = await refused(client, 'session/new', { cwd: '/tmp' });
    expect(gone.error).toMatchObject({ code: ErrorCode.NodeUnavailable, data: { node: 'box' } });
  });
});

describe('session/list', () => {
  it('tells the sessions that have not ended, newest first, with what Praxis knows', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    world.clock.time += 10;
    const second = await client.call<{ sessionId: string }>('session/new', { cwd: '/var' });
    const listed = await client.call<Listed>('session/list', {});
    expect(listed.sessions.map(({ sessionId: id }) => id)).toEqual([second.sessionId, sessionId]);
    expect(listed.sessions[1]).toMatchObject({
      cwd: '/tmp',
      _meta: { praxis: { node: 'box', state: 'idle', epoch: 1 } },
    });
    const filtered = await client.call<Listed>('session/list', { cwd: '/var' });
    expect(filtered.sessions.map(({ sessionId: id }) => id)).toEqual([second.sessionId]);
    await client.call('session/close', { sessionId });
    expect((await client.call<Listed>('session/list', {})).sessions).toHaveLength(1);
    const all = await client.call<Listed>('session/list', { _meta: { praxis: { all: true } } });
    expect(all.sessions).toHaveLength(2);
  });

  it('is empty, not absent, without sessions', async () => {
    const world = await World.start();
    expect(await (await world.ready()).call('session/list', {})).toEqual({ sessions: [] });
  });

  it('pages with a cursor and refuses one that is none', async () => {
    const world = await World.start();
    const { client } = await world.session();
    for (let i = 0; i < 1_001; i++) await client.ask('session/new', { cwd: '/tmp' });
    await settled();
    const first = await client.call<Listed>('session/list', {});
    expect(first.sessions).toHaveLength(1_000);
    const rest = await client.call<Listed>('session/list', { cursor: first.nextCursor });
    expect(rest.sessions).toHaveLength(2);
    expect(rest.nextCursor).toBeUndefined();
    const all = [...first.sessions, ...rest.sessions].map(({ sessionId }) => sessionId);
    expect(new Set(all).size).toBe(1_002);
    expect((await refused(client, 'session/list', { cursor: 'zzz' })).error.code).toBe(
      ErrorCode.InvalidParams,
    );
  });

  it('does not wait for a node that hangs longer than its limit', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    node.vanish();
    world.bus.listeners.set('praxis.nodes box', () => {});
    await client.ask('session/list', {}, 90);
    await settled();
    expect(client.answersTo(90)).toEqual([]);
    await world.clock.advance(2_000);
    expect(client.answersTo(90)[0]?.result).toMatchObject({ sessions: [{ sessionId }] });
  });
});

describe('session/load and session/resume', () => {
  it('load sends the history and the prompts, answers, and goes on live', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'question', turn));
    await node.text(sessionId, 'an', 'swer');
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    const editor = await world.ready('editor');
    await editor.ask('session/load', { sessionId, cwd: '/tmp', mcpServers: [] }, 9);
    await settled();
    await node.text(sessionId, 'later');
    await settled();
    expect(editor.story().slice(1)).toEqual([
      'session/update question',
      'session/update an',
      'session/update swer',
      'answer 9',
      'session/update later',
    ]);
  });

  it('load of a long session keeps the order across pages', async () => {
    const world = await World.start();
    const { node, sessionId } = await world.session();
    const texts = Array.from({ length: 2_500 }, (_, i) => `t${i}`);
    await node.text(sessionId, ...texts);
    const editor = await world.ready('editor');
    await editor.call('session/load', { sessionId, cwd: '/tmp', mcpServers: [] });
    expect(editor.story().slice(1, -1)).toEqual(texts.map((text) => `session/update ${text}`));
  });

  it('resume answers without history, asks what is open, and goes on live', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'question'));
    await node.text(sessionId, 'unseen');
    const ask = {
      jsonrpc: '2.0',
      id: 3,
      method: 'session/request_permission',
      params: { sessionId, toolCall: {} },
    };
    await node.say(sessionId, JSON.stringify(ask));
    const editor = await world.ready('editor');
    await editor.ask('session/resume', { sessionId, cwd: '/tmp' }, 9);
    await settled();
    await node.text(sessionId, 'seen');
    await settled();
    expect(editor.story().slice(1)).toEqual([
      'answer 9',
      'session/request_permission',
      'session/update seen',
    ]);
  });
});

describe('session/close and session/delete', () => {
  it('close during a prompt answers the prompt with cancelled, then the close; the transcript stays', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'long', turn), 11);
    await client.ask('session/prompt', promptOf(sessionId, 'queued'), 12);
    await client.ask('session/close', { sessionId }, 13);
    await settled();
    expect(node.got.map(({ frame }) => 'method' in frame && frame.method)).toEqual([
      'session/new',
      'session/prompt',
      'session/cancel',
      'session/close',
    ]);
    for (const id of [11, 12]) expect(client.answersTo(id)[0]?.result).toEqual({ stopReason: 'cancelled' });
    expect(client.answersTo(13)[0]?.result).toEqual({});
    const story = client.story();
    expect(story.indexOf('answer 11')).toBeLessThan(story.indexOf('answer 13'));
    const after = await refused(client, 'session/prompt', promptOf(sessionId, 'more'));
    expect(after.error).toMatchObject({ code: ErrorCode.ResourceNotFound, data: { sessionId } });
    const kept = await client.call<{ events: unknown[]; last: number }>('_praxis/session/events', {
      sessionId,
    });
    expect(kept.events).toHaveLength(kept.last);
  });

  it('close works when the node is not there, which closes the session when it is back', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    node.vanish();
    expect(await client.call('session/close', { sessionId })).toEqual({});
    node.listen();
    await node.hello();
    await settled();
    expect(node.requests('session/close')).toHaveLength(1);
    expect(node.sessions.size).toBe(0);
  });

  it('delete removes the journal, also of a session that runs, and succeeds when there is none', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'long'), 11);
    expect(await client.call('session/delete', { sessionId })).toEqual({});
    expect(client.answersTo(11)[0]?.result).toEqual({ stopReason: 'cancelled' });
    expect(node.sessions.size).toBe(0);
    expect(await client.call('session/delete', { sessionId })).toEqual({});
    expect(await client.call('session/delete', { sessionId: newId() })).toEqual({});
    const gone = await refused(client, '_praxis/session/events', { sessionId });
    expect(gone.error.code).toBe(ErrorCode.ResourceNotFound);
    expect(await world.store.events(sessionId, 0, 10)).toEqual([]);
  });
});

describe('what the service does not know', () => {
  it('passes session-scoped requests to the agent and back, byte for byte', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    node.onOther = (frame, session) =>
      void node.say(session!, `{"jsonrpc":"2.0","id":${JSON.stringify(frame.id)},"result":{"n":1.50}}`);
    await client.send(
      `{"jsonrpc":"2.0","id":"set","method":"session/set_model","params":{"sessionId":"${sessionId}","modelId":"m","x":1.0}}`,
    );
    await settled();
    expect(node.got.at(-1)?.frame.line).toMatch(/"params":\{"sessionId":"[^"]+","modelId":"m","x":1\.0\}\}$/);
    expect(client.answersTo('set')[0]?.line).toBe('{"jsonrpc":"2.0","id":"set","result":{"n":1.50}}');
  });

  it('keeps unknown updates, notifications and extra members of frames as they were said', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const lines = [
      `{"jsonrpc":"2.0","method":"session/update","extra":1,"params":{"sessionId":"${sessionId}","update":{"sessionUpdate":"from_the_future","n":1e400}}}`,
      `{"jsonrpc":"2.0","method":"_vendor/x","params":{"sessionId":"${sessionId}","_meta":{"traceparent":"00-\u2028"}}}`,
    ];
    await node.say(sessionId, ...lines);
    await settled();
    expect(
      client
        .events()
        .slice(-2)
        .map(({ frame }) => frame.line),
    ).toEqual(lines);
  });
});
