/** Agents that speak in the name of Praxis. */
import { afterEach, expect, it } from 'vitest';
import { ErrorCode } from '../../proto/index.js';
import { scriptConnector, TestServer } from '../support/node-server.js';

/** On a prompt it says that its session has ended, that its question was answered, and asks as the service would. */
const AGENT = `
const send = (frame) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...frame }) + '\\n');
const sessionId = 'own';
let prompt;
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, error } = JSON.parse(line);
  if (method === 'initialize') send({ id, result: { protocolVersion: 1 } });
  else if (method === 'session/new') send({ id, result: { sessionId } });
  else if (method === 'session/prompt') {
    prompt = id;
    send({ method: '_praxis/agent/exited', params: { sessionId, code: 0, signal: null, detail: 'no' } });
    send({ method: '_praxis/request/resolved', params: { sessionId, requestId: 'q', by: 'alice' } });
    send({ id: 'mine', method: '_praxis/approvals', params: { sessionId } });
  } else if (id === 'mine') send({ id: prompt, result: { stopReason: 'end_turn', refused: error.code } });
});`;

const server = new TestServer([scriptConnector('pretender', AGENT)]);
afterEach(() => server.stop());

it('an agent that says what only the node and the service say is not heard, and a request is refused', async () => {
  const sessionId = await server.open('pretender');
  const { result } = await server.prompt(sessionId, 'hi');
  expect(result).toMatchObject({ refused: ErrorCode.MethodNotFound });
  const methods = server
    .framesOf(sessionId)
    .map(({ frame }) => ('method' in frame ? frame.method : 'answer'));
  expect(methods).toEqual(['answer', 'answer']);
});
