/** ACP v1 as a stock client checks it: the handshake and the frames themselves. */
import { describe, expect, it } from 'vitest';
import { ErrorCode, MAX_FRAME_BYTES } from '../../proto/index.js';
import { steps } from '../e2e/agents/scripted.js';
import { conformance } from './support.js';

conformance('the handshake', (test) => {
  describe('the handshake', () => {
    it('comes first: anything before it is an invalid request', async () => {
      const peer = await test.peer({ raw: true });
      const answer = await peer.request('session/new', { cwd: test.system.work, mcpServers: [] });
      expect(answer.error?.code).toBe(ErrorCode.InvalidRequest);
      expect((await peer.initialize()).result?.protocolVersion).toBe(1);
    });

    it.each([1, 2, 65_535, 0])('answers version 1 to version %i', async (protocolVersion) => {
      const peer = await test.peer({ raw: true });
      const { result } = await peer.request('initialize', { protocolVersion });
      expect(result?.protocolVersion).toBe(1);
      expect(peer.check.problems).toEqual([]);
    });

    it('advertises what the schema calls an object as an object', async () => {
      const peer = await test.peer({ raw: true });
      const { result } = await peer.request('initialize', { protocolVersion: 1 });
      const { sessionCapabilities, loadSession } = result!.agentCapabilities as Record<string, object>;
      expect(loadSession).toBe(true);
      expect(Object.values(sessionCapabilities!)).toEqual([{}, {}, {}, {}]);
    });

    it('bears unknown capabilities, unknown members and a strange envelope', async () => {
      const peer = await test.peer({ raw: true });
      peer.sendLine(
        '{"jsonrpc":"2.0","type":"JsonRpcRequest","id":1,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{"future":{"a":1},"_meta":{"terminal_output":true}},"extra":null,"_meta":{"x":1}}}',
      );
      expect((await peer.answerTo(1)).result?.protocolVersion).toBe(1);
    });

    it('answers a second initialize and keeps the sessions', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      await peer.initialize();
      expect((await peer.prompt(sessionId, steps({ say: 1 }))).result).toEqual({ stopReason: 'end_turn' });
    });

    it('refuses a version that is no number', async () => {
      const peer = await test.peer({ raw: true });
      peer.sendLine('{"jsonrpc":"2.0","id":"v","method":"initialize","params":{"protocolVersion":"one"}}');
      expect((await peer.answerTo('v')).error?.code).toBe(ErrorCode.InvalidParams);
    });
  });

  describe('a frame', () => {
    it.each(['text', '', 0, -1, 12, 9_007_199_254_740_991, '1'])(
      'with id %j is answered with it',
      async (id) => {
        const peer = await test.peer();
        const answer = await peer.request('session/list', {}, `before ${String(id)}`);
        expect(answer.result).toBeDefined();
        expect(await peer.request('session/list', {}, id)).toMatchObject({ id });
      },
    );

    it.each<[string, string, number]>([
      ['is no JSON', '{"jsonrpc":"2.0",', ErrorCode.ParseError],
      ['is a batch', '[{"jsonrpc":"2.0","id":1,"method":"session/list"}]', ErrorCode.InvalidRequest],
      ['is no object', '17', ErrorCode.InvalidRequest],
      ['has no version', '{"id":1,"method":"session/list"}', ErrorCode.InvalidRequest],
    ])('that %s is answered once with an error, and the connection goes on', async (_what, line, code) => {
      const peer = await test.peer();
      const before = peer.lines.length;
      peer.sendLine(line);
      expect((await peer.request('session/list', {}, 'next')).result).toBeDefined();
      const answers = peer.frames.slice(before).filter(({ id }) => id !== 'next');
      expect(answers.map(({ error }) => error?.code)).toEqual([code]);
    });

    it('larger than the limit is refused, and the connection goes on', async () => {
      const peer = await test.peer();
      peer.sendLine(
        `{"jsonrpc":"2.0","id":"big","method":"x","params":{"a":"${'x'.repeat(MAX_FRAME_BYTES)}"}}`,
      );
      expect((await peer.request('session/list', {}, 'next')).result).toBeDefined();
      const refusal = peer.frames.find(({ error }) => error?.code === ErrorCode.FrameTooLarge);
      expect(refusal?.error?.message).toContain(String(MAX_FRAME_BYTES));
    });

    it('of 10 MiB passes to the agent and back', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const data = 'é'.repeat(5 * 1024 * 1024);
      const answer = await peer.request('_vendor/echo', { sessionId, data });
      expect((answer.result!.heard as { data: string }).data === data).toBe(true);
    });

    it('may hold any text: separators, emoji, control characters', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const data = '\u2028\u2029\u0000😀\ud83d é\r\n\t"\\';
      const answer = await peer.request('_vendor/echo', { sessionId, data });
      expect((answer.result!.heard as { data: string }).data).toBe(data);
    });

    it('asks for an unknown method: an error; tells of an unknown thing: silence', async () => {
      const peer = await test.peer();
      const before = peer.lines.length;
      peer.sendLine('{"jsonrpc":"2.0","method":"unknown/thing","params":{}}');
      peer.sendLine('{"jsonrpc":"2.0","method":"$/unknown","params":{}}');
      peer.sendLine('{"jsonrpc":"2.0","id":"m","method":"unknown/thing","params":{}}');
      expect((await peer.answerTo('m')).error?.code).toBe(ErrorCode.MethodNotFound);
      peer.sendLine('{"jsonrpc":"2.0","id":"_x","method":"_x","params":{}}');
      expect((await peer.answerTo('_x')).error?.code).toBe(ErrorCode.MethodNotFound);
      expect(peer.lines.length - before).toBe(2);
    });

    it('that repeats an id in flight does not take the answer of the first', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const prompt = (text: string) => ({ sessionId, prompt: [{ type: 'text', text }] });
      const twin = (text: string) =>
        peer.sendLine(
          JSON.stringify({ jsonrpc: '2.0', id: 'twin', method: 'session/prompt', params: prompt(text) }),
        );
      twin(steps({ say: 1 }, { wait: true }));
      await peer.until(() => (peer.text() === '0 ' ? true : undefined), 'the first chunk');
      twin(steps({ say: 1 }));
      await peer.until(() => peer.frames.find(({ id, error }) => id === 'twin' && error), 'the refusal');
      peer.notify('session/cancel', { sessionId });
      const done = () => peer.frames.find(({ id, result }) => id === 'twin' && result);
      expect((await peer.until(done, 'the answer to the first')).result).toEqual({ stopReason: 'cancelled' });
    });
  });

  describe('the program', () => {
    it('ends with code 0 when its stdin ends, and writes nothing but frames on stdout', async () => {
      const peer = await test.peer();
      await peer.newSession(test.system.work);
      expect(await peer.close()).toBe(0);
      expect(peer.check.problems).toEqual([]);
    });
  });
});
