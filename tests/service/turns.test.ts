import { describe, expect, it } from 'vitest';
import { ErrorCode, MAX_QUEUED_PROMPTS, newId } from '../../proto/index.js';
import { promptOf, settled, World } from '../support/service-world.js';

const CANCELLED = { stopReason: 'cancelled' };
const DONE = { stopReason: 'end_turn' };

describe('turns', () => {
  it('run one at a time, in the order of the prompts', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const [first, second, third] = [newId(), newId(), newId()];
    await client.ask('session/prompt', promptOf(sessionId, 'one', first), 11);
    await client.ask('session/prompt', promptOf(sessionId, 'two', second), 12);
    await client.ask('session/prompt', promptOf(sessionId, 'three', third), 13);
    const running = () => node.requests('session/prompt').map(({ id }) => id);
    expect(running()).toEqual([first]);
    await node.answer(sessionId, first, DONE);
    await settled();
    expect(running()).toEqual([first, second]);
    await node.answer(sessionId, second, DONE);
    await settled();
    expect(running()).toEqual([first, second, third]);
    await node.answer(sessionId, third, DONE);
    await settled();
    expect([11, 12, 13].map((id) => client.answersTo(id)[0]?.result)).toEqual([DONE, DONE, DONE]);
    const states = client
      .events()
      .filter(({ frame }) => 'method' in frame && frame.method === '_praxis/session/state');
    expect(states.map(({ frame }) => 'params' in frame && frame.params.state)).toEqual([
      'idle',
      'working',
      'idle',
    ]);
  });

  it('have an id that no other session has', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const other = await client.call<{ sessionId: string }>('session/new', { cwd: '/tmp', mcpServers: [] });
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'one', turn), 11);
    const refused = await client.call('session/prompt', promptOf(other.sessionId, 'two', turn), 12);
    expect(refused).toMatchObject({ error: { code: ErrorCode.Conflict } });
    await node.answer(sessionId, turn, DONE);
    await settled();
    expect([11, 12].map((id) => client.answersTo(id).length)).toEqual([1, 1]);
    node.onPrompt = (session, { id }) => void node.answer(session, id, DONE);
    expect(await client.call('session/prompt', promptOf(other.sessionId, 'two'))).toEqual(DONE);
  });

  it('are not run twice when a prompt is repeated, and every repetition gets the same answer', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'once', turn), 21);
    await client.ask('session/prompt', promptOf(sessionId, 'once', turn), 21);
    await client.ask('session/prompt', promptOf(sessionId, 'once', turn), 22);
    await node.answer(sessionId, turn, DONE);
    await settled();
    await client.ask('session/prompt', promptOf(sessionId, 'once', turn), 23);
    await client.ask('session/prompt', promptOf(sessionId, 'once', turn), 21);
    await settled();
    expect(node.requests('session/prompt')).toHaveLength(1);
    expect([21, 22, 23].map((id) => client.answersTo(id).length)).toEqual([2, 1, 1]);
    expect(client.answersTo(23)[0]?.result).toEqual(DONE);
  });

  it('get an id from the client address and request id when the client gives none', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'once'), 31);
    await client.ask('session/prompt', promptOf(sessionId, 'once'), 31);
    expect(node.requests('session/prompt')).toHaveLength(1);
  });

  it('are refused with QueueFull beyond the limit, and the others stay', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    for (let i = 0; i <= MAX_QUEUED_PROMPTS; i++)
      await client.ask('session/prompt', promptOf(sessionId, `p${i}`), 100 + i);
    const refused = await client.call<{ error: { code: number } }>(
      'session/prompt',
      promptOf(sessionId, 'more'),
      999,
    );
    expect(refused.error.code).toBe(ErrorCode.QueueFull);
    expect(client.answersTo(100 + MAX_QUEUED_PROMPTS)).toEqual([]);
  });

  it('are cancelled by the agent, which answers with what it has said until then', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'long'), 41);
    const [prompt] = node.requests('session/prompt');
    await node.text(sessionId, 'partial');
    await client.notify('session/cancel', { sessionId });
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/cancel', params: { sessionId } });
    expect(client.answersTo(41)).toEqual([]);
    await node.answer(sessionId, prompt!.id, CANCELLED);
    await settled();
    expect(client.answersTo(41)[0]?.result).toEqual(CANCELLED);
    expect(client.story().slice(-5)).toEqual([
      'session/update partial',
      '_praxis/turn cancelling',
      '_praxis/turn ended',
      '_praxis/session/state idle',
      'answer 41',
    ]);
  });

  it('are left alone by a cancel that names another turn, such as one that the broker delivers late', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'long', turn));
    await client.notify('session/cancel', { sessionId, _meta: { praxis: { turnId: newId() } } });
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/prompt' });
    await client.notify('session/cancel', { sessionId, _meta: { praxis: { turnId: turn } } });
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/cancel', params: { sessionId } });
  });

  it('let a cancel of an idle session be, and the next prompt runs', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.notify('session/cancel', { sessionId });
    await settled();
    expect(node.got.map(({ frame }) => 'method' in frame && frame.method)).not.toContain('session/cancel');
    node.onPrompt = (session, { id }) => void node.answer(session, id, DONE);
    expect(await client.call('session/prompt', promptOf(sessionId, 'hi'))).toEqual(DONE);
  });

  it('translate $/cancel_request into the id of the hop, and the answer stays one', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'long', turn), 'abc');
    await client.notify('$/cancel_request', { requestId: 'abc' });
    await client.notify('session/cancel', { sessionId });
    await settled();
    expect(node.got.map(({ frame }) => frame)).toContainEqual(
      expect.objectContaining({ method: '$/cancel_request', params: { requestId: turn } }),
    );
    await node.answer(sessionId, turn, CANCELLED);
    await node.answer(sessionId, turn, CANCELLED);
    await settled();
    expect(client.answersTo('abc')).toHaveLength(1);
  });

  it('leave the queue when their request is cancelled before they ran', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'runs'), 51);
    await client.ask('session/prompt', promptOf(sessionId, 'waits'), 52);
    await client.notify('$/cancel_request', { requestId: 52 });
    await settled();
    expect(client.answersTo(52)[0]?.error?.code).toBe(ErrorCode.RequestCancelled);
    await node.answer(sessionId, node.requests('session/prompt')[0]!.id, DONE);
    await settled();
    expect(node.requests('session/prompt')).toHaveLength(1);
    expect(client.story()).toContain('_praxis/turn removed');
  });

  it('pass the agent’s own error untouched, its data included', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 61);
    const error = '{"code":-32000,"message":"log in","data":{"big":12345678901234567890,"x":[1]}}';
    await node.say(sessionId, `{"jsonrpc":"2.0","id":"${turn}","error":${error}}`);
    await settled();
    expect(client.answersTo(61)[0]?.line).toBe(`{"jsonrpc":"2.0","id":61,"error":${error}}`);
  });

  it('pass the agent’s result byte for byte, and the prompt to the agent without our own meta', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    const line = (meta: string) =>
      `{"jsonrpc":"2.0", "id":71,"method":"session/prompt","params":{"sessionId":"${sessionId}", "n":12345678901234567890,"prompt":[{"type":"text","text":"h\\u00e4"}]${meta}}}`;
    await client.send(line(`,"_meta":{"traceparent":"00-1","praxis":{"turnId":"${turn}"}}`));
    const [prompt] = node.requests('session/prompt');
    expect(prompt?.line).toBe(line(',"_meta":{"traceparent":"00-1"}').replace('71', `"${turn}"`));
    const result = '{"stopReason" : "end_turn","usage":{"n":1.0e3}}';
    await node.say(sessionId, `{"jsonrpc":"2.0","result":${result},"id":"${turn}"}`);
    await settled();
    expect(client.answersTo(71)[0]?.line).toBe(`{"jsonrpc":"2.0","id":71,"result":${result}}`);
  });

  it('name the session after the first prompt unless the agent names it', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const title = async () => {
      const { sessions } = await client.call<{ sessions: { title: string }[] }>('session/list', {});
      return sessions[0]?.title;
    };
    await client.ask('session/prompt', promptOf(sessionId, `\n  Fix ${'x'.repeat(100)}\nsecond`));
    expect(await title()).toBe(`Fix ${'x'.repeat(76)}`);
    const update = { sessionUpdate: 'session_info_update', title: 'Named' };
    await node.say(
      sessionId,
      JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId, update } }),
    );
    expect(await title()).toBe('Named');
  });

  it('refuse an image that the agent does not take', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    const prompt = [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }];
    const refused = await client.call('session/prompt', { sessionId, prompt });
    expect(refused).toMatchObject({ error: { code: ErrorCode.InvalidParams } });
  });
});
