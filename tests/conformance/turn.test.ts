/** ACP v1 as a stock client checks it: turns, cancel, permission questions, errors. */
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../proto/index.js';
import { permissionQuestion, steps } from '../e2e/agents/scripted.js';
import { conformance } from './support.js';

conformance('a turn', (test) => {
  const chunk = (peer: Awaited<ReturnType<typeof test.peer>>) =>
    peer.until(() => (peer.text().startsWith('0 ') ? true : undefined), 'the first chunk');
  const selected = (optionId: string) => ({ result: { outcome: { outcome: 'selected', optionId } } });

  describe('a turn', () => {
    it('of 10,000 chunks arrives in order, and its answer comes last', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const answer = await peer.prompt(sessionId, steps({ say: 10_000 }));
      expect(answer.result).toEqual({ stopReason: 'end_turn' });
      expect(peer.text()).toBe(Array.from({ length: 10_000 }, (_, i) => `${i} `).join(''));
      expect(peer.frames.at(-1)).toBe(answer);
    });

    it.each(['max_tokens', 'max_turn_requests', 'refusal'])('may end with %s', async (stopReason) => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      expect((await peer.prompt(sessionId, steps({ result: { stopReason } }))).result).toEqual({
        stopReason,
      });
    });

    it('that is cancelled keeps what was said, answers cancelled, and the session lives on', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const prompted = peer.prompt(sessionId, steps({ say: 1 }, { wait: true }));
      await chunk(peer);
      peer.notify('session/cancel', { sessionId });
      expect(await prompted).toMatchObject({ result: { stopReason: 'cancelled' } });
      expect(peer.text()).toBe('0 ');
      expect((await peer.prompt(sessionId, steps({ say: 1 }))).result).toEqual({ stopReason: 'end_turn' });
    });

    it('is not touched by a cancel that came before it', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      peer.notify('session/cancel', { sessionId });
      expect((await peer.prompt(sessionId, steps({ say: 1 }))).result).toEqual({ stopReason: 'end_turn' });
    });

    it('is answered once when both kinds of cancel race', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const params = { sessionId, prompt: [{ type: 'text', text: steps({ say: 1 }, { wait: true }) }] };
      const prompted = peer.request('session/prompt', params, 'race');
      await chunk(peer);
      peer.notify('$/cancel_request', { requestId: 'race' });
      peer.notify('session/cancel', { sessionId });
      const { result, error } = await prompted;
      expect(result?.stopReason === 'cancelled' || error?.code === ErrorCode.RequestCancelled).toBe(true);
      await peer.prompt(sessionId, steps({ say: 1 }));
      expect(peer.frames.filter(({ id, method }) => id === 'race' && method === undefined)).toHaveLength(1);
    });

    it('waits for the one before it', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const first = peer.prompt(sessionId, steps({ say: 1 }, { wait: true }));
      await chunk(peer);
      const second = peer.prompt(sessionId, steps({ say: 2 }));
      peer.notify('session/cancel', { sessionId });
      expect((await first).result).toEqual({ stopReason: 'cancelled' });
      const answer = await second;
      expect(answer.result?.stopReason).toBeDefined();
      expect(peer.frames.indexOf(answer)).toBeGreaterThan(peer.frames.indexOf(await first));
    });

    it('takes text and links, and refuses content of no known form', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const prompt = [
        { type: 'text', text: steps({ say: 1 }) },
        { type: 'resource_link', uri: 'file:///x', name: 'x' },
      ];
      expect((await peer.request('session/prompt', { sessionId, prompt })).result).toBeDefined();
      for (const [i, bad] of [[], 'text', [{ type: 'hologram' }], [{ type: 'text' }]].entries()) {
        const params = { sessionId, prompt: bad };
        peer.sendLine(JSON.stringify({ jsonrpc: '2.0', id: `bad ${i}`, method: 'session/prompt', params }));
        expect((await peer.answerTo(`bad ${i}`)).error?.code).toBe(ErrorCode.InvalidParams);
      }
    });
  });

  describe('a permission question', () => {
    it('comes with its options as the agent wrote them, and the choice goes back', async () => {
      const asked: unknown[] = [];
      const peer = await test.peer({
        answer: (request) => {
          asked.push(request.params?.options);
          return selected('no');
        },
      });
      const sessionId = await peer.newSession(test.system.work);
      await peer.prompt(sessionId, steps({ ask: permissionQuestion(0) }));
      expect(asked).toEqual([JSON.parse(permissionQuestion(0)).params.options]);
      expect(peer.text()).toContain('"optionId":"no"');
      expect(peer.check.problems).toEqual([]);
    });

    it('that is open when the turn is cancelled is answered as cancelled for the agent', async () => {
      const peer = await test.peer({ answer: () => undefined });
      const sessionId = await peer.newSession(test.system.work);
      const prompted = peer.prompt(sessionId, steps({ ask: permissionQuestion('q') }));
      await peer.until(
        () => peer.frames.find(({ method }) => method === 'session/request_permission'),
        'the question',
      );
      peer.notify('session/cancel', { sessionId });
      expect((await prompted).result).toEqual({ stopReason: 'cancelled' });
    });

    it('reaches only those who watch the session', async () => {
      const other = await test.peer();
      await other.newSession(test.system.work);
      const peer = await test.peer({ answer: () => selected('yes') });
      const sessionId = await peer.newSession(test.system.work);
      await peer.prompt(sessionId, steps({ ask: permissionQuestion(1) }));
      await other.request('session/list', {});
      expect(other.frames.filter(({ method }) => method === 'session/request_permission')).toEqual([]);
    });

    it('is shown again to a client that comes back, and the turn goes on with its answer', async () => {
      const gone = await test.peer({ answer: () => undefined });
      const sessionId = await gone.newSession(test.system.work);
      gone.send({
        id: 'p',
        method: 'session/prompt',
        params: {
          sessionId,
          prompt: [{ type: 'text', text: steps({ ask: permissionQuestion(1) }, { say: 1 }) }],
        },
      });
      await gone.until(
        () => gone.frames.find(({ method }) => method === 'session/request_permission'),
        'the question',
      );
      await gone.close();
      const peer = await test.peer({ answer: () => selected('yes') });
      await peer.request('session/load', { sessionId, cwd: test.system.work, mcpServers: [] });
      await peer.until(() => (peer.text().endsWith('0 ') ? true : undefined), 'the rest of the turn');
      expect(peer.text()).toContain('"optionId":"yes"');
    });
  });

  describe('an error', () => {
    it('of the agent keeps its code, message and data', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const fail = {
        code: -32000,
        message: 'Log in: **run** `agent login`',
        data: { url: 'x', n: [1, null] },
      };
      expect((await peer.prompt(sessionId, steps({ fail }))).error).toEqual(fail);
    });

    it('answers the running prompt with an error when the agent dies, and runs the waiting one in a fresh agent', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const first = peer.prompt(sessionId, steps({ say: 1 }, { exit: 7 }));
      const second = peer.prompt(sessionId, steps({ say: 1 }));
      expect((await first).error?.code).toBe(ErrorCode.AgentLost);
      expect((await second).result).toMatchObject({ stopReason: 'end_turn' });
    });

    it('never asks an editor to log in for trouble of ours', async () => {
      const peer = await test.peer({ connector: 'nobody' });
      const { error } = await peer.request('session/new', { cwd: test.system.work, mcpServers: [] });
      expect(error).toBeDefined();
      expect(error?.code).not.toBe(-32_000);
    });
  });
});
