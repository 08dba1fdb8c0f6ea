/** The generic connector for programs on a terminal, with real ones. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { AgentConfig, NodeConfig, packageRoot } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

const lua = new LuaConnectors();
let node: TestServer | undefined;
afterEach(async () => {
  await node?.stop();
  node = undefined;
});
afterAll(() => lua.close());

const PYTHON = { command: ['python3', '-iq'], pty: { ready: '>>> ', more: '%.%.%. ' } };
const SHELL = { command: ['sh', '-i'], env: { PS1: 'sh$ ' }, pty: { ready: 'sh%$ ', more: '> ' } };
const NODE_JS = { command: [process.execPath, '-i'], pty: { ready: '> ', more: '[|.]+ ' } };

const COUNTS_INTERRUPTS = join(packageRoot, 'tests/support/counts-interrupts.py');

async function connect(agent: unknown) {
  const told = { title: 'Program', ...AgentConfig.parse(agent) };
  const connector = await lua.shipped('pty', { id: 'program', agent: told });
  node = new TestServer([connector]);
  return { connector, node };
}

async function open(agent: unknown) {
  const { node } = await connect(agent);
  const session = await node.open('program');
  /** Resolves to what is said in answer. */
  const ask = async (text: string) => {
    const before = node.textOf(session).length;
    const { result, error } = await node.prompt(session, text);
    expect(error ?? result).toEqual({ stopReason: 'end_turn' });
    return node.textOf(session).slice(before);
  };
  return { node, session, ask };
}

/** A program that gets its lines as a terminal gives them. */
function program(source: string): string[] {
  const file = join(mkdtempSync(join(lua.dir, 'p-')), 'program.py');
  writeFileSync(
    file,
    `import sys, time\ndef say(text):\n  sys.stdout.write(text)\n  sys.stdout.flush()\n${source}`,
  );
  return ['python3', file];
}

describe('a program of node.json on a terminal', () => {
  it('answers and remembers: Python', async () => {
    const { ask } = await open(PYTHON);
    expect(await ask('x = 41')).toBe('');
    expect(await ask('print(x + 1); print("two\\nlines")')).toBe('42\ntwo\nlines\n');
  });

  it('takes several lines, one after the other: Python', async () => {
    const { ask } = await open(PYTHON);
    expect(await ask('a = 1\nprint("first")\ndef f():\n\treturn a + 1\n\nf()')).toBe('first\n2\n');
    expect(await ask('print("def:")')).toBe('def:\n');
  });

  it('answers: a shell, Node.js', async () => {
    const shell = await open(SHELL);
    expect(await shell.ask('echo "one\ntwo"; echo sh')).toBe('one\ntwo\nsh\n');
    await shell.node.stop();
    const { ask } = await open(NODE_JS);
    expect(await ask('const o = {\na: 1 }')).toBe('undefined\n');
    expect(await ask('o.a + "\\n>"')).toBe("'1\\n>'\n");
  });

  it('says what comes before the answer is complete', async () => {
    const { node, session } = await open(PYTHON);
    const turn = node.prompt(session, 'import time; print("begun"); time.sleep(600)');
    await expect.poll(() => node.textOf(session), { timeout: 10_000 }).toBe('begun\n');
    node.cancel(session);
    expect((await turn).result).toEqual({ stopReason: 'cancelled' });
    expect(node.textOf(session)).toContain('KeyboardInterrupt');
    const before = node.textOf(session).length;
    await node.prompt(session, 'print("next")');
    expect(node.textOf(session).slice(before)).toBe('next\n');
  });

  it('says an unfinished line when nothing follows it, and a long one as it grows', async () => {
    const source = `say('? ')
input()
say('thinking... ')
input()
for i in range(60): say('word%d ' % i)
input()
say('? ')
input()`;
    const { node, session } = await open({ command: program(source), pty: { ready: '%? $' } });
    const turn = node.prompt(session, 'go');
    await expect.poll(() => node.textOf(session), { timeout: 10_000 }).toBe('thinking... ');
    node.cancel(session);
    expect((await turn).result).toEqual({ stopReason: 'cancelled' });
  });

  it('has prompts of several lines', async () => {
    const source = `n = 0
while True:
  say('[%d]\\nnext? ' % n)
  line = input()
  n += 1
  say('you said\\n' + line + '\\n')`;
    const { ask } = await open({ command: program(source), pty: { ready: '%[%d+%]\nnext%? ' } });
    expect(await ask('one')).toBe('you said\none\n');
    expect(await ask('[7]')).toBe('you said\n[7]\n');
  });

  it('gets a text of several lines as one paste when it asks for pastes', async () => {
    const source = `import tty
tty.setraw(0)
say('\\x1b[?2004h> ')
heard = ''
while True:
  heard += sys.stdin.buffer.raw.read(1000).decode()
  if heard.endswith('\\r'):
    say(repr(heard) + '\\r\\n> ')
    heard = ''`;
    const { ask } = await open({ command: program(source), pty: { ready: '> ', echo: false } });
    expect(await ask('one\ntwo')).toBe("'\\x1b[200~one\\ntwo\\x1b[201~\\r'\n");
  });

  it('is not cancelled in its next prompt when the cancel comes as an answer is there already', async () => {
    // It shows what was typed together with its answer, so that a cancel waits for that until the turn is over.
    const { node, session, ask } = await open({
      command: ['python3', COUNTS_INTERRUPTS],
      pty: { ready: '>>> ' },
    });
    for (let i = 0; i < 4; i++) {
      const quick = node.prompt(session, 'quick');
      node.cancel(session);
      expect((await quick).result).toEqual({ stopReason: 'cancelled' });
      expect(await ask('slow')).toContain('0 hits');
    }
  });

  it('keeps answers and prompts together when a cancel comes with an answer', async () => {
    const { node, session, ask } = await open({
      command: ['python3', COUNTS_INTERRUPTS],
      pty: { ready: '>>> ' },
    });
    const late = node.prompt(session, 'late');
    node.cancel(session);
    expect((await late).result).toEqual({ stopReason: 'cancelled' });
    expect(await ask('quick')).toBe('0 hits\n');
  });

  it.each([
    ['Python', PYTHON, (n: number) => `print(${n})`],
    ['a shell', SHELL, (n: number) => `echo ${n}`],
    ['Node.js', NODE_JS, (n: number) => `${n}`],
  ])(
    'keeps answers and prompts together when a cancel comes with an answer of %s',
    async (_what, agent, say) => {
      const { node, session, ask } = await open(agent);
      for (let n = 1; n < 7; n++) {
        const quick = node.prompt(session, say(n));
        node.cancel(session);
        expect((await quick).result).toEqual({ stopReason: 'cancelled' });
        expect(await ask(say(100 + n))).toBe(`${100 + n}\n`);
      }
    },
  );

  it('ends its session when it ends, with its exit code and its last words', async () => {
    const { node, session } = await open(PYTHON);
    const { error } = await node.prompt(session, 'import os; print("farewell"); os._exit(3)');
    expect(error).toMatchObject({ message: expect.stringMatching(/3[\s\S]*farewell/) });
    expect(lua.runningPids()).toEqual([]);
  });

  it('goes on when its script is made anew in its turn', async () => {
    const { node, session } = await open(PYTHON);
    const endless = await lua.compile(
      'endless',
      'return { open = function() end, prompt = function() while true do end end }',
    );
    const other = new TestServer([endless]);
    const turn = node.prompt(
      session,
      'import time; print("begun"); time.sleep(3); print("done")\nprint("more")',
    );
    await expect.poll(() => node.textOf(session), { timeout: 10_000 }).toBe('begun\n');
    await other.prompt(await other.open('endless'), 'go');
    await other.stop();
    expect((await turn).result).toEqual({ stopReason: 'end_turn' });
    expect(node.textOf(session)).toBe('begun\ndone\nmore\n');
  });
});

describe('what a program of node.json says', () => {
  it.each([
    ['plain text', undefined, 'plain'],
    ['markdown when its owner says so', 'markdown', 'markdown'],
  ])('is %s', async (_what, text, told) => {
    const { node } = await connect({ ...SHELL, pty: { ...SHELL.pty, text } });
    const { result } = await node.newSession('program');
    expect(result).toMatchObject({ _meta: { praxis: { agentInfo: { _meta: { praxis: { text: told } } } } } });
  });
});

describe('what is wrong with a program of node.json is said', () => {
  it.each([
    [
      'that is not there',
      { command: ['no-such-program'], pty: { ready: '>' } },
      'no-such-program is not there',
    ],
    [
      'whose pattern is none',
      { command: ['sh'], pty: { ready: '[>' } },
      'agents.program.pty.ready in node.json is no pattern',
    ],
    [
      'whose pattern matches nothing',
      { command: ['sh'], pty: { ready: '>', end: 'x*' } },
      'pty.end in node.json matches an empty text',
    ],
  ])('of one %s', async (_what, agent, hint) => {
    const { connector } = await connect(agent);
    expect(await connector.info()).toMatchObject({
      status: 'needs_setup',
      hint: expect.stringContaining(hint),
    });
  });

  it('of one that ends before its prompt, with what it showed', async () => {
    const { node } = await connect({
      command: ['sh', '-c', 'echo no licence; exit 2'],
      pty: { ready: '> ' },
    });
    const { error } = await node.newSession('program');
    expect(error?.message).toMatch(/did not show its prompt[\s\S]*ended[\s\S]*no licence/);
  });

  it('of one with a field that there is not', () => {
    const config = { agents: { a: { command: ['sh'], pty: { ready: '> ', finish: 'x' } } } };
    expect(() => NodeConfig.parse(config)).toThrow('finish');
    expect(() => NodeConfig.parse({ agents: { a: { command: ['sh'], pty: {} } } })).toThrow('ready');
  });
});
