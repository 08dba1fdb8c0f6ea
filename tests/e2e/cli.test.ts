/** The commands as a person and a script use them: real processes, what they print, how they exit. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import { PRAXIS, runCommand, type System } from '../support/system.js';
import { TestTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait.js';

overBothBrokers('the command line', (start) => {
  let system: System;
  beforeAll(async () => {
    system = await start();
  });
  afterAll(() => system.stop());

  const jsonLines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  const inTerminal = (...args: string[]) =>
    new TestTerminal(process.execPath, [PRAXIS, ...args], {
      cwd: system.work,
      env: system.env as Record<string, string>,
      columns: 100,
    });

  describe('praxis run', () => {
    it('prints the reply alone on stdout, exits 0 and leaves no open session', async () => {
      const run = await system.run(['run', 'demo', '/think secret && /say hello']);
      expect(run).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' });
      await waitUntil(async () => {
        const list = await system.run(['session', 'list', '--json']);
        return JSON.parse(list.stdout).length === 0;
      });
    });

    it('reads the prompt from stdin', async () => {
      expect(await system.run(['run', 'demo', '-'], { stdin: '/say from stdin' })).toMatchObject({
        code: 0,
        stdout: 'from stdin\n',
      });
      expect(await system.run(['run', 'demo'], { stdin: '' })).toMatchObject({ code: 64 });
    });

    it('prints every frame as JSON and the stop reason last', async () => {
      const { code, stdout } = await system.run(['run', 'demo', '/say hello', '--json']);
      const lines = jsonLines(stdout);
      expect(code).toBe(0);
      expect(lines.slice(0, -1).every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
      expect(lines.at(-1)).toMatchObject({ stopReason: 'end_turn', sessionId: expect.any(String) });
      expect(lines.some(({ params }) => params.update?.content?.text === 'hello')).toBe(true);
    });

    it('prints a long turn completely into a pipe', async () => {
      const { code, stdout } = await system.run(['run', 'demo', '/stream 30000 8 0', '--json']);
      const chunks = jsonLines(stdout).filter(
        ({ params }) => params?.update?.sessionUpdate === 'agent_message_chunk',
      );
      expect(code).toBe(0);
      expect(chunks).toHaveLength(30_000);
    });

    it('ends its prompt and its session when whoever reads its output leaves', async () => {
      const pipe = `"$0" "$1" run demo "/say one && /stream 100000 8 5" | head -n 1`;
      const command = ['sh', '-c', pipe, process.execPath, PRAXIS];
      const { stdout, stderr } = await runCommand(command, { env: system.env, cwd: system.work });
      expect(stdout).toContain('one');
      expect(stderr).toBe('');
      await waitUntil(async () => {
        const list = await system.run(['session', 'list', '--json']);
        return JSON.parse(list.stdout).length === 0;
      }, 20_000);
    });

    it('rejects a question where nobody can be asked, and says how to have it allowed', async () => {
      const { code, stderr } = await system.run(['run', 'demo', '/write no.txt hello && /write no2.txt x']);
      expect(stderr.split('\n')).toEqual([
        'rejected, since nobody can be asked here (no terminal): Write no.txt (edit)',
        '  to allow it: --auto edit for this kind, --yolo for everything, or --deny-after 600 to have it wait for praxis approvals',
        'rejected, since nobody can be asked here (no terminal): Write no2.txt (edit)',
        '',
      ]);
      expect(code).toBe(0);
      expect(existsSync(join(system.work, 'no.txt'))).toBe(false);
      const { stdout } = await system.run(['run', 'demo', '/write no.txt hello', '--json']);
      expect(jsonLines(stdout).at(-1)).toMatchObject({
        stopReason: 'end_turn',
        rejected: [{ requestId: expect.any(String), title: 'Write no.txt', kind: 'edit' }],
      });
    });

    it('with --deny-after lets a question wait for an answer from elsewhere', async () => {
      const run = system.run(['run', 'demo', '/write later.txt hello', '--deny-after', '600']);
      let question = '';
      await waitUntil(async () => {
        [{ requestId: question } = { requestId: '' }] = JSON.parse(
          (await system.run(['approvals', 'list', '--json'])).stdout,
        );
        return question !== '';
      }, 20_000);
      expect(await system.run(['approvals', 'answer', question, 'allow'])).toMatchObject({
        code: 0,
        stdout: 'Allowed: Write later.txt\n',
      });
      const { code, stderr } = await run;
      expect(code).toBe(0);
      expect(stderr).toContain('waits for an answer: Write later.txt (edit)\n');
      expect(stderr).toContain(`praxis approvals answer ${question.slice(0, 8)} allow`);
      expect(stderr).not.toContain('rejected');
      expect(readFileSync(join(system.work, 'later.txt'), 'utf8')).toContain('hello');
    });

    it('takes --json after the command, and says so where it stands before', async () => {
      for (const args of [
        ['--json', 'nodes'],
        ['--status', 'nodes'],
      ])
        expect(await system.run(args)).toMatchObject({
          code: 64,
          [args[0] === '--json' ? 'stdout' : 'stderr']: expect.stringContaining(
            'after the command: praxis nodes',
          ),
        });
      expect(await system.run(['--json'])).toMatchObject({ code: 64 });
      expect((await system.run(['--status', '--json'])).stdout).toMatch(/^\{"running"/);
    });

    it('says nothing of a rejection where the policy allows it', async () => {
      const { code, stderr } = await system.run(['run', 'demo', '/write edited.txt hello', '--auto', 'edit']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(readFileSync(join(system.work, 'edited.txt'), 'utf8')).toContain('hello');
    });

    it('allows everything with --yolo and shows the tool calls with --verbose', async () => {
      const { code, stderr } = await system.run([
        'run',
        'demo',
        '/write yes.txt hello',
        '--yolo',
        '--verbose',
      ]);
      expect(code).toBe(0);
      expect(stderr).toContain('✓ Write yes.txt');
      expect(readFileSync(join(system.work, 'yes.txt'), 'utf8')).toContain('hello');
    });

    it('asks on a terminal and does what was answered', async () => {
      const terminal = inTerminal('run', 'demo', '/write asked.txt hello && /say done');
      await waitUntil(() => /1-\d [a-z ]+:/i.test(terminal.text()), 20_000);
      terminal.type('a\r');
      await waitUntil(() => terminal.exit !== null, 20_000);
      expect(terminal.exit).toMatchObject({ code: 0 });
      expect(terminal.text()).toContain('done');
      expect(readFileSync(join(system.work, 'asked.txt'), 'utf8')).toContain('hello');
    });

    it('cancels on Ctrl+C, keeps what was said, and exits 130', async () => {
      const terminal = inTerminal('run', 'demo', '/say before && /stream 10000 8 5');
      await waitUntil(() => terminal.text().includes('before'), 20_000);
      terminal.type('\x03');
      await waitUntil(() => terminal.exit !== null, 20_000);
      expect(terminal.exit).toMatchObject({ code: 130 });
      expect(terminal.raw).toContain('cancelling');
    });

    it('cancels after --timeout and exits 124', async () => {
      const { code, stderr } = await system.run(['run', 'demo', '/stream 10000 8 5', '--timeout', '0.3']);
      expect(code).toBe(124);
      expect(stderr).toContain('0.3 s');
    });

    it('prints no terminal escape of the agent', async () => {
      const { stdout } = await system.run(['run', 'demo', '/say a\u001b]0;owned\u0007b\u001b[31mc']);
      expect(stdout).toBe('abc\n');
    });

    it.each([
      ['an agent that no node has', ['nope', 'hi'], 64, 'nope'],
      ['a node that is not there', ['demo', 'hi', '--node', 'away'], 64, 'away'],
      ['a directory that is not there', ['demo', 'hi', '--cwd', '/no/such/place'], 64, '/no/such/place'],
      ['a directory that is not allowed', ['demo', 'hi', '--cwd', '/'], 77, 'does not allow'],
      ['a transport that its agent has not', ['demo', 'hi', '--transport', 'pigeon'], 64, 'leave pigeon out'],
      [
        'a number that is too large',
        ['demo', 'hi', '--deny-after', '9999999'],
        64,
        'approvals.denyAfterSecs: Too big',
      ],
      ['a refusing agent', ['demo', '/refuse'], 5, ''],
      ['an agent that runs out of tokens', ['demo', '/max-tokens'], 3, ''],
    ])('exits with its own code for %s', async (_what, args, code, words) => {
      const run = await system.run(['run', ...args]);
      expect(run.code).toBe(code);
      expect(run.stderr).toContain(words);
    });

    it('leaves no trace of a start that failed in the list', async () => {
      const directories = async (...more: string[]) =>
        JSON.parse((await system.run(['session', 'list', '--json', ...more])).stdout).map(
          ({ cwd }: { cwd: string }) => cwd,
        );
      await system.run(['run', 'demo', '/say hi']);
      await system.run(['run', 'demo', 'hi', '--cwd', '/no/such/directory']);
      expect(await directories('--all')).not.toContain('/no/such/directory');
      expect(await directories('--all')).toContain(system.work);
    });

    it('says of an error of the agent that it is one', async () => {
      const { code, stderr } = await system.run(['run', 'demo', '/fail broken']);
      expect(stderr).toContain('The agent answered with an error: broken');
      expect(code).toBe(76);
    });

    it('says errors as JSON with --json', async () => {
      const { code, stdout } = await system.run(['run', 'nope', 'hi', '--json']);
      expect(code).toBe(64);
      expect(jsonLines(stdout).at(-1)).toMatchObject({ error: { code: -32602 }, exitCode: 64 });
    });
  });

  describe('praxis session', () => {
    it('starts, sends, shows, attaches and closes by a prefix of the id', async () => {
      const { stdout } = await system.run(['session', 'start', 'demo']);
      const id = stdout.trim();
      const prefix = id.slice(0, 8);
      expect(await system.run(['session', 'send', prefix, '/say one'])).toMatchObject({ stdout: 'one\n' });
      expect(await system.run(['session', 'send', prefix, '/say two'])).toMatchObject({ stdout: 'two\n' });
      const shown = JSON.parse((await system.run(['session', 'show', prefix, '--json'])).stdout);
      expect(shown).toMatchObject({ sessionId: id, state: 'idle', connector: 'demo' });
      const attached = await system.run(['session', 'attach', prefix]);
      expect(attached.stdout).toBe('> /say one\none\n> /say two\ntwo\n');
      expect(await system.run(['session', 'send', prefix, '/write sent.txt x'])).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(`to allow it: praxis session set ${prefix} --auto edit`),
      });
      expect(await system.run(['session', 'close', prefix])).toMatchObject({
        code: 0,
        stdout: `${prefix} is closed; its transcript stays: praxis session attach ${prefix}\n`,
      });
      expect(await system.run(['session', 'send', prefix, 'hi'])).toMatchObject({
        code: 66,
        stderr: expect.stringMatching(/has ended\n.*session attach.*session start demo\n/),
      });
      const all = JSON.parse((await system.run(['session', 'list', '--all', '--json'])).stdout);
      expect(all.find(({ sessionId }: { sessionId: string }) => sessionId === id)).toMatchObject({
        state: 'ended',
      });
    });

    it('cancels the prompt of another process', async () => {
      const id = (await system.run(['session', 'start', 'demo'])).stdout.trim();
      const sending = system.run(['session', 'send', id, '/stream 10000 8 5']);
      await waitUntil(async () => {
        const { stdout } = await system.run(['session', 'show', id, '--json']);
        return JSON.parse(stdout).state === 'working';
      }, 20_000);
      await system.run(['session', 'cancel', id]);
      expect(await sending).toMatchObject({ code: 130 });
      await system.run(['session', 'close', id]);
    });

    it('lists the matches of an ambiguous prefix', async () => {
      const ids: string[] = [];
      // Seventeen ids have two that begin with the same digit.
      const client = await system.client();
      for (let i = 0; i < 17; i++)
        ids.push(
          (await client.newSession({ connector: 'demo', cwd: system.work }, () => undefined)).sessionId,
        );
      const digit = [...'0123456789abcdef'].find((d) => ids.filter((id) => id.startsWith(d)).length > 1)!;
      const { code, stderr } = await system.run(['session', 'show', digit]);
      expect(code).toBe(64);
      for (const id of ids.filter((one) => one.startsWith(digit))) expect(stderr).toContain(id);
      await Promise.all(ids.map((id) => client.closeSession(id)));
    });

    it('says so when there is none of that id', async () => {
      expect(await system.run(['session', 'send', '', 'hi'])).toMatchObject({
        code: 64,
        stderr: 'praxis: A session id, or its beginning, is missing\n',
      });
      expect(await system.run(['session', 'show', 'ffffffff'])).toMatchObject({ code: 66 });
    });
  });

  it('lists the nodes and their agents, and the status', async () => {
    const nodes = await system.run(['nodes']);
    expect(nodes.stdout).toMatch(/here +live +\S+ +demo +ready/);
    const [node] = JSON.parse((await system.run(['nodes', '--json'])).stdout);
    expect(node).toMatchObject({ name: 'here', state: 'live' });
    for (const args of [['status'], ['--status']])
      expect(await system.run(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('answers') });
    const status = JSON.parse((await system.run(['status', '--json'])).stdout);
    expect(status).toMatchObject({ running: false, service: { nodes: [{ name: 'here' }] } });
  });
});

describe('the command line without a system', () => {
  it('explains a command by help as by --help', async () => {
    const env = { ...process.env, PRAXIS_HOME: '/nonexistent' };
    const run = (...args: string[]) => runCommand([process.execPath, PRAXIS, ...args], { env, cwd: '/' });
    const [help, option] = [await run('help', 'session', 'start'), await run('session', 'start', '--help')];
    expect(help).toEqual(option);
    expect(help.code).toBe(0);
    expect((await run('help', 'nothing')).code).toBe(64);
  });

  it('answers a wrong command with 64 and help with 0', async () => {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', PRAXIS_HOME: '/nonexistent' };
    const run = (...args: string[]) => runCommand([process.execPath, PRAXIS, ...args], { env, cwd: '/' });
    expect(await run('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('praxis run demo'),
    });
    expect(await run('nope')).toMatchObject({ code: 64 });
    // A prompt whose quotes were forgotten: not a word of it is dropped.
    expect(await run('run', 'demo', 'say', 'hello')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/too many arguments.*\n {2}Put a prompt of several words in quotes\n/),
    });
    expect(await run('run')).toMatchObject({ code: 64 });
    expect(await run('run', 'demo', 'hi')).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('praxis up'),
    });
    expect(await run('status')).toMatchObject({ code: 69 });
    expect(await run('down')).toMatchObject({ code: 0, stdout: 'Nothing was running.\n' });
  });
});
