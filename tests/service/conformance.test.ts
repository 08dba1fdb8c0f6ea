import { expect, it } from 'vitest';
import { newId, requestLine } from '../../proto/index.js';
import { SchemaCheck } from '../support/acp-schema.js';
import { promptOf, settled, World } from '../support/service-world.js';

it('every frame that the service authors keeps to the schema of ACP v1', async () => {
  const world = await World.start();
  const { node, client, sessionId } = await world.session();
  const turn = newId();
  await client.ask('session/prompt', promptOf(sessionId, 'question', turn));
  await node.text(sessionId, 'answer');
  await node.answer(sessionId, turn, { stopReason: 'end_turn' });

  const editor = world.client('editor');
  const check = new SchemaCheck();
  const requests: [string, object][] = [
    ['initialize', { protocolVersion: 1, clientCapabilities: {} }],
    ['session/list', {}],
    ['session/load', { sessionId, cwd: '/tmp', mcpServers: [] }],
    ['session/resume', { sessionId, cwd: '/tmp', mcpServers: [] }],
    ['session/new', { cwd: '/tmp', mcpServers: [] }],
    ['session/prompt', { sessionId: newId(), prompt: [{ type: 'text', text: 'x' }] }],
    ['session/close', { sessionId }],
    ['session/delete', { sessionId }],
    ['nope', {}],
  ];
  for (const [i, [method, params]] of requests.entries()) {
    const line = requestLine(i + 1, method, params);
    if (method !== 'nope') check.add('client', line);
    await editor.send(line);
    await settled();
  }
  const told = editor.heard
    .map(({ frame }) => frame)
    .filter((frame) => !('method' in frame && frame.method.startsWith('_')));
  for (const frame of told)
    if (!('id' in frame) || frame.id !== requests.length) check.add('agent', frame.line);
  expect(check.problems).toEqual([]);
  expect(told.filter(({ kind }) => kind === 'response')).toHaveLength(requests.length);
});
