/** ACP v1 as a stock client checks it: sessions. */
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../proto/index.js';
import { steps } from '../e2e/agents/scripted.js';
import { conformance } from './support.js';

conformance('sessions', (test) => {
  const UNKNOWN = '11111111-1111-4111-8111-111111111111';

  describe('session/new', () => {
    it.each<[string, Record<string, unknown>]>([
      ['without cwd', { mcpServers: [] }],
      ['with a relative cwd', { cwd: 'src', mcpServers: [] }],
      ['with a cwd that is not there', { cwd: '/nonexistent/dir', mcpServers: [] }],
      ['with a null cwd', { cwd: null, mcpServers: [] }],
      ['with mcpServers that are no list', { cwd: '/', mcpServers: 'none' }],
    ])('%s is refused as bad params', async (_what, params) => {
      const peer = await test.peer();
      peer.sendLine(JSON.stringify({ jsonrpc: '2.0', id: 'n', method: 'session/new', params }));
      const { error } = await peer.answerTo('n');
      expect([ErrorCode.InvalidParams, ErrorCode.Forbidden]).toContain(error?.code);
      expect(error?.message).not.toBe('');
    });

    it('outside of what the owner allows is forbidden', async () => {
      const peer = await test.peer();
      const { error } = await peer.request('session/new', { cwd: '/etc', mcpServers: [] });
      expect(error?.code).toBe(ErrorCode.Forbidden);
    });

    it('bears a client that leaves mcpServers out', async () => {
      const peer = await test.peer();
      peer.sendLine(
        JSON.stringify({ jsonrpc: '2.0', id: 'n', method: 'session/new', params: { cwd: test.system.work } }),
      );
      expect((await peer.answerTo('n')).result?.sessionId).toBeDefined();
    });

    it.each(['node', 'connector'])('names the choices when the %s is unknown', async (what) => {
      const peer = await test.peer();
      const { error } = await peer.request('session/new', {
        cwd: test.system.work,
        mcpServers: [],
        _meta: { praxis: { [what]: 'nobody' } },
      });
      expect(error?.message).toContain('nobody');
    });

    it('gives each session its own id, and keeps two apart that work at once', async () => {
      const peer = await test.peer();
      const [one, two] = [await peer.newSession(test.system.work), await peer.newSession(test.system.work)];
      expect(one).not.toBe(two);
      await Promise.all([peer.prompt(one, steps({ say: 200 })), peer.prompt(two, steps({ say: 200 }))]);
      for (const id of [one, two]) {
        const texts = peer.frames
          .filter(({ params }) => params?.sessionId === id)
          .map(({ params }) => (params!.update as { content: { text: string } }).content.text);
        expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => `${i} `));
      }
    });
  });

  describe('session/list', () => {
    it('lists what is there, by directory, and refuses a cursor that it did not give', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const ids = async (params: object) =>
        ((await peer.request('session/list', params)).result!.sessions as { sessionId: string }[]).map(
          (session) => session.sessionId,
        );
      expect(await ids({})).toContain(sessionId);
      expect(await ids({ cwd: test.system.work })).toContain(sessionId);
      expect(await ids({ cwd: '/elsewhere' })).toEqual([]);
      const { error } = await peer.request('session/list', { cursor: 'made up' });
      expect(error?.code).toBe(ErrorCode.InvalidParams);
      expect(peer.check.problems).toEqual([]);
    });
  });

  describe('a session of before', () => {
    it('is replayed by load before its answer, and not by resume', async () => {
      const first = await test.peer();
      const sessionId = await first.newSession(test.system.work);
      await first.prompt(sessionId, steps({ say: 3 }));
      await first.close();
      const loading = await test.peer();
      const params = { sessionId, cwd: test.system.work, mcpServers: [] };
      const answer = await loading.request('session/load', params);
      expect(answer.error).toBeUndefined();
      expect(loading.text()).toBe('0 1 2 ');
      const kinds = loading.frames.map(
        ({ params: said }) => (said?.update as { sessionUpdate: string })?.sessionUpdate,
      );
      expect(kinds).toContain('user_message_chunk');
      expect(loading.frames.at(-1)).toBe(answer);
      const resuming = await test.peer();
      expect((await resuming.request('session/resume', params)).error).toBeUndefined();
      expect(resuming.text()).toBe('');
      expect((await resuming.prompt(sessionId, steps({ say: 1 }))).result).toEqual({
        stopReason: 'end_turn',
      });
      expect([...loading.check.problems, ...resuming.check.problems]).toEqual([]);
    });

    it.each(['session/load', 'session/resume', 'session/prompt', 'session/close'])(
      'that is unknown is named in the error of %s',
      async (method) => {
        const peer = await test.peer();
        const params = {
          sessionId: UNKNOWN,
          cwd: test.system.work,
          mcpServers: [],
          prompt: [{ type: 'text', text: 'x' }],
        };
        const { error } = await peer.request(method, params);
        expect(error).toMatchObject({ code: ErrorCode.ResourceNotFound, data: { sessionId: UNKNOWN } });
      },
    );

    it('is deleted as often as one likes', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      for (const id of [sessionId, sessionId, UNKNOWN])
        expect((await peer.request('session/delete', { sessionId: id })).result).toEqual({});
    });
  });

  describe('session/close', () => {
    it('in a prompt answers the prompt as cancelled, then itself; the session is over', async () => {
      const peer = await test.peer();
      const sessionId = await peer.newSession(test.system.work);
      const prompted = peer.prompt(sessionId, steps({ say: 1 }, { wait: true }));
      await peer.until(() => (peer.text() === '0 ' ? true : undefined), 'the first chunk');
      const closed = await peer.request('session/close', { sessionId });
      expect(closed.result).toEqual({});
      const prompt = await prompted;
      expect(prompt.result).toEqual({ stopReason: 'cancelled' });
      expect(peer.frames.indexOf(prompt)).toBeLessThan(peer.frames.indexOf(closed));
      const { error } = await peer.prompt(sessionId, 'x');
      expect(error?.code).toBe(ErrorCode.ResourceNotFound);
    });
  });
});
