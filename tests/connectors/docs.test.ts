/** docs/connectors.md: its first connector works as it stands, and its reference leaves nothing out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Paste } from '../../node-agent/host/paste.js';
import { TerminalFields } from '../../node-agent/host/terminal-calls.js';
import { PRELUDE } from '../../node-agent/lua/prelude.js';
import { TERMINAL } from '../../node-agent/lua/prelude-terminal.js';
import { PtyConfig, packageRoot } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

const guide = readFileSync(join(packageRoot, 'docs/connectors.md'), 'utf8');
const example = /```lua\n(-- A shell as an agent[\s\S]*?)```/.exec(guide)![1]!;
const repl = /```lua\n(-- Python as an agent[\s\S]*?)```/.exec(guide)![1]!;

/** What an agent says of itself whose words are shown as they are. */
const PLAIN = { _meta: { praxis: { text: 'plain' } } };

describe('the first connector of the guide', () => {
  let lua: LuaConnectors;
  let node: TestServer;
  beforeAll(() => {
    lua = new LuaConnectors();
  });
  afterEach(() => node.stop());
  afterAll(() => lua.close());

  async function open(): Promise<string> {
    const connector = await lua.compile('shell', example);
    expect(await connector.info()).toMatchObject({ title: 'Shell', status: 'ready' });
    node = new TestServer([connector]);
    return node.open('shell');
  }

  it('runs what is typed, and remembers it', async () => {
    const session = await open();
    await node.prompt(session, 'x=41; echo "one\ntwo"');
    expect((await node.prompt(session, 'echo $((x + 1))')).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(session)).toBe('one\ntwo\n42\n');
  });

  it('is known by its title', async () => {
    const connector = await lua.compile('shell', example);
    await connector.info();
    node = new TestServer([connector]);
    const { result } = await node.newSession('shell');
    const agentInfo = { name: 'shell', title: 'Shell', version: 'unknown', ...PLAIN };
    expect(result).toMatchObject({ _meta: { praxis: { agentInfo } } });
  });

  it('is cancelled and goes on', async () => {
    const session = await open();
    // The program that is to be interrupted says so itself: after an echo of the shell it may not have begun yet.
    const slow = node.prompt(session, "sh -c 'echo begun; sleep 60'");
    await expect.poll(() => node.textOf(session)).toBe('begun\n');
    node.cancel(session);
    expect((await slow).result).toEqual({ stopReason: 'cancelled' });
    expect((await node.prompt(session, 'echo next')).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(session)).toContain('next\n');
  });

  it('leaves nothing running', async () => {
    const session = await open();
    await node.prompt(session, 'sleep 60 & echo');
    await node.ask('session/close', { sessionId: session });
    expect(lua.runningPids()).toEqual([]);
  });
});

const skeleton = readFileSync(join(packageRoot, 'connectors/skeleton-terminal.lua'), 'utf8');

describe.each([
  ['of the guide', repl],
  [
    'that a new one begins as',
    skeleton
      .replaceAll(/\bID\b/g, 'python3')
      .replace('{ "python3" }', '{ "python3", "-iq" }')
      .replace('"> $"', '">>> $"'),
  ],
])('the connector for a terminal %s', (_which, source) => {
  let lua: LuaConnectors;
  let node: TestServer;
  beforeAll(() => {
    lua = new LuaConnectors();
  });
  afterEach(() => node.stop());
  afterAll(() => lua.close());

  async function open(): Promise<string> {
    const connector = await lua.compile('repl', source);
    expect(await connector.info()).toMatchObject({ status: 'ready' });
    node = new TestServer([connector]);
    return node.open('repl');
  }

  it('says plain text', async () => {
    const connector = await lua.compile('repl', source);
    node = new TestServer([connector]);
    const { result } = await node.newSession('repl');
    expect(result).toMatchObject({ _meta: { praxis: { agentInfo: PLAIN } } });
  });

  it('answers, line by line, and remembers', async () => {
    const session = await open();
    await node.prompt(session, 'def f(n):\n  return n * 6\n');
    expect((await node.prompt(session, 'print(f(7))\nprint("two\\nlines")')).result).toEqual({
      stopReason: 'end_turn',
    });
    expect(node.textOf(session)).toBe('42\ntwo\nlines\n');
  });

  /** Its program is the one that counts interrupts. */
  async function openCounting(): Promise<string> {
    const program = join(packageRoot, 'tests/support/counts-interrupts.py');
    const counting = source.replace(/\{ "python3".*? \}/, `{ "python3", "${program}" }`);
    node = new TestServer([await lua.compile('counts', counting)]);
    return node.open('counts');
  }

  it('is not cancelled in its next prompt by a cancel that comes while it is typed to', async () => {
    const session = await openCounting();
    for (let i = 0; i < 4; i++) {
      const quick = node.prompt(session, 'quick');
      node.cancel(session);
      expect((await quick).result).toEqual({ stopReason: 'cancelled' });
      const before = node.textOf(session).length;
      expect((await node.prompt(session, 'slow')).result).toEqual({ stopReason: 'end_turn' });
      expect(node.textOf(session).slice(before)).toContain('0 hits');
    }
  });

  it('keeps answers and prompts together when a cancel comes with an answer', async () => {
    const session = await openCounting();
    const late = node.prompt(session, 'late');
    node.cancel(session);
    expect((await late).result).toEqual({ stopReason: 'cancelled' });
    const before = node.textOf(session).length;
    await node.prompt(session, 'quick');
    expect(node.textOf(session).slice(before)).toBe('0 hits\n');
  });

  it('keeps answers and prompts together when a cancel comes with an answer of Python', async () => {
    const session = await open();
    for (let i = 0; i < 6; i++) {
      const quick = node.prompt(session, `print("cancelled ${i}")`);
      node.cancel(session);
      expect((await quick).result).toEqual({ stopReason: 'cancelled' });
      const before = node.textOf(session).length;
      await node.prompt(session, `print("answer ${i}")`);
      expect(node.textOf(session).slice(before)).toBe(`answer ${i}\n`);
    }
  });

  it('is cancelled and goes on, and leaves nothing running', async () => {
    const session = await open();
    const slow = node.prompt(session, 'import time; time.sleep(600)');
    node.cancel(session);
    expect((await slow).result).toEqual({ stopReason: 'cancelled' });
    expect((await node.prompt(session, `print("next")`)).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(session)).toContain('next\n');
    await node.ask('session/close', { sessionId: session });
    expect(lua.runningPids()).toEqual([]);
  });
});

it.each([
  ['for a process', example],
  ['for a terminal', repl],
])('the connector of the guide %s has less than 40 lines', (_which, source) => {
  expect(source.trim().split('\n').length).toBeLessThan(40);
});

describe('the reference', () => {
  const hostNames = [.../\nhost = \{([\s\S]*?)\n\}/.exec(PRELUDE)![1]!.matchAll(/\n {2}(\w+) =/g)];
  const streamNames = [
    ...(PRELUDE + TERMINAL).matchAll(
      /(?:function (?:Stream|Terminal):|\n(?:Stream|Terminal)\.)(on_\w+|[a-z]\w+)/g,
    ),
  ];
  const sessionNames = [...PRELUDE.matchAll(/function Session:(\w+)/g)];
  const asked = /for _, name in ipairs \{\s*("tool_call"[\s\S]*?)\}/.exec(PRELUDE)![1]!.matchAll(/"(\w+)"/g);

  it.each([
    ...hostNames.map(([, name]) => `host.${name}`),
    ...streamNames.map(([, name]) => `stream:${name}`),
    ...[...sessionNames, ...asked].map(([, name]) => `session:${name}`),
  ])('has %s', (name) => {
    expect(guide).toContain(`\`${name}`);
  });

  it.each([...Object.keys(PtyConfig.shape), ...Object.keys(Paste.unwrap().shape)])(
    'has the option %s',
    (name) => {
      expect(guide).toMatch(new RegExp(`^\\| [^|]*\`${name}\``, 'm'));
    },
  );

  it.each(Object.keys(TerminalFields))('has the field %s of host.pty', (name) => {
    expect(/`host\.pty \{([^}]*)\}/.exec(guide)![1]).toContain(name);
  });
});
