/** What the agent hears and says is what was sent, byte for byte, but for ids, session ids and our own `_meta.praxis`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { newId, VERSION } from '../../proto/index.js';
import { scriptConnector, TestServer } from '../support/node-server.js';
import { waitUntil } from '../support/wait.js';

/** Writes down every line that it hears; answers initialize, new and prompt; says one odd update per prompt. */
const RECORDER = `
const { appendFileSync } = require('fs');
const say = (line) => process.stdout.write(line + '\\n');
say('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"theirs","update":{"sessionUpdate":"early"}}}');
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  appendFileSync('heard', line + '\\n');
  const { id, method } = JSON.parse(line);
  if (method === 'initialize') say(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: 1 } }));
  if (method === 'session/new') say('{"jsonrpc":"2.0", "id":' + id + ', "result": {"sessionId":"theirs","x":1e2,"_meta":{"k":9007199254740993}}}');
  if (method === 'session/prompt') {
    say('{"jsonrpc":"2.0","method":"session/update","params":{ "sessionId" : "theirs","update":{"big":9007199254740993,"text":"theirs"},"sessionId2":"theirs"}}');
    say('{"jsonrpc":"2.0","id":"ask-1","method":"session/request_permission","params":{"sessionId":"theirs","toolCall":{"toolCallId":"t"},"options":[]}}');
    global.promptId = id;
  }
  if (!method || method === '$/cancel_request' || method === 'session/cancel') say(JSON.stringify({ jsonrpc: '2.0', id: promptId, result: { stopReason: 'end_turn', after: line } }));
});`;

let test: TestServer;
afterEach(() => test.stop());

const start = () => {
  test = new TestServer([scriptConnector('recorder', RECORDER)]);
};
const heard = () => readFileSync(join(test.cwd, 'heard'), 'utf8').trim().split('\n');

it('the agent hears initialize without fs and terminal, and the session as the client asked for it', async () => {
  start();
  const sessionId = newId();
  const meta = JSON.stringify({ connector: 'recorder', sessionId });
  test.give(
    `{"jsonrpc":"2.0","id":"${sessionId}","method":"session/new","params":{"cwd":"${test.cwd}","odd":[1.0],"_meta":{"praxis":${meta}}}}`,
  );
  const { line } = await test.answerTo(sessionId);
  const [initialize, created] = heard();
  expect(JSON.parse(initialize!).params).toEqual({
    protocolVersion: 1,
    clientCapabilities: {
      fs: { readTextFile: false, writeTextFile: false },
      terminal: false,
      elicitation: { form: {} },
    },
    clientInfo: { name: 'praxis', title: 'Praxis', version: VERSION },
  });
  expect(created).toBe(
    `{"jsonrpc":"2.0","id":2,"method":"session/new","params":{"mcpServers":[],"cwd":"${test.cwd}","odd":[1.0]}}`,
  );
  expect(line).toBe(
    `{"jsonrpc":"2.0", "id":"${sessionId}", "result": {"sessionId":"${sessionId}","x":1e2,"_meta":{"praxis":{"agentSessionId":"theirs"},"k":9007199254740993}}}`,
  );
  const early = test.framesOf(sessionId)[1]!.frame.line;
  expect(early).toBe(
    `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"${sessionId}","update":{"sessionUpdate":"early"}}}`,
  );
});

it('updates, questions and answers keep every byte but the session id', async () => {
  start();
  const sessionId = await test.open('recorder');
  const turn = newId();
  const prompt = '[ {"type":"text","text":"x","n":9007199254740993} ]';
  test.give(
    `{"jsonrpc":"2.0","id":"${turn}","method":"session/prompt","params":{"sessionId":"${sessionId}","prompt":${prompt},"_meta":{"praxis":{"turnId":"${turn}"},"traceparent":"00-1"}}}`,
    sessionId,
  );
  await waitUntil(() => test.framesOf(sessionId).length === 4);
  expect(heard().at(-1)).toBe(
    `{"jsonrpc":"2.0","id":3,"method":"session/prompt","params":{"sessionId":"theirs","prompt":${prompt},"_meta":{"traceparent":"00-1"}}}`,
  );
  const [update, question] = test.framesOf(sessionId).slice(2);
  expect(update!.frame.line).toBe(
    `{"jsonrpc":"2.0","method":"session/update","params":{ "sessionId" : "${sessionId}","update":{"big":9007199254740993,"text":"theirs"},"sessionId2":"theirs"}}`,
  );
  expect(question!.frame).toMatchObject({ kind: 'request', id: 'ask-1', params: { sessionId } });

  const answer = '{"jsonrpc":"2.0","id":"ask-1","error":{"code":-32601,"message":"no","data":{"a":1.50}}}';
  test.give('{"jsonrpc":"2.0","id":"never-asked","result":{}}', sessionId);
  test.give(answer, sessionId);
  test.give(answer, sessionId);
  expect((await test.answerTo(turn)).result).toEqual({ stopReason: 'end_turn', after: answer });
  expect((await test.ask('session/close', { sessionId })).result).toEqual({});
  expect(heard().filter((line) => line.includes('never-asked'))).toEqual([]);
  expect(heard().filter((line) => line === answer)).toHaveLength(1);
});

it('an answer for an earlier run of the agent does not reach it', async () => {
  start();
  const sessionId = await test.open('recorder');
  const prompt = test.prompt(sessionId, 'x');
  await test.waitFor('session/request_permission');
  const lines = ['{"jsonrpc":"2.0","id":"ask-1","result":{"outcome":{"outcome":"cancelled"}}}'];
  const message = { lines, userId: 'service', redelivered: false };
  test.server.receive({ ...message, headers: { v: 1, session: sessionId, epoch: 7 } });
  test.server.receive({ ...message, headers: { v: 1, session: sessionId, epoch: 1 } });
  await prompt;
  expect(heard().filter((line) => line.includes('ask-1'))).toHaveLength(1);
});

it('the cancel of a request has the number of this hop, and that of a prompt becomes a session/cancel', async () => {
  start();
  const sessionId = await test.open('recorder');
  const [turn, other] = [newId(), newId()];
  const prompt = test.prompt(sessionId, 'x', turn);
  test.give(
    `{"jsonrpc":"2.0","id":"${other}","method":"session/slow","params":{"sessionId":"${sessionId}"}}`,
    sessionId,
  );
  for (const requestId of [newId(), other, turn])
    test.give(
      `{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":"${requestId}"}}`,
      sessionId,
    );
  await prompt;
  await waitUntil(() => heard().some((line) => line.includes('session/cancel')));
  expect(heard().filter((line) => line.includes('cancel'))).toEqual([
    '{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":4}}',
    '{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"theirs"}}',
  ]);
});

it('a repeated session/new makes one agent', async () => {
  start();
  const sessionId = newId();
  const [first, again] = await Promise.all([
    test.newSession('recorder', { sessionId }),
    test.newSession('recorder', { sessionId }),
  ]);
  expect(first.line).toBe(again.line);
  expect((await test.newSession('recorder', { sessionId })).line).toBe(first.line);
  expect(heard().filter((line) => line.includes('session/new'))).toHaveLength(1);
});
