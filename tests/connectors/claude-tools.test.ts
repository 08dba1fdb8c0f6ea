/** What a model calls, as Claude Code tells it: whatever is in the input, the call is shown, and a question about it is asked. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultLine } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

/** Stands in for Claude: it calls the tool of the prompt, asks whether it may, and says in its result what it was answered. */
const CLAUDE = `#!${process.execPath}
const say = (frame) => process.stdout.write(JSON.stringify(frame) + '\\n');
let call;
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const frame = JSON.parse(line);
  if (frame.type === 'user') {
    call = JSON.parse(frame.message.content[0].text);
    const block = { type: 'tool_use', id: 'call-1', name: call.name, input: call.input };
    say({ type: 'assistant', message: { id: 'm', content: [block] } });
    const request = { subtype: 'can_use_tool', tool_name: call.name, input: call.input, tool_use_id: 'call-1', permission_suggestions: call.suggestions };
    say({ type: 'control_request', request_id: 'q', request });
  } else if (frame.type === 'control_response') {
    const { behavior } = frame.response.response;
    say({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'call-1', content: behavior }] } });
    say({ type: 'result', is_error: false, result: '', stop_reason: 'end_turn' });
  } else say({ type: 'control_response', response: { subtype: 'success', request_id: frame.request_id, response: {} } });
});
`;

let dir: string;
let lua: LuaConnectors;
let node: TestServer;
let session: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pxt-'));
  const program = join(dir, 'claude');
  writeFileSync(program, CLAUDE);
  chmodSync(program, 0o755);
  lua = new LuaConnectors({ program });
  node = new TestServer([await lua.shipped('claude-code')]);
  session = await node.open('claude-code');
});
afterEach(async () => {
  await node.stop();
  await lua.close();
  rmSync(dir, { recursive: true, force: true });
});

const call = (name: string, input: unknown, suggestions?: unknown) =>
  node.prompt(session, JSON.stringify({ name, input, suggestions }));

describe('a call', () => {
  it.each([
    ['mcp__graph__ask', { query: { field: 1 }, url: null, pattern: ['x'] }, 'mcp__graph__ask'],
    ['mcp__files__open', { file_path: null, description: 'Look' }, 'mcp__files__open Look'],
    ['Read', { file_path: 'a.txt', offset: '7' }, 'Read a.txt'],
    ['Read', { file_path: 'a.txt', offset: -1 }, 'Read a.txt'],
    ['Write', { file_path: 'a.txt', content: null }, 'Write a.txt'],
    ['Edit', { file_path: 'a.txt', old_string: null, new_string: 'x' }, 'Edit a.txt'],
    ['MultiEdit', { file_path: 'a.txt', edits: ['x', { new_string: 'y' }] }, 'MultiEdit a.txt'],
    ['Bash', { command: ['ls', '-l'] }, 'Bash'],
    ['ExitPlanMode', { plan: null }, 'ExitPlanMode'],
    ['TodoWrite', { todos: [{ content: null }, 'x', { content: 'y', status: 'someday' }] }, 'TodoWrite'],
    ['TodoWrite', { todos: 'none' }, 'TodoWrite'],
    ['Empty', [], 'Empty'],
  ])('of %s with %j is shown and asked about', async (name, input, title) => {
    const answer = call(name, input);
    const question = (await node.waitFor('session/request_permission')) as unknown as { id: string };
    node.give(resultLine(question.id, { outcome: { outcome: 'selected', optionId: 'allow' } }), session);
    expect((await answer).result).toMatchObject({ stopReason: 'end_turn' });
    expect(node.updatesOf(session, 'tool_call')).toMatchObject([{ toolCallId: 'call-1', title }]);
    expect(node.updatesOf(session, 'tool_call_update').at(-1)).toMatchObject({ status: 'completed' });
    expect(lua.errors).toEqual([]);
  });

  it('that cannot be asked about is answered with no, and the person is told', async () => {
    const suggestions = [{ type: 'addRules', rules: [{ toolName: 7, ruleContent: {} }] }];
    expect((await call('Bash', { command: 'ls' }, suggestions)).result).toMatchObject({
      stopReason: 'end_turn',
    });
    const [result] = node.updatesOf(session, 'tool_call_update').slice(-1);
    expect(JSON.stringify(result)).toContain('deny');
    expect(await node.waitFor('_praxis/agent/notice')).toMatchObject({
      params: {
        text: expect.stringMatching(/question about Bash could not be put, and was answered with no/),
      },
    });
  });
});
