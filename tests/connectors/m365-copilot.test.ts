/** Microsoft 365 Copilot, with a stand-in for its program (tests/e2e/agents/workiq.mjs). */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

let dir: string;
let lua: LuaConnectors;
let node: TestServer;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pxm-'));
});
afterEach(async () => {
  await node.stop();
  await lua.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(state = ''): Promise<string> {
  const program = join(dir, 'workiq');
  const standIn = join(packageRoot, 'tests/e2e/agents/workiq.mjs');
  writeFileSync(
    program,
    `#!/bin/sh\nexport WORKIQ_STANDIN=${state} WORKIQ_LOG=${dir}/log\nexec ${process.execPath} ${standIn} "$@"\n`,
  );
  chmodSync(program, 0o755);
  lua = new LuaConnectors({ program });
  node = new TestServer([await lua.shipped('m365-copilot')]);
  return node.open('m365-copilot');
}

describe('Microsoft 365 Copilot', () => {
  it('answers, and goes on with the conversation by its id', async () => {
    const session = await open();
    expect((await node.prompt(session, 'What is on today?')).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(session)).toContain('You asked: What is on today?\nBefore: nothing\n');
    await node.prompt(session, 'And tomorrow?');
    expect(node.textOf(session)).toContain('You asked: And tomorrow?\nBefore: What is on today?\n');
    expect(lua.runningPids()).toEqual([]);
  });

  it('knows nothing any more when the node was started anew, and says so', async () => {
    const sessionId = await open();
    await node.prompt(sessionId, 'What is on today?');
    await node.stop();
    await lua.close();
    lua = new LuaConnectors({ program: join(dir, 'workiq') });
    node = new TestServer([await lua.shipped('m365-copilot')]);
    const praxis = { connector: 'm365-copilot', sessionId, epoch: 2, agentSessionId: sessionId };
    const answer = await node.ask('session/resume', {
      cwd: node.cwd,
      sessionId,
      mcpServers: [],
      _meta: { praxis },
    });
    // With `new` the service tells the viewers that the agent starts anew.
    expect(answer.result).toMatchObject({ _meta: { praxis: { context: 'new' } } });
    await node.prompt(sessionId, 'And tomorrow?');
    expect(node.textOf(sessionId)).toContain('You asked: And tomorrow?\nBefore: nothing\n');
  });

  it('shows no question to the other users of the machine, and leaves none behind', async () => {
    const session = await open();
    await node.prompt(session, 'a secret question');
    const runs = readFileSync(join(dir, 'log'), 'utf8').trim().split('\n');
    const [, file] = JSON.parse(runs.at(-1)!);
    expect(file).toMatch(/^@/);
    expect(runs.join()).not.toContain('secret');
    await node.ask('session/close', { sessionId: session });
    expect(existsSync(file.slice(1))).toBe(false);
  });

  it('gets a question that looks like an option, a file, or quotes', async () => {
    const session = await open();
    for (const [asked, heard] of [
      ['@alice said "no"\nwhy?', ' @alice said ”no” why?'],
      ['--json', ' --json'],
      ['# not a comment', '# not a comment'],
    ] as const) {
      await node.prompt(session, asked);
      expect(node.textOf(session)).toContain(`You asked: ${heard}\n`);
    }
  });

  it.each([
    ['eula', 'Work IQ wants its licence to be accepted: run `workiq accept-eula` once on this node'],
    ['login', 'Work IQ could not sign in: run `workiq auth login` once on this node'],
    ['device', 'Work IQ wants a sign-in: run `workiq auth login` once on this node'],
  ])('says what to do on the node first: %s', async (state, message) => {
    const session = await open(state);
    expect((await node.prompt(session, 'hello')).error).toMatchObject({ code: -32000, message });
    expect(lua.runningPids()).toEqual([]);
  });

  it.each([
    ['error', 'Work IQ: The service is busy'],
    ['broken', 'Work IQ gave no answer, exit code 7'],
  ])('tells what went wrong and goes on: %s', async (state, message) => {
    const session = await open(state);
    expect((await node.prompt(session, 'hello')).error).toMatchObject({ message });
    expect((await node.prompt(session, 'again')).error).toMatchObject({ message });
  });

  it('is cancelled and goes on', async () => {
    const session = await open('slow');
    for (let i = 0; i < 2; i++) {
      const turn = node.prompt(session, 'hello');
      await expect.poll(() => lua.runningPids().length, { timeout: 10_000 }).toBe(1);
      node.cancel(session);
      expect((await turn).result).toEqual({ stopReason: 'cancelled' });
      expect(lua.runningPids()).toEqual([]);
    }
  });
});
