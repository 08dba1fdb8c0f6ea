import { beforeEach, describe, expect, it } from 'vitest';
import {
  clientLogin,
  ErrorCode,
  MAX_FRAME_BYTES,
  newId,
  nodeLogin,
  notificationLine,
  requestLine,
} from '../../proto/index.js';
import { promptOf, settled, type TestClient, type TestNode, World } from '../support/service-world.js';

let world: World;
let node: TestNode;
let client: TestClient;
let sessionId: string;
beforeEach(async () => {
  world = await World.start();
  ({ node, client, sessionId } = await world.session());
});

/** Everything goes on: a prompt runs to its end. */
async function stillWorks() {
  node.onPrompt = (session, { id }) => void node.answer(session, id, { stopReason: 'end_turn' });
  expect(await client.call('session/prompt', promptOf(sessionId, 'hi'))).toEqual({ stopReason: 'end_turn' });
}

const codeOf = async (method: string, params: object) =>
  (await client.call<{ error: { code: number } }>(method, params)).error.code;

describe('bad input of a client', () => {
  it.each([
    ['a batch array', '[{"jsonrpc":"2.0","id":1,"method":"session/list"}]', ErrorCode.InvalidRequest],
    ['no JSON', '{nope', ErrorCode.ParseError],
    ['a bare value', '42', ErrorCode.InvalidRequest],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"x"}', ErrorCode.InvalidRequest],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"x"}', ErrorCode.InvalidRequest],
    [
      'an endless nesting',
      `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${'['.repeat(300)}${']'.repeat(300)}}}`,
      ErrorCode.InvalidRequest,
    ],
    ['an oversized frame', `"${'x'.repeat(MAX_FRAME_BYTES)}"`, ErrorCode.FrameTooLarge],
  ])('%s is answered with an error that names no request', async (_name, line, code) => {
    expect(await client.send(line)).toBe('ack');
    await settled();
    expect(client.answersTo(null).map(({ error }) => error?.code)).toEqual([code]);
    await stillWorks();
  });

  it('an unknown method is answered, an unknown notification is not', async () => {
    expect(await codeOf('nope', {})).toBe(ErrorCode.MethodNotFound);
    expect(await codeOf('_vendor/x', {})).toBe(ErrorCode.MethodNotFound);
    expect(await codeOf('authenticate', { methodId: 'x' })).toBe(ErrorCode.MethodNotFound);
    const before = client.heard.length;
    await client.notify('nope', {});
    await client.notify('$/nope', {});
    await client.notify('$/cancel_request', { requestId: 4711 });
    await settled();
    expect(client.heard.length).toBe(before);
    await stillWorks();
  });

  it('an unknown session is -32002 with its id, whatever is asked of it', async () => {
    const unknown = newId();
    for (const method of [
      'session/prompt',
      'session/load',
      'session/resume',
      'session/close',
      'session/set_mode',
      '_praxis/session/attach',
    ]) {
      const { error } = await client.call<{ error: object }>(method, {
        ...promptOf(unknown, 'x'),
        sessionId: unknown,
      });
      expect(error).toMatchObject({ code: ErrorCode.ResourceNotFound, data: { sessionId: unknown } });
    }
    await stillWorks();
  });

  it.each([
    ['a relative cwd', 'session/new', { cwd: 'src' }],
    ['no cwd', 'session/new', {}],
    ['a session id that is no id', 'session/new', { cwd: '/', _meta: { praxis: { sessionId: '../x' } } }],
    ['a name that is no name', 'session/new', { cwd: '/', _meta: { praxis: { node: 'a.b' } } }],
    ['no session id', 'session/prompt', { prompt: [] }],
    ['a session id that is a number', 'session/close', { sessionId: 1 }],
    ['a bad protocol version', 'initialize', { protocolVersion: 'x' }],
    ['a bad attach', '_praxis/session/attach', { sessionId: 'x' }],
    ['a bad cursor', 'session/list', { cursor: 'x' }],
  ])('%s is answered with -32602', async (_name, method, params) => {
    expect(await codeOf(method, params)).toBe(ErrorCode.InvalidParams);
    await stillWorks();
  });

  it('an empty prompt is answered with -32602', async () => {
    expect(await codeOf('session/prompt', { sessionId, prompt: [] })).toBe(ErrorCode.InvalidParams);
    expect(await codeOf('session/prompt', { sessionId, prompt: 'hi' })).toBe(ErrorCode.InvalidParams);
    await stillWorks();
  });

  it('session/fork is refused, because its session would have no journal', async () => {
    expect(await codeOf('session/fork', { sessionId, cwd: '/' })).toBe(ErrorCode.MethodNotFound);
  });

  it('anything before initialize is -32600, and the sender can go on', async () => {
    const early = world.client('early');
    const { error } = await early.call<{ error: { code: number } }>('session/list', {});
    expect(error.code).toBe(ErrorCode.InvalidRequest);
    expect(await early.initialize()).toMatchObject({ protocolVersion: 1 });
  });

  it('a duplicate id of a request that is answered gets the same answer, of another type it is another request', async () => {
    const first = await client.call('_praxis/session/find', { prefix: sessionId }, 500);
    await client.ask('_praxis/session/find', { prefix: 'zzz' }, 500);
    await client.ask('_praxis/session/find', { prefix: 'zzz' }, '500');
    await settled();
    expect(client.answersTo(500).map(({ result }) => result)).toEqual([first, first]);
    expect(client.answersTo('500').map(({ result }) => result)).toEqual([{ sessions: [] }]);
  });

  it('ids of any kind come back as they were', async () => {
    for (const id of [0, 'x', '0', 4_294_967_296, -1, 'é\u2028']) {
      await client.ask('_praxis/nodes', {}, id);
      await settled();
      expect(client.answersTo(id)).toHaveLength(1);
    }
  });

  it('a message whose client is not of its login, or of no login, is dropped', async () => {
    const line = requestLine(1, 'initialize', { protocolVersion: 1 });
    const message = (userId: string, address: string | undefined) =>
      world.core.command({
        headers: { v: 1, ...(address && { client: address }) },
        lines: [line],
        userId,
        redelivered: false,
      });
    expect(await message(clientLogin('mallory'), client.address)).toBe('drop');
    expect(await message(clientLogin('me'), undefined)).toBe('drop');
    expect(await message(nodeLogin('me'), client.address)).toBe('drop');
    expect(await message('guest', client.address)).toBe('drop');
  });
});

describe('an answer that nests too deep', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

  it('ends the prompt with an error', async () => {
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await node.say(sessionId, `{"jsonrpc":"2.0","id":"${turn}","result":{"x":${deep}}}`);
    await settled();
    expect(client.answersTo(11)[0]?.error?.code).toBe(ErrorCode.InternalError);
    await stillWorks();
  });

  it('of a viewer is an error for the agent, which goes on', async () => {
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    const question = { sessionId, toolCall: { toolCallId: 't' }, options: [] };
    await node.say(sessionId, requestLine(7, 'session/request_permission', question));
    await settled();
    const asked = client.heard.flatMap(({ frame }) => (frame.kind === 'request' ? [frame.id] : []));
    await client.send(`{"jsonrpc":"2.0","id":"${asked[0]}","result":{"x":${deep}}}`);
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ id: 7, error: { code: ErrorCode.InternalError } });
  });
});

describe('bad input of a node', () => {
  it('rubbish, foreign sessions and false names change nothing', async () => {
    const before = client.heard.length;
    await node.say(sessionId, '{nope', '[]', '42');
    const thief = world.node('thief');
    await thief.hello();
    thief.sessions.set(sessionId, { seq: 0, epoch: 1 });
    await thief.text(sessionId, 'stolen');
    await thief.hello({ name: 'box' });
    await node.event(
      {},
      requestLine(1, '_praxis/node/hello', { name: 7 }),
      '{"jsonrpc":"2.0","method":"zzz"}',
    );
    await settled();
    expect(client.heard.slice(before).filter(({ seq }) => seq !== undefined)).toEqual([]);
    const { nodes } = await client.call<{ nodes: { name: string }[] }>('_praxis/nodes', {});
    expect(nodes.map(({ name }) => name)).toEqual(['box', 'thief']);
    await stillWorks();
  });

  it('an event that only the service writes is not taken from a node', async () => {
    const before = client.events().length;
    const turnId = newId();
    await node.say(
      sessionId,
      notificationLine('_praxis/session/state', {
        sessionId,
        at: 0,
        state: 'ended',
        reason: null,
        detail: null,
      }),
      notificationLine('_praxis/turn', { sessionId, at: 0, turnId, state: 'ended' }),
    );
    await settled();
    expect(client.events().length).toBe(before);
    await stillWorks();
  });

  it('an answer to a request of another node, or to none, is ignored', async () => {
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    const thief = world.node('thief');
    await thief.hello();
    await thief.event({}, `{"jsonrpc":"2.0","id":"${turn}","result":{"stopReason":"end_turn"}}`);
    await node.answer(sessionId, 'unknown', {});
    await settled();
    expect(client.answersTo(11)).toEqual([]);
    await node.answer(sessionId, turn, { stopReason: 'refusal' });
    await settled();
    expect(client.answersTo(11)[0]?.result).toEqual({ stopReason: 'refusal' });
  });

  it('a message of a node on the wrong address is dropped', async () => {
    const headers = { v: 1, client: client.address };
    expect(
      await world.core.event({ headers, lines: ['{}'], userId: clientLogin('me'), redelivered: false }),
    ).toBe('drop');
  });
});

describe('initialize', () => {
  it('answers version 1 whatever was asked, with objects where ACP wants objects', async () => {
    for (const version of [1, 2, 65_535]) {
      const answer = await world
        .client()
        .call<Record<string, unknown>>('initialize', { protocolVersion: version });
      expect(answer).toMatchObject({
        protocolVersion: 1,
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { image: false, audio: false, embeddedContext: false },
          sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
        },
        agentInfo: { name: 'praxis' },
        _meta: { praxis: { version: expect.any(String), features: expect.any(Array) } },
      });
    }
  });

  it('is fine a second time and leaves the sessions alone', async () => {
    expect(await client.initialize()).toMatchObject({ protocolVersion: 1 });
    await node.text(sessionId, 'on');
    await settled();
    expect(client.story()).toContain('session/update on');
    await stillWorks();
  });

  it('tells what the connection’s agent takes once one of its sessions has said so', async () => {
    node.onOpen = (session, { id }) =>
      void node.answer(session, id, {
        sessionId: session,
        _meta: { praxis: { agentCapabilities: { promptCapabilities: { image: true } } } },
      });
    await client.call('session/new', { cwd: '/' });
    const bridge = world.client('bridge');
    expect(await bridge.initialize({ connector: 'demo' })).toMatchObject({
      agentCapabilities: { promptCapabilities: { image: true } },
    });
  });
});
