import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ErrorCode,
  errorLine,
  methodNotFound,
  NO_ANSWERER_MS,
  newId,
  requestLine,
  resultLine,
} from '../../proto/index.js';
import { promptOf, settled, type TestClient, type TestNode, World } from '../support/service-world.js';

const ALLOW = { outcome: { outcome: 'selected', optionId: 'yes' } };
const PERMISSION = 'session/request_permission';

const question = (sessionId: string, id: string | number = 0) =>
  requestLine(id, PERMISSION, { sessionId, toolCall: { toolCallId: 't' }, options: [] });

/** What the agent got as answers to its own requests. */
const answersToAgent = (node: TestNode) =>
  node.got.flatMap(({ frame, headers }) => (frame.kind === 'response' ? [{ frame, headers }] : []));

const questionsAt = (client: TestClient, method = PERMISSION) =>
  client
    .events()
    .flatMap(({ frame }) => (frame.kind === 'request' && frame.method === method ? [frame] : []));

async function asked() {
  const world = await World.start();
  const made = await world.session();
  const turn = newId();
  await made.client.ask('session/prompt', promptOf(made.sessionId, 'go', turn), 11);
  await made.node.say(made.sessionId, question(made.sessionId, 0));
  await settled();
  return { world, turn, ...made };
}

describe('approvals', () => {
  it('take the first answer, give it to the agent under its own id, and tell everybody', async () => {
    const { world, node, client, sessionId } = await asked();
    const second = await world.ready('other');
    await second.call('_praxis/session/attach', { sessionId, after: 0 });
    await settled();
    const [shown] = questionsAt(client);
    expect(shown?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(questionsAt(second)[0]?.id).toBe(shown?.id);
    await second.send(resultLine(shown!.id, ALLOW));
    await client.send(resultLine(shown!.id, { outcome: { outcome: 'cancelled' } }));
    await settled();
    expect(answersToAgent(node).map(({ frame }) => frame.line)).toEqual([resultLine(0, ALLOW)]);
    expect(answersToAgent(node)[0]?.headers).toMatchObject({ session: sessionId, epoch: 1 });
    for (const viewer of [client, second]) {
      const resolved = viewer
        .events()
        .flatMap(({ frame }) =>
          'params' in frame && frame.method === '_praxis/request/resolved' ? [frame.params] : [],
        );
      expect(resolved).toMatchObject([{ requestId: shown!.id, result: ALLOW, by: 'other' }]);
    }
    expect(client.story().slice(-3)).toEqual([
      '_praxis/session/state waiting',
      '_praxis/request/resolved',
      '_praxis/session/state working',
    ]);
  });

  it('are answered cancelled when the turn is cancelled, right after the agent hears of the cancel', async () => {
    const { node, client, sessionId } = await asked();
    await client.notify('session/cancel', { sessionId });
    await settled();
    expect(node.got.slice(-2).map(({ frame }) => frame.line)).toEqual([
      expect.stringContaining('session/cancel'),
      resultLine(0, { outcome: { outcome: 'cancelled' } }),
    ]);
    await client.send(resultLine(questionsAt(client)[0]!.id, ALLOW));
    await settled();
    expect(answersToAgent(node)).toHaveLength(1);
  });

  it('are answered cancelled when the agent asks during the cancel', async () => {
    const { node, client, sessionId } = await asked();
    await client.notify('session/cancel', { sessionId });
    await node.say(sessionId, question(sessionId, 'late'));
    await settled();
    expect(node.got.at(-1)?.frame.line).toBe(resultLine('late', { outcome: { outcome: 'cancelled' } }));
  });

  it('stay open when a viewer cannot answer or nobody watches, and a later viewer finds them', async () => {
    const { world, node, client, sessionId } = await asked();
    const [shown] = questionsAt(client);
    await client.send(errorLine(shown!.id, methodNotFound(PERMISSION)));
    client.vanish();
    await settled();
    expect(answersToAgent(node)).toEqual([]);
    const later = await world.ready('later');
    await later.call('_praxis/session/attach', { sessionId, after: 0 });
    await settled();
    const listed = await later.call<{ waiting: number }>('_praxis/status', {});
    expect(listed.waiting).toBe(1);
    await later.send(resultLine(questionsAt(later)[0]!.id, ALLOW));
    await settled();
    expect(answersToAgent(node)).toHaveLength(1);
  });

  it('pass a viewer’s error to the agent as it is', async () => {
    const { node, client } = await asked();
    const line = `{"jsonrpc":"2.0","id":"${questionsAt(client)[0]!.id}","error":{"code":-32603,"message":"m","data":{"a":1}}}`;
    await client.send(line);
    await settled();
    expect(answersToAgent(node)[0]?.frame.line).toBe(line.replace(/"id":"[^"]+"/, '"id":0'));
  });

  it('restore the agent’s id in value and type, one larger than 2^53 too', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const ids = ['0', '"0"', '9007199254740993', '"\\u00e4"'];
    for (const id of ids) await node.say(sessionId, question(sessionId, 'ID').replace('"ID"', id));
    await settled();
    for (const { id } of questionsAt(client)) await client.send(resultLine(id, ALLOW));
    await settled();
    expect(answersToAgent(node).map(({ frame }) => frame.line)).toEqual(
      ids.map((id) => resultLine('ID', ALLOW).replace('"ID"', id)),
    );
  });

  it('refuse fs and terminal requests, whose paths belong to the node', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    for (const method of ['fs/read_text_file', 'fs/write_text_file', 'terminal/create'])
      await node.say(sessionId, requestLine(7, method, { sessionId, path: '/x' }));
    await settled();
    const answers = answersToAgent(node).map(({ frame }) => frame);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [7, ErrorCode.MethodNotFound],
      [7, ErrorCode.MethodNotFound],
      [7, ErrorCode.MethodNotFound],
    ]);
    expect(client.story().filter((told) => told.includes('fs/'))).toEqual([]);
  });

  it('refuse other requests when nobody is there, when all abstain, and when the last viewer goes', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const elicit = (id: number) => requestLine(id, 'elicitation/create', { sessionId, mode: 'form' });
    await node.say(sessionId, elicit(1));
    await settled();
    expect(answersToAgent(node)).toEqual([]);
    await client.send(errorLine(questionsAt(client, 'elicitation/create')[0]!.id, methodNotFound('x')));
    await settled();
    expect(answersToAgent(node).map(({ frame }) => [frame.id, frame.error?.code])).toEqual([[1, -32601]]);
    await node.say(sessionId, elicit(2));
    client.vanish();
    await node.text(sessionId, 'anything');
    await settled();
    expect(answersToAgent(node).at(-1)?.frame).toMatchObject({ id: 2, error: { code: -32601 } });
    await node.say(sessionId, elicit(3));
    await settled();
    expect(answersToAgent(node).at(-1)?.frame).toMatchObject({ id: 3, error: { code: -32601 } });
  });

  it('are refused after a restart of the service too, when nobody is left who could answer', async () => {
    for (const comesBack of [true, false]) {
      const file = join(mkdtempSync(join(tmpdir(), 'px-abstained-')), 'x.db');
      const world = await World.start(file);
      const { node, client, sessionId } = await world.session();
      const editor = await world.ready('editor');
      const watch = (who: TestClient) => who.call('_praxis/session/attach', { sessionId });
      await watch(editor);
      await node.say(sessionId, requestLine(1, 'elicitation/create', { sessionId, mode: 'form' }));
      await settled();
      await client.send(errorLine(questionsAt(client, 'elicitation/create')[0]!.id, methodNotFound('x')));
      await settled();
      await world.restart(file);
      await node.hello();
      await client.initialize();
      await watch(client);
      if (comesBack) {
        await editor.initialize();
        await watch(editor);
      }
      await world.clock.advance(NO_ANSWERER_MS - 1_000);
      await node.beat();
      expect(answersToAgent(node)).toEqual([]);
      await world.clock.advance(2_000);
      await node.beat();
      expect(answersToAgent(node)).toHaveLength(comesBack ? 0 : 1);
      editor.vanish();
      await node.text(sessionId, 'anything');
      await settled();
      expect(answersToAgent(node).map(({ frame }) => [frame.id, frame.error?.code])).toEqual([[1, -32601]]);
      await world.close();
    }
  });

  it('that name a request of the agent’s own hop come to viewers as of their session, and the rest byte for byte', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    await node.say(
      sessionId,
      '{"jsonrpc":"2.0","id":5,"method":"elicitation/create","params":{"mode":"form", "requestId":3,"n":1.0e3}}',
    );
    await settled();
    const [asked] = questionsAt(client, 'elicitation/create');
    expect(asked!.line).toBe(
      `{"jsonrpc":"2.0","id":"${asked!.id}","method":"elicitation/create","params":{"sessionId":"${sessionId}","mode":"form", "n":1.0e3}}`,
    );
    await client.send(resultLine(asked!.id, { action: 'decline' }));
    await settled();
    expect(answersToAgent(node)[0]?.frame).toMatchObject({ id: 5, result: { action: 'decline' } });
  });

  it('end when the agent takes its request back', async () => {
    const { node, client, sessionId } = await asked();
    await node.say(sessionId, '{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":0}}');
    await settled();
    expect(answersToAgent(node)[0]?.frame).toMatchObject({
      id: 0,
      error: { code: ErrorCode.RequestCancelled },
    });
    expect(client.story()).toContain('_praxis/request/resolved');
  });

  it('are told again to a node that was away until the turn has ended', async () => {
    const { node, client, sessionId, turn } = await asked();
    node.vanish();
    await client.send(resultLine(questionsAt(client)[0]!.id, ALLOW));
    await settled();
    expect(answersToAgent(node)).toEqual([]);
    node.listen();
    await node.hello();
    await settled();
    expect(answersToAgent(node).map(({ frame }) => frame.line)).toEqual([resultLine(0, ALLOW)]);
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    await node.hello();
    await settled();
    expect(answersToAgent(node)).toHaveLength(1);
  });
});
