/** `praxis acp` as an editor sees it: bytes in, bytes out, whatever happens behind. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcpPeer, type Seen } from '../support/acp-peer.js';
import { overBothBrokers } from '../support/brokers.js';
import { PRAXIS, type System } from '../support/system.js';
import { text } from '../support/watch.js';
import { permissionQuestion, scriptedAgent, steps } from './agents/scripted.js';

overBothBrokers('praxis acp', (start) => {
  let system: System;
  const peers: AcpPeer[] = [];
  beforeAll(async () => {
    system = await start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) {
      expect(await peer.close()).toBe(0);
      // What a test says wrongly on purpose is no problem, nor are the answers to lines that it wrote as bytes.
      const problems = peer.check.problems.filter((problem) => problem.startsWith('agent:'));
      expect(problems.filter((problem) => !problem.includes('which is not open'))).toEqual([]);
    }
  });
  afterAll(() => system.stop());

  const open = (args: string[] = ['--connector', 'demo'], options = {}) => {
    const peer = system.acp(args, options);
    peers.push(peer);
    return peer;
  };
  const ready = async (args?: string[], options = {}) => {
    const peer = open(args, options);
    await peer.initialize();
    return peer;
  };

  describe('frames', () => {
    it('refuses everything before initialize, and answers protocol version 1 to any', async () => {
      const peer = open();
      expect(await peer.request('session/list', {}, 'early')).toMatchObject({ error: { code: -32600 } });
      expect(await peer.request('initialize', { protocolVersion: 65_535 }, 0)).toMatchObject({
        id: 0,
        result: { protocolVersion: 1, agentCapabilities: { loadSession: true } },
      });
    });

    it('answers what was asked when the other end closes at once', async () => {
      const input = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}\n';
      const { stdout, code } = await system.run(['acp', '--connector', 'demo'], { stdin: input });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { protocolVersion: 1 } });
    });

    it('says what is wrong with bad params of initialize and takes better ones', async () => {
      const peer = open();
      peer.sendLine('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
      expect(await peer.answerTo(1)).toMatchObject({ error: { code: -32602 } });
      expect(await peer.request('initialize', { protocolVersion: 1 }, 2)).toMatchObject({
        result: { protocolVersion: 1 },
      });
    });

    it.each([
      ['a string', '"e5a1-ü"'],
      ['zero', '0'],
      ['a number beyond 2^53', '9007199254740993123'],
      ['a negative number', '-7'],
      ['a number as a string', '"0"'],
    ])('gives the id back exactly when it is %s', async (_what, id) => {
      const peer = await ready();
      peer.sendLine(`{"id": ${id} ,"method":"session/list","params":{},"jsonrpc":"2.0"}`);
      await peer.until(() => peer.lines.find((line) => line.includes(`"id":${id}`)), 'the answer');
    });

    it('answers a line that is no JSON, a batch and an unknown method, and goes on', async () => {
      const peer = await ready();
      const seen = peer.frames.length;
      peer.sendLine('{ nonsense');
      peer.sendLine('[{"jsonrpc":"2.0","id":5,"method":"session/list"},{"jsonrpc":"2.0","id":6}]');
      peer.sendLine('');
      peer.sendLine('{"jsonrpc":"2.0","method":"$/unknown","params":{}}');
      peer.sendLine('{"jsonrpc":"2.0","method":"no/such","params":{}}');
      expect(await peer.request('no/such', {}, 'u')).toMatchObject({ error: { code: -32601 } });
      expect(await peer.request('session/list', {}, 'l')).toMatchObject({ result: { sessions: [] } });
      expect(peer.frames.slice(seen).filter(({ id }) => id === null)).toMatchObject([
        { error: { code: -32700 } },
        { error: { code: -32600 } },
      ]);
    });

    it('refuses a frame above the limit and reads the next one', async () => {
      const peer = await ready();
      peer.sendLine(`{"jsonrpc":"2.0","id":9,"method":"x","params":{"t":"${'x'.repeat(33 * 1024 * 1024)}"}}`);
      expect(await peer.request('session/list', {}, 'next')).toMatchObject({ result: {} });
      expect(peer.frames.find(({ id }) => id === null)).toMatchObject({ error: { code: 1007 } });
    });

    it('refuses the id of a request that is still under way', async () => {
      const peer = await ready();
      const sessionId = await peer.newSession(system.work);
      const prompt = peer.request(
        'session/prompt',
        { sessionId, prompt: [{ type: 'text', text: '/stream 100000 8 5' }] },
        77,
      );
      await peer.until(() => (peer.text() === '' ? undefined : true), 'the stream');
      peer.sendLine('{"jsonrpc":"2.0","id":77,"method":"session/list","params":{}}');
      expect(await prompt).toMatchObject({ error: { code: -32600 } });
      peer.notify('session/cancel', { sessionId });
      await peer.until(() => peer.frames.find(({ result }) => result?.stopReason === 'cancelled'), 'the end');
    });

    it('answers a session id that is none', async () => {
      const peer = await ready();
      expect(await peer.prompt('../nope', 'hi')).toMatchObject({ error: { code: -32002 } });
    });
  });

  describe('a turn', () => {
    it('streams every update before the answer and shows no frame of ours', async () => {
      const peer = await ready();
      const sessionId = await peer.newSession(system.work);
      const answer = await peer.prompt(sessionId, '/stream 300 8 0 && /say end');
      expect(answer.result).toEqual({ stopReason: 'end_turn' });
      expect(peer.frames.at(-1)).toEqual(answer);
      expect(peer.text()).toContain('end');
      expect(peer.lines.filter((line) => line.includes('_praxis/'))).toEqual([]);
    });

    it('brings a permission question to the editor under an id of its own, and the answer back', async () => {
      const asked: Seen[] = [];
      const peer = await ready(['--connector', 'scripted'], {
        answer: (request: Seen) => {
          asked.push(request);
          return { result: { outcome: { outcome: 'selected', optionId: 'yes' } } };
        },
      });
      const sessionId = await peer.newSession(system.work);
      await peer.prompt(sessionId, steps({ ask: permissionQuestion('agent-own') }));
      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatchObject({ method: 'session/request_permission', params: { sessionId } });
      expect(asked[0]!.id).not.toBe('agent-own');
      expect(peer.text()).toContain('"optionId":"yes"');
    });

    it('takes a question back that somebody else has answered', async () => {
      const peer = await ready(['--connector', 'scripted']);
      const sessionId = await peer.newSession(system.work);
      const prompt = peer.prompt(sessionId, steps({ ask: permissionQuestion(1) }));
      const question = await peer.until(
        () => peer.frames.find(({ method }) => method === 'session/request_permission'),
        'the question',
      );
      const other = await system.client();
      await other.attach(sessionId, 0, ({ frame }) => {
        if (frame.kind === 'request')
          other.answer(sessionId, String(frame.id), { result: { outcome: { outcome: 'cancelled' } } });
      });
      await prompt;
      expect(peer.frames.find(({ method }) => method === '$/cancel_request')).toMatchObject({
        params: { requestId: question.id },
      });
    });

    it('is cancelled with session/cancel, and with $/cancel_request while it waits in the queue', async () => {
      const peer = await ready();
      const sessionId = await peer.newSession(system.work);
      const first = peer.request(
        'session/prompt',
        { sessionId, prompt: [{ type: 'text', text: '/stream 100000 8 5' }] },
        'first',
      );
      await peer.until(() => (peer.text() === '' ? undefined : true), 'the stream');
      const second = peer.request(
        'session/prompt',
        { sessionId, prompt: [{ type: 'text', text: '/say never' }] },
        'second',
      );
      peer.notify('$/cancel_request', { requestId: 'second' });
      const ended = await second;
      expect(ended).toMatchObject({ error: { code: -32800 } });
      peer.notify('session/cancel', { sessionId });
      expect(await first).toMatchObject({ result: { stopReason: 'cancelled' } });
      expect(peer.text()).not.toContain('never');
    });
  });

  describe('sessions', () => {
    it('outlive the editor: another one loads the transcript before the answer, then goes on', async () => {
      const one = await ready();
      const sessionId = await one.newSession(system.work);
      await one.prompt(sessionId, '/say before');
      expect(await one.close()).toBe(0);
      const two = await ready();
      const loaded = await two.request('session/load', { sessionId, cwd: system.work, mcpServers: [] });
      expect(loaded.error).toBeUndefined();
      expect(two.text()).toBe('before');
      await two.prompt(sessionId, '/say after');
      expect(two.text()).toBe('beforeafter');
      expect(await two.request('session/close', { sessionId })).toMatchObject({ result: {} });
      expect(await two.prompt(sessionId, 'hi')).toMatchObject({ error: { code: -32002 } });
    });

    it('ask a question of the history again only while it is open', async () => {
      const one = await ready(['--connector', 'scripted']);
      const sessionId = await one.newSession(system.work);
      const client = await system.client();
      await client.attach(sessionId, 0, () => undefined);
      const prompting = one.prompt(sessionId, steps({ ask: permissionQuestion(1) }));
      prompting.catch(() => undefined);
      await one.until(
        () => one.frames.find(({ method }) => method === 'session/request_permission'),
        'the question',
      );
      const two = await ready(['--connector', 'scripted'], {
        answer: () => ({ result: { outcome: { outcome: 'selected', optionId: 'yes' } } }),
      });
      await two.request('session/resume', { sessionId, cwd: system.work, mcpServers: [] });
      expect(await prompting).toMatchObject({ result: { stopReason: 'end_turn' } });
      const three = await ready(['--connector', 'scripted']);
      await three.request('session/load', { sessionId, cwd: system.work, mcpServers: [] });
      await three.prompt(sessionId, steps({ say: 1 }));
      expect(three.frames.some(({ method }) => method === 'session/request_permission')).toBe(false);
    });

    it('choose their agent by --connector, and say so when there is none of that name', async () => {
      const peer = await ready(['--connector', 'nope']);
      expect(await peer.request('session/new', { cwd: system.work, mcpServers: [] })).toMatchObject({
        error: { code: -32602 },
      });
    });

    it('lose and double nothing when the service is killed in the middle of a turn', async () => {
      const peer = await ready(['--connector', 'scripted']);
      const sessionId = await peer.newSession(system.work);
      const go = `${system.root}/go-${Math.random()}`;
      const prompt = peer.request(
        'session/prompt',
        { sessionId, prompt: text(steps({ until: go })) },
        'long',
      );
      await peer.until(() => (peer.text().length > 50 ? true : undefined), 'the stream');
      await system.service.kill();
      const before = peer.text().length;
      system.service.start();
      await peer.until(() => (peer.text().length > before + 50 ? true : undefined), 'more of the stream');
      (await import('node:fs')).writeFileSync(go, '');
      expect(await prompt).toMatchObject({ result: { stopReason: 'end_turn' } });
      const numbers = peer.text().trim().split(/\s+/).map(Number);
      expect(numbers).toEqual(numbers.map((_, i) => i));
    });
  });
});

describe('praxis acp without a system', () => {
  it('answers initialize with an error that says what to do, and ends with its input', async () => {
    const peer = new AcpPeer([process.execPath, PRAXIS, 'acp'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', PRAXIS_HOME: '/nonexistent' },
    });
    const answer = await peer.initialize();
    expect(answer.error).toMatchObject({ code: 1014, message: expect.stringContaining('praxis up') });
    expect(await peer.close()).toBe(0);
  });
});
