/** A connector that drives its agent in several ways: which one a session gets, and what a node tells of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ErrorCode } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

const MAIN = `return {
  transports = { "lines", "screen" },
  detect = function() return { title = "Two", status = "ready" } end,
}`;
const WORDS = 'return { of = function(session) return "by " .. session.transport end }';
const LINES = `
local words = host.library "words"
return {
  capabilities = { image = true },
  open = function(session) return { id = words.of(session) } end,
  resume = function(session, _, id) return { id = id } end,
  prompt = function(session) session:message(words.of(session)) return "end_turn" end,
}`;
const SCREEN = `return {
  open = function() end,
  prompt = function(session) session:message("a screen, " .. session.transport) return "end_turn" end,
}`;

let lua: LuaConnectors;
let node: TestServer;

beforeAll(() => {
  lua = new LuaConnectors();
});
afterEach(() => node?.stop());
afterAll(() => lua.close());

const two = (preferred?: string) =>
  lua.compile('two', MAIN, {
    others: { lines: LINES, screen: SCREEN, words: WORDS },
    ...(preferred && { preferred }),
  });

async function said(praxis: Record<string, unknown> = {}, preferred?: string) {
  node = new TestServer([await two(preferred)]);
  const session = await node.open('two', praxis);
  await node.prompt(session, 'go');
  return node.textOf(session);
}

const meta = (answer: { result?: unknown }) =>
  (answer.result as { _meta: { praxis: Record<string, unknown> } })._meta.praxis;

describe('the transports of a connector', () => {
  it('are told with it, the one first that sessions get', async () => {
    expect(await (await two()).info()).toMatchObject({ status: 'ready', transports: ['lines', 'screen'] });
    expect(await (await two('screen')).info()).toMatchObject({ transports: ['screen', 'lines'] });
  });

  it('have a script each, which shares what lies beside it', async () => {
    expect(await said()).toBe('by lines');
  });

  it('are chosen for a session', async () => {
    expect(await said({ transport: 'screen' })).toBe('a screen, screen');
  });

  it('are chosen by the owner of the node for sessions that name none', async () => {
    expect(await said({}, 'screen')).toBe('a screen, screen');
    await node.stop();
    expect(await said({ transport: 'lines' }, 'screen')).toBe('by lines');
  });

  it('have capabilities of their own', async () => {
    node = new TestServer([await two()]);
    const praxis = meta(await node.newSession('two'));
    expect(praxis).toMatchObject({
      transport: 'lines',
      agentCapabilities: { promptCapabilities: { image: true } },
    });
    const other = meta(await node.newSession('two', { transport: 'screen' }));
    expect(other).toMatchObject({ transport: 'screen', agentCapabilities: { promptCapabilities: {} } });
  });

  it('are kept when a session is brought back', async () => {
    node = new TestServer([await two('screen')]);
    const sessionId = '5a3ed000-2222-4333-8444-555566667777';
    const praxis = { connector: 'two', transport: 'lines', sessionId, epoch: 2, agentSessionId: 'by lines' };
    const answer = await node.ask('session/resume', { cwd: node.cwd, sessionId, _meta: { praxis } });
    expect(meta(answer)).toMatchObject({ transport: 'lines', context: 'kept', agentSessionId: 'by lines' });
  });

  it('are refused when they are unknown, with those that there are', async () => {
    node = new TestServer([await two()]);
    const { error } = await node.newSession('two', { transport: 'pigeon' });
    expect(error).toMatchObject({
      code: ErrorCode.InvalidParams,
      message: 'two has no transport pigeon: lines, screen',
      data: { transports: ['lines', 'screen'] },
    });
  });

  it('that node.json misspells are told of its connector', async () => {
    const connector = await two('pigeon');
    expect(await connector.info()).toMatchObject({
      status: 'needs_setup',
      hint: 'node.json: transports: two has no transport pigeon: lines, screen',
    });
    node = new TestServer([connector]);
    expect((await node.newSession('two')).error?.message).toContain('two has no transport pigeon');
  });

  it('need a script each', async () => {
    const connector = await lua.compile('two', MAIN, { others: { lines: LINES } });
    expect((await connector.info()).hint).toBe(
      'The connector two failed: there is no screen.lua for its transport screen',
    );
  });

  it('are none where connector.lua does everything itself', async () => {
    const one = await lua.compile(
      'one',
      LINES.replace('local words', '-- ').replaceAll('words.of(session)', '"x"'),
    );
    node = new TestServer([one]);
    const { error } = await node.newSession('one', { transport: 'lines' });
    expect(error?.message).toBe('one has no transports to choose from: leave lines out');
  });
});
