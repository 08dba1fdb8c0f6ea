/** Agents that misbehave: the one who asked gets a clear error, nothing is left running, every other session goes on. */
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../node-agent/connector.js';
import {
  CANCEL_GRACE_MS,
  ErrorCode,
  INTERRUPT_GRACE_MS,
  newId,
  type Request,
  resultLine,
} from '../../proto/index.js';
import { HurriedClock, ManualClock } from '../support/manual-clock.js';
import { DEMO, fixedConnector, scriptConnector, TestServer } from '../support/node-server.js';
import { isRunning } from '../support/processes.js';
import { waitUntil } from '../support/wait.js';

let test: TestServer;
afterEach(() => test.stop());

const demo = fixedConnector('demo', DEMO);
const recorded = () => readdirSync(join(test.dir, 'agents'));
const pidSaid = (sessionId: string) => Number(/process (\d+)/.exec(test.textOf(sessionId))?.[1]);

describe('an agent that does not start', () => {
  it('because it is not installed, is named with what to do', async () => {
    test = new TestServer([fixedConnector('gone', ['no-such-program-here'])]);
    const { error } = await test.newSession('gone');
    expect(error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: expect.stringMatching(/no-such-program-here is not installed/),
      data: { hint: expect.stringMatching(/node\.json/) },
    });
    expect(test.server.list()).toEqual([]);
  });

  it('because its directory has vanished meanwhile, says so and does not blame the program', async () => {
    const slow: Connector = {
      ...demo,
      open: async ({ cwd }) => {
        rmSync(cwd, { recursive: true });
        return { command: DEMO, env: {} };
      },
    };
    test = new TestServer([slow]);
    const { error } = await test.newSession('demo');
    expect(error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: `The agent could not be started: the directory ${test.cwd} does not exist`,
      data: { hint: expect.stringMatching(/another directory/) },
    });
  });

  it('because it may not be executed, says so', async () => {
    test = new TestServer([fixedConnector('plain', ['./plain'])]);
    writeFileSync(join(test.cwd, 'plain'), 'text');
    chmodSync(join(test.cwd, 'plain'), 0o644);
    expect((await test.newSession('plain')).error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: expect.stringMatching(/may not be executed/),
    });
  });

  it('and ends at once, is told with its exit code and last words', async () => {
    test = new TestServer([scriptConnector('short', 'console.error("no licence"); process.exit(3)')]);
    expect((await test.newSession('short')).error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: 'The agent ended with exit code 3: no licence',
      data: { stderr: 'no licence' },
    });
    expect(recorded()).toEqual([]);
  });

  it('and ends with a stack trace, is told with the sentence that matters', async () => {
    test = new TestServer([scriptConnector('torn', 'import("./nowhere.mjs")')]);
    expect((await test.newSession('torn')).error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: expect.stringMatching(/exit code 1: Error.*Cannot find module/),
    });
  });

  it('but hangs, is ended after the time limit', async () => {
    test = new TestServer([scriptConnector('mute', 'setInterval(() => {}, 1000)')], {
      clock: new HurriedClock(300),
    });
    expect((await test.newSession('mute')).error).toMatchObject({
      code: ErrorCode.AgentStartFailed,
      message: expect.stringMatching(/did not answer within 30 s/),
    });
    expect(recorded()).toEqual([]);
  });

  it('as it speaks another protocol version, is refused', async () => {
    const script = `process.stdin.on('data', () => console.log('{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":9}}'))`;
    test = new TestServer([scriptConnector('future', script)]);
    expect((await test.newSession('future')).error?.message).toBe('The agent speaks ACP 9, Praxis speaks 1');
  });

  it('as it wants a login, passes the agent’s own error untouched', async () => {
    const script = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      console.log(JSON.stringify(method === 'initialize'
        ? { jsonrpc: '2.0', id, result: { protocolVersion: 1 } }
        : { jsonrpc: '2.0', id, error: { code: -32000, message: 'Log in', data: { url: 'x' } } }));
    })`;
    test = new TestServer([scriptConnector('auth', script)]);
    expect((await test.newSession('auth')).error).toEqual({
      code: -32000,
      message: 'Log in',
      data: { url: 'x' },
    });
  });
});

describe('a request that cannot be met', () => {
  it.each([
    ['a relative directory', 'src', ErrorCode.InvalidParams, /absolute path/],
    ['a missing directory', '/no/such/place', ErrorCode.InvalidParams, /does not exist/],
    ['a file as directory', '/etc/hostname', ErrorCode.InvalidParams, /is not a directory/],
    ['a forbidden directory', '/', ErrorCode.Forbidden, /does not allow sessions in/],
  ])('%s is refused', async (_name, cwd, code, message) => {
    test = new TestServer([demo], { roots: ['/tmp', '/no/such/root'] });
    expect((await test.newSession('demo', {}, { cwd })).error).toMatchObject({ code, message });
  });

  it.each([
    ['relative', ['/tmp', 'src'], ErrorCode.InvalidParams],
    ['forbidden', ['/tmp', '/etc'], ErrorCode.Forbidden],
    ['no list', '/tmp', ErrorCode.InvalidParams],
  ])(
    'further directories are refused as the first one is: %s',
    async (_name, additionalDirectories, code) => {
      test = new TestServer([demo], { roots: ['/tmp'] });
      expect((await test.newSession('demo', {}, { additionalDirectories })).error).toMatchObject({ code });
      await test.open('demo', {}, { additionalDirectories: ['/tmp'] });
    },
  );

  it('MCP servers of a client, which are programs, are refused where the owner forbids them', async () => {
    const mcpServers = [{ name: 'any', command: '/bin/sh', args: ['-c', 'true'], env: [] }];
    test = new TestServer([demo], { mcpServers: 'deny' });
    expect((await test.newSession('demo', {}, { mcpServers })).error).toMatchObject({
      code: ErrorCode.Forbidden,
      message: expect.stringMatching(/MCP servers/),
    });
    await test.open('demo');
  });

  it.each([
    ['mcpServers', { mcpServers: 'deny' }, { mcpServers: { any: { command: '/bin/sh' } } }],
    ['env, hooks', { mcpServers: 'deny' }, { env: { A: 'b' }, hooks: {}, model: 'opus' }],
    ['additionalDirectories', { roots: ['/tmp'] }, { additionalDirectories: ['/etc'] }],
    ['allowedTools', { yolo: 'deny' }, { allowedTools: ['Bash'] }],
  ] as const)(
    'options of the agent itself that pass by the owner are refused: %s',
    async (names, limits, options) => {
      test = new TestServer([demo], limits);
      const answer = await test.newSession('demo', {}, {}, { claudeCode: { options } });
      expect(answer.error).toMatchObject({
        code: ErrorCode.Forbidden,
        message: expect.stringContaining(`_meta.claudeCode.options may not set ${names}: `),
      });
      expect(answer.error?.message).toContain(`(node.json: ${Object.keys(limits)[0]})`);
      expect(
        await test.newSession('demo', {}, {}, { claudeCode: { options: { model: 'opus' } }, other: 1 }),
      ).toHaveProperty('result');
    },
  );

  it('options of the agent itself are its own where the owner sets no limit', async () => {
    test = new TestServer([demo]);
    const meta = { claudeCode: { options: { mcpServers: {}, env: {} } }, additionalRoots: ['/etc', '/no'] };
    expect(await test.newSession('demo', {}, {}, meta)).toHaveProperty('result');
  });

  it('further directories by the name that ACP had before are refused like the others', async () => {
    test = new TestServer([demo], { roots: ['/tmp'] });
    for (const [additionalRoots, code] of [
      [['/tmp', '/etc'], ErrorCode.Forbidden],
      ['/etc', ErrorCode.InvalidParams],
    ] as const)
      expect((await test.newSession('demo', {}, {}, { additionalRoots })).error).toMatchObject({ code });
    expect(await test.newSession('demo', {}, {}, { additionalRoots: ['/tmp'] })).toHaveProperty('result');
  });

  it('YOLO is refused where the owner forbids it', async () => {
    test = new TestServer([demo], { yolo: 'deny' });
    expect((await test.newSession('demo', { yolo: true })).error).toMatchObject({
      code: ErrorCode.Forbidden,
      message: expect.stringMatching(/YOLO/),
    });
  });

  it('an unknown connector is refused with the known ones', async () => {
    test = new TestServer([demo]);
    expect((await test.newSession('other')).error).toMatchObject({
      code: -32602,
      data: { connectors: ['demo'] },
    });
  });

  it('a block that the agent does not take, a missing prompt and an unknown method are refused', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    const prompt = [{ type: 'image', data: '', mimeType: 'image/png' }];
    expect((await test.ask('session/prompt', { sessionId, prompt })).error).toMatchObject({
      code: -32602,
      message: expect.stringMatching(/image/),
    });
    expect((await test.ask('session/prompt', { sessionId })).error?.code).toBe(-32602);
    expect((await test.ask('session/unheard_of', { sessionId })).error?.code).toBe(-32601);
    expect((await test.ask('session/fork', { sessionId })).error?.code).toBe(-32601);
    expect((await test.ask('session/prompt', { sessionId: newId(), prompt: [] })).error?.code).toBe(-32002);
  });

  it('a frame that is none is dropped with a warning', async () => {
    test = new TestServer([demo]);
    for (const line of ['nonsense', '[]', '{"jsonrpc":"2.0"}']) test.give(line);
    expect(test.warnings).toHaveLength(3);
    expect((await test.ask('session/list', {})).result).toEqual({ sessions: [] });
  });
});

describe('an agent in the middle of a turn', () => {
  it('that dies, answers with AgentLost and then tells its exit', async () => {
    test = new TestServer([demo]);
    const [sessionId, other] = [await test.open('demo'), await test.open('demo')];
    const { error } = await test.prompt(sessionId, '/say almost done && /exit 7');
    expect(error).toMatchObject({
      code: ErrorCode.AgentLost,
      data: { exitCode: 7, stderr: expect.stringMatching(/exit 7, as you asked/) },
    });
    const exited = await test.waitFor('_praxis/agent/exited');
    expect(exited.params).toMatchObject({ sessionId, code: 7, signal: null });
    expect(test.textOf(sessionId)).toBe('almost done');
    expect(test.framesOf(sessionId).at(-1)!.frame).toBe(exited);
    expect((await test.prompt(sessionId, 'hello')).error?.code).toBe(-32002);
    expect((await test.prompt(other, '/say fine')).result).toEqual({ stopReason: 'end_turn' });
  });

  it('that is killed, is told with its signal', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    expect((await test.prompt(sessionId, '/crash')).error).toMatchObject({
      data: { exitCode: null, signal: 'SIGKILL' },
    });
  });

  it('that prints rubbish, goes on, and the rubbish is told once a kind', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    expect((await test.prompt(sessionId, '/rubbish\n/rubbish\n/say still here')).result).toEqual({
      stopReason: 'end_turn',
    });
    const notices = test.sent.filter(
      ({ frame }) => 'method' in frame && frame.method === '_praxis/agent/notice',
    );
    expect(notices.map(({ frame }) => 'params' in frame && frame.params.text)).toEqual([
      'The agent wrote a line that is not JSON; such lines are dropped',
      'The agent wrote a line that is no ACP frame; such lines are dropped',
    ]);
    expect(test.textOf(sessionId)).toBe('still here');
  });

  it('that floods a line beyond the limit, loses that line only', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    expect((await test.prompt(sessionId, '/flood 40\n/say after')).result).toEqual({
      stopReason: 'end_turn',
    });
    expect((await test.waitFor('_praxis/agent/notice')).params.text).toMatch(/too large/);
    expect(test.textOf(sessionId)).toBe('after');
  });

  it('that says what no specification knows, is passed on as it is', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    await test.prompt(sessionId, '/unknown-update\n/meta');
    expect(test.updatesOf(sessionId, '_demo_future_kind')[0]).toMatchObject({ list: [1, [2]] });
    const meta = test.framesOf(sessionId).find(({ frame }) => 'params' in frame && frame.params._meta);
    expect(meta?.frame.line).toContain(
      '"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"',
    );
  });

  it('that ignores a cancel, is interrupted, and its prompt is answered cancelled', async () => {
    const clock = new HurriedClock();
    test = new TestServer([demo], { clock });
    const sessionId = await test.open('demo');
    const prompt = test.prompt(sessionId, '/ignore-cancel && /say before && /hang');
    await waitUntil(() => test.textOf(sessionId) === 'before');
    clock.longestMs = 100;
    test.cancel(sessionId);
    expect((await prompt).result).toEqual({ stopReason: 'cancelled' });
    expect((await test.waitFor('_praxis/agent/exited')).params.signal).toBe('SIGINT');
  });

  it('that ignores every signal it can, is killed', async () => {
    const clock = new HurriedClock();
    test = new TestServer([demo], { clock });
    const sessionId = await test.open('demo');
    const prompt = test.prompt(sessionId, '/ignore-cancel && /ignore-signals && /say deaf && /hang');
    await waitUntil(() => test.textOf(sessionId) === 'deaf');
    clock.longestMs = 100;
    test.cancel(sessionId);
    expect((await prompt).result).toEqual({ stopReason: 'cancelled' });
    expect((await test.waitFor('_praxis/agent/exited')).params.signal).toBe('SIGKILL');
  });
});

describe('a prompt that takes longer than its time limit is answered PromptTimedOut by an agent that', () => {
  it.each([
    ['heeds the cancel, and lives on', '', [], undefined],
    ['ends by the interrupt only', '/ignore-cancel && ', [CANCEL_GRACE_MS], 'SIGINT'],
    [
      'ends by the kill only',
      '/ignore-cancel && /ignore-signals && ',
      [CANCEL_GRACE_MS, INTERRUPT_GRACE_MS],
      'SIGKILL',
    ],
  ])('%s', async (_what, deafness, graces, signal) => {
    const clock = new ManualClock();
    test = new TestServer([demo], { clock });
    const sessionId = await test.open('demo', { promptTimeoutSecs: 5 });
    const prompt = test.prompt(sessionId, `${deafness}/say working && /hang`);
    await waitUntil(() => test.textOf(sessionId) === 'working');
    for (const ms of [5_000, ...graces]) clock.advance(ms);
    expect((await prompt).error).toMatchObject({
      code: ErrorCode.PromptTimedOut,
      message: expect.stringMatching(/longer than 5 s/),
    });
    if (signal) expect((await test.waitFor('_praxis/agent/exited')).params.signal).toBe(signal);
    else expect((await test.prompt(sessionId, '/say alive')).result).toEqual({ stopReason: 'end_turn' });
  });
});

describe('an agent that asks a person', () => {
  it('has all the time that the person takes, and then the rest of its own', async () => {
    const clock = new ManualClock();
    test = new TestServer([demo], { clock });
    const sessionId = await test.open('demo', { promptTimeoutSecs: 30 });
    const prompt = test.prompt(sessionId, '/ask Shall I? && /say answered && /hang');
    const question = await test.waitFor('session/request_permission');
    clock.advance(3_600_000);
    const { id } = question as Request;
    test.give(resultLine(id, { outcome: { outcome: 'selected', optionId: 'allow' } }), sessionId);
    await waitUntil(() => test.textOf(sessionId).includes('answered'));
    clock.advance(29_999);
    expect(test.sent.some(({ frame }) => frame.kind === 'response' && frame.error)).toBe(false);
    clock.advance(1);
    expect((await prompt).error).toMatchObject({ code: ErrorCode.PromptTimedOut });
  });
});

describe('processes', () => {
  it('that an agent started end with its session', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    await test.prompt(sessionId, '/fork');
    const grandchild = pidSaid(sessionId);
    expect(isRunning(grandchild)).toBe(true);
    await test.ask('session/close', { sessionId });
    expect(isRunning(grandchild)).toBe(false);
    expect(recorded()).toEqual([]);
  });

  it('that an agent leaves behind when it dies are ended too', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    await test.prompt(sessionId, '/fork');
    await test.prompt(sessionId, '/crash');
    expect(isRunning(pidSaid(sessionId))).toBe(false);
  });

  it('have none of our variables, and work in the session’s directory', async () => {
    process.env.PRAXIS_TEST_SECRET = 'secret';
    test = new TestServer([fixedConnector('demo', DEMO, { ADDED: 'yes' })]);
    const sessionId = await test.open('demo');
    delete process.env.PRAXIS_TEST_SECRET;
    await test.prompt(sessionId, '/env');
    expect(test.textOf(sessionId)).toContain(`cwd ${test.cwd}\n`);
    expect(test.textOf(sessionId)).toMatch(/\bADDED\b/);
    expect(test.textOf(sessionId)).not.toContain('PRAXIS_');
  });

  it('wait while too much is on its way to the service', async () => {
    test = new TestServer([demo]);
    const sessionId = await test.open('demo');
    test.full = true;
    const prompt = test.prompt(sessionId, '/stream 200000 100');
    let before = -1;
    await waitUntil(
      () => {
        const now = test.framesOf(sessionId).length;
        const still = now === before;
        before = now;
        return still;
      },
      10_000,
      100,
    );
    expect(before).toBeLessThan(20_000);
    test.makeRoom();
    await prompt;
    expect(test.updatesOf(sessionId, 'agent_message_chunk')).toHaveLength(200_000);
  });
});

it('a session/close during the start ends the agent, and both are answered', async () => {
  test = new TestServer([scriptConnector('mute', 'setInterval(() => {}, 1000)')]);
  const sessionId = newId();
  const opening = test.newSession('mute', { sessionId });
  await waitUntil(() => test.server.list().length === 1);
  const closed = await test.ask('session/close', { sessionId });
  expect(closed.result).toEqual({});
  expect((await opening).error?.code).toBe(ErrorCode.AgentStartFailed);
  expect(existsSync(join(test.dir, 'agents'))).toBe(true);
  expect(recorded()).toEqual([]);
});

describe('a session whose connector takes its time to say what to start', () => {
  /** Opens of the connector that wait, in their order; each goes on when it is called. */
  let waiting: (() => void)[];
  const slow = (): Connector => {
    waiting = [];
    return {
      ...demo,
      open: async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { command: DEMO, env: {} };
      },
    };
  };
  const resume = (sessionId: string, epoch: number) => {
    const _meta = { praxis: { connector: 'demo', sessionId, epoch, agentSessionId: null } };
    return test.ask('session/resume', { sessionId, cwd: test.cwd, mcpServers: [], _meta });
  };

  it.each([
    ['in their order', [0, 1]],
    ['the other way round', [1, 0]],
  ])('and is started again meanwhile has one process, that of the later start (%s)', async (_how, order) => {
    test = new TestServer([slow()]);
    const sessionId = newId();
    const first = test.newSession('demo', { sessionId });
    const second = resume(sessionId, 2);
    await waitUntil(() => waiting.length === 2);
    for (const index of order) waiting[index]!();
    expect((await first).error?.code).toBe(ErrorCode.AgentStartFailed);
    expect((await second).error).toBeUndefined();
    expect(test.server.list()).toEqual([{ sessionId, epoch: 2 }]);
    expect(recorded()).toHaveLength(1);
    expect((await test.prompt(sessionId, '/say here')).result).toEqual({ stopReason: 'end_turn' });
    await test.server.stop();
    expect(recorded()).toEqual([]);
  });

  it('and is closed meanwhile starts nothing', async () => {
    test = new TestServer([slow()]);
    const sessionId = newId();
    const opening = test.newSession('demo', { sessionId });
    await waitUntil(() => waiting.length === 1);
    expect((await test.ask('session/close', { sessionId })).result).toEqual({});
    waiting[0]!();
    expect((await opening).error?.code).toBe(ErrorCode.AgentStartFailed);
    expect(test.server.list()).toEqual([]);
    expect(recorded()).toEqual([]);
  });
});
