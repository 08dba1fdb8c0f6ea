/** What Codex asks: whatever it leaves out or calls null, the question is put, or else answered with no. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resultLine } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

/** Stands in for Codex's app-server: it asks what the prompt holds, and says what it was answered. */
const CODEX = `#!${process.execPath}
const say = (frame) => process.stdout.write(JSON.stringify(frame) + '\\n');
const answers = { 'account/read': { requiresOpenaiAuth: false }, 'thread/start': { thread: { id: 't' }, model: 'm' }, 'turn/start': { turn: { id: 'u' } } };
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method && id !== undefined) say({ id, result: answers[method] ?? {} });
  if (method === 'turn/start') {
    const asked = JSON.parse(params.input[0].text);
    say({ id: 0, method: 'item/' + asked.what + '/requestApproval', params: { itemId: 'call-1', ...asked.params } });
  }
  if (result) {
    say({ method: 'item/agentMessage/delta', params: { itemId: 'm', delta: result.decision } });
    say({ method: 'turn/completed', params: { turn: { status: 'completed' } } });
  }
});
`;

let dir: string;
let lua: LuaConnectors;
let node: TestServer;
let session: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pxq-'));
  const program = join(dir, 'codex');
  writeFileSync(program, CODEX);
  chmodSync(program, 0o755);
  lua = new LuaConnectors({ program });
  node = new TestServer([await lua.shipped('codex')]);
  session = await node.open('codex');
});
afterEach(async () => {
  await node.stop();
  await lua.close();
  rmSync(dir, { recursive: true, force: true });
});

const nothing = { commandActions: null, availableDecisions: null, reason: null, cwd: null };

it.each([
  ['commandExecution', { command: 'ls', ...nothing }],
  ['commandExecution', { command: null, ...nothing }],
  ['fileChange', { reason: null, grantRoot: null }],
])('a question about a %s with %j is put to the person', async (what, params) => {
  const answer = node.prompt(session, JSON.stringify({ what, params }));
  const question = (await node.waitFor('session/request_permission')) as unknown as { id: string };
  node.give(resultLine(question.id, { outcome: { outcome: 'selected', optionId: 'allow' } }), session);
  expect((await answer).result).toMatchObject({ stopReason: 'end_turn' });
  expect(node.textOf(session)).toBe('accept');
});

it('a question that cannot be put is answered with no, and the person is told', async () => {
  const params = { command: 'ls', availableDecisions: [{ acceptWithExecpolicyAmendment: 'what' }] };
  const answer = node.prompt(session, JSON.stringify({ what: 'commandExecution', params }));
  expect((await answer).result).toMatchObject({ stopReason: 'end_turn' });
  expect(node.textOf(session)).toBe('decline');
  expect(await node.waitFor('_praxis/agent/notice')).toMatchObject({
    params: { text: expect.stringMatching(/question of Codex could not be put, and was answered with no/) },
  });
});
