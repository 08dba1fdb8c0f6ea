/** What a script of Claude Code that is made anew in the middle of a prompt must know of it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';
import { waitUntil } from '../support/wait.js';

/** Stands in for Claude: it takes up the prompt and, when it is interrupted, ends a turn of its own first and then the prompt's. */
const CLAUDE = `#!${process.execPath}
const say = (frame) => process.stdout.write(JSON.stringify(frame) + '\\n');
const text = (text) => say({ type: 'assistant', message: { id: text, model: '<synthetic>', content: [{ type: 'text', text }] } });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const frame = JSON.parse(line);
  if (frame.type === 'user') {
    say({ type: 'user', message: frame.message, isReplay: true });
    text('begun');
    return;
  }
  say({ type: 'control_response', response: { subtype: 'success', request_id: frame.request_id, response: {} } });
  if (frame.request.subtype !== 'interrupt') return;
  say({ type: 'result', origin: { kind: 'task-notification' } });
  text(' last word');
  say({ type: 'result', is_error: true, result: '', terminal_reason: 'aborted_streaming' });
});
`;

let dir: string;
let lua: LuaConnectors;
let node: TestServer;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pxt-'));
  const program = join(dir, 'claude');
  writeFileSync(program, CLAUDE);
  chmodSync(program, 0o755);
  lua = new LuaConnectors({ program });
  // Its prompt never ends, so that every script on its thread has to be made anew.
  const endless = 'return { open = function() end, prompt = function() while true do end end }';
  node = new TestServer([await lua.shipped('claude-code'), await lua.compile('endless', endless)]);
});
afterEach(async () => {
  await node.stop();
  await lua.close();
  rmSync(dir, { recursive: true, force: true });
});

it('its prompt runs already: the end of a turn of Claude’s own is not the end of it', async () => {
  const session = await node.open('claude-code');
  const answer = node.prompt(session, 'go');
  await waitUntil(() => node.textOf(session) === 'begun', 20_000);
  await node.prompt(await node.open('endless'), 'go');
  node.cancel(session);
  expect((await answer).result).toMatchObject({ stopReason: 'cancelled' });
  const [before, last] = node.framesOf(session).slice(-2);
  expect(before?.frame.line).toContain(' last word');
  expect(last?.frame.line).toContain('"stopReason":"cancelled"');
});
