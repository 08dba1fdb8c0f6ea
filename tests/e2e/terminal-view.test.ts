/** `praxis session terminal`: what an agent's terminal shows, without anything that its program could do to the viewer's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { ErrorCode } from '../../proto/index.js';
import { PRAXIS, System, type SystemOptions } from '../support/system.js';
import { KEY, TestTerminal } from '../support/terminal.js';
import { text } from '../support/watch.js';

const PROGRAM = fileURLToPath(new URL('agents/hostile-terminal.mjs', import.meta.url));
const CONNECTOR = `local terminal
return {
  detect = function() return { title = "Hostile", status = "ready" } end,
  open = function(_, context)
    terminal = host.pty { command = { context.node, "${PROGRAM}" }, agent = true, cols = 100, rows = 30 }
    assert(terminal:expect("ready", 20000))
  end,
  prompt = function(_, blocks)
    terminal:write(blocks[1].text .. "\\r")
    assert(terminal:expect("done\\n", 20000))
    return "end_turn"
  end,
}`;

let system: System;
let client: Client;
let sessionId: string;
const terminals: TestTerminal[] = [];

async function start(node: SystemOptions['node'] = () => ({})): Promise<void> {
  system = await System.start({
    node,
    env: (root) => {
      mkdirSync(join(root, 'home/connectors/hostile'), { recursive: true });
      writeFileSync(join(root, 'home/connectors/hostile/connector.lua'), CONNECTOR);
      return {};
    },
  });
  client = await system.client();
}

async function open(): Promise<void> {
  ({ sessionId } = await client.newSession({ connector: 'hostile', cwd: system.work }, () => undefined));
}

const killViewers = () => {
  for (const terminal of terminals.splice(0)) terminal.kill();
};

const prompt = (words: string) => client.prompt(sessionId, text(words)).result;

function view(...args: string[]): TestTerminal {
  const terminal = new TestTerminal(process.execPath, [PRAXIS, 'session', 'terminal', sessionId, ...args], {
    cwd: system.work,
    env: system.env as Record<string, string>,
    columns: 80,
    rows: 20,
  });
  terminals.push(terminal);
  return terminal;
}

describe('praxis session terminal', () => {
  beforeAll(() => start());
  afterAll(() => system.stop());
  beforeEach(open);
  afterEach(async () => {
    killViewers();
    // One test ended the program, and with it the session.
    await client.closeSession(sessionId).catch(() => undefined);
  });

  it('shows the screen with its colours as it changes, and obeys nothing that the program wrote', async () => {
    const terminal = view();
    await terminal.waitFor('red 你好 plain');
    await terminal.waitFor(/read-only · Ctrl\+\] leaves/);
    expect(terminal.alternate).toBe(true);
    await prompt('hello');
    await terminal.waitFor('got hello');
    terminal.type('typed all the same\r');
    await prompt('second');
    await terminal.waitFor('got second');
    expect(terminal.text()).not.toContain('typed');
    terminal.type(KEY.ctrl(']'));
    expect(await terminal.waitForExit()).toBe(0);
    expect(terminal.alternate).toBe(false);
    expect(terminal.title).toBe('');
    expect(terminal.raw).toContain('\x1b[0;1;38;5;1m');
    expect(terminal.raw).not.toMatch(/\x07|\x1b\]|\x1b\[c|\x1b\[6n|\x1b\[\?1003h|\x1b\(0/);
  });

  it('types when asked to, and says so', async () => {
    const terminal = view('--write');
    await terminal.waitFor(/TYPING on the agent.s terminal/);
    terminal.type('from the viewer\r');
    await terminal.waitFor('got from the viewer');
    terminal.type('exit\r');
    expect(await terminal.waitForExit()).toBe(0);
    expect(terminal.text()).toContain('The agent’s program has ended.');
  });

  it('prints the screen once where there is no terminal, and as JSON', async () => {
    const plain = await system.run(['session', 'terminal', sessionId]);
    expect(plain).toMatchObject({ code: 0, stdout: 'link\nred 你好 plain\nready\n', stderr: '' });
    const picture = JSON.parse((await system.run(['session', 'terminal', sessionId, '--json'])).stdout);
    expect(picture).toMatchObject({
      cols: 100,
      rows: 30,
      title: 'a false title',
      running: true,
      writable: true,
    });
    expect(picture.text).toBe('link\nred 你好 plain\nready');
    expect(picture.lines[1].runs[0]).toEqual({ column: 0, width: 3, text: 'red', fg: 1, bold: true });
    expect((await system.run(['session', 'terminal', sessionId, '--write'])).code).toBe(64);
  });

  it('that is stopped holds nobody up, and shows the newest picture when it goes on', async () => {
    const terminal = view();
    await terminal.waitFor('ready');
    process.kill(terminal.pid, 'SIGSTOP');
    expect(await prompt('flood')).toMatchObject({ stopReason: 'end_turn' });
    process.kill(terminal.pid, 'SIGCONT');
    await terminal.waitFor('got flood');
  });

  it('says so where there is none, and refuses bad input', async () => {
    const demo = await client.newSession({ connector: 'demo', cwd: system.work }, () => undefined);
    const { code, stderr } = await system.run(['session', 'terminal', demo.sessionId]);
    expect(code).toBe(64);
    expect(stderr).toContain('The agent of this session runs on no terminal');
    await expect(client.request('_praxis/terminal/show', { sessionId, waitMs: -1 })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
    });
  });
});

describe('a terminal that may not be seen', () => {
  afterEach(async () => {
    killViewers();
    await system.stop();
  });

  it('because the owner of the node allows to look only, is not typed on', async () => {
    await start(() => ({ terminal: 'read' }));
    await open();
    await expect(client.call('_praxis/terminal/type', { sessionId, text: 'x' })).rejects.toMatchObject({
      code: ErrorCode.Forbidden,
    });
    const terminal = view('--write');
    expect(await terminal.waitForExit()).toBe(77);
    expect(terminal.text()).toContain('node.json: terminal');
  });

  it('because the owner of the node does not allow it, is refused', async () => {
    await start(() => ({ terminal: 'deny' }));
    await open();
    expect(await system.run(['session', 'terminal', sessionId])).toMatchObject({
      code: 77,
      stdout: '',
      stderr: expect.stringContaining('node.json: terminal'),
    });
  });
});
