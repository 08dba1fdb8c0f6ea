/** The way of frames through the node, with the demo agent as a real process. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { DEMO, fixedConnector, TestServer } from '../support/node-server.js';

let test: TestServer;
const start = () => {
  test = new TestServer([fixedConnector('demo', DEMO)]);
  return test;
};
afterEach(() => test.stop());

describe('a session with the demo agent', () => {
  it('opens with our id, and carries what the agent said of itself', async () => {
    const sessionId = newId();
    const { result } = await start().newSession('demo', { sessionId });
    expect(result).toMatchObject({
      sessionId,
      modes: { currentModeId: 'ask' },
      _meta: {
        praxis: { agentInfo: { name: 'praxis-demo' }, agentCapabilities: { sessionCapabilities: {} } },
      },
    });
  });

  it('streams the updates of a prompt before its answer, numbered from 1 without a gap', async () => {
    const sessionId = await start().open('demo');
    const { result } = await test.prompt(sessionId, '/stream 500');
    expect(result).toEqual({ stopReason: 'end_turn' });
    const frames = test.framesOf(sessionId);
    expect(frames.map(({ number }) => number)).toEqual(frames.map((_, i) => i + 1));
    expect(frames[0]!.frame.kind).toBe('response');
    expect(frames.at(-1)!.frame.kind).toBe('response');
    expect(test.updatesOf(sessionId, 'agent_message_chunk')).toHaveLength(500);
    for (const { frame } of frames) if ('params' in frame) expect(frame.params.sessionId).toBe(sessionId);
  });

  it('passes the exact text of a prompt', async () => {
    const sessionId = await start().open('demo');
    const text = '  two  blanks\n\n\tÜ 🎉 \u2028 "quoted" \\ \n';
    await test.prompt(sessionId, `/echo ${text}`);
    expect(test.textOf(sessionId)).toBe(text);
  });

  it('asks for a permission with the id of the agent, and goes on with the answer', async () => {
    const sessionId = await start().open('demo');
    const prompt = test.prompt(sessionId, '/write hello.txt good day');
    const question = await test.waitFor('session/request_permission');
    expect(question).toMatchObject({ kind: 'request', id: 0, params: { sessionId } });
    expect(existsSync(join(test.cwd, 'hello.txt'))).toBe(false);
    test.give(
      '{"jsonrpc":"2.0","id":0,"result":{"outcome":{"outcome":"selected","optionId":"allow"}}}',
      sessionId,
    );
    expect((await prompt).result).toEqual({ stopReason: 'end_turn' });
    expect(readFileSync(join(test.cwd, 'hello.txt'), 'utf8')).toBe('good day\n');
  });

  it('answers a permission itself under YOLO, and tells it', async () => {
    const sessionId = await start().open('demo', { yolo: true });
    await test.prompt(sessionId, '/run echo ran > out.txt');
    expect(readFileSync(join(test.cwd, 'out.txt'), 'utf8')).toBe('ran\n');
    const auto = await test.waitFor('_praxis/agent/auto');
    expect(auto.params).toMatchObject({
      sessionId,
      method: 'session/request_permission',
      result: { outcome: { outcome: 'selected', optionId: 'allow' } },
      by: 'yolo',
    });
  });

  it('is cancelled within the turn, with its partial output kept', async () => {
    const sessionId = await start().open('demo');
    const prompt = test.prompt(sessionId, '/say first && /hang');
    await test.waitFor('session/update', 2);
    test.cancel(sessionId);
    expect((await prompt).result).toEqual({ stopReason: 'cancelled' });
    expect(test.textOf(sessionId)).toBe('first');
    expect((await test.prompt(sessionId, '/say second')).result).toEqual({ stopReason: 'end_turn' });
  });

  it('runs a repeated prompt once and repeats its answer', async () => {
    const sessionId = await start().open('demo');
    const turnId = newId();
    const first = test.prompt(sessionId, '/run echo x >> count.txt', turnId);
    const again = test.prompt(sessionId, '/run echo x >> count.txt', turnId);
    await test.waitFor('session/request_permission');
    test.give(
      '{"jsonrpc":"2.0","id":0,"result":{"outcome":{"outcome":"selected","optionId":"allow"}}}',
      sessionId,
    );
    expect((await first).line).toBe((await again).line);
    expect((await test.prompt(sessionId, '/run echo x >> count.txt', turnId)).result).toEqual({
      stopReason: 'end_turn',
    });
    expect(readFileSync(join(test.cwd, 'count.txt'), 'utf8')).toBe('x\n');
  });

  it('is closed, and then unknown', async () => {
    const sessionId = await start().open('demo');
    const prompt = test.prompt(sessionId, '/hang');
    const closed = await test.ask('session/close', { sessionId });
    expect((await prompt).result).toEqual({ stopReason: 'cancelled' });
    expect(closed.result).toEqual({});
    expect((await test.prompt(sessionId, 'hello')).error).toMatchObject({
      code: -32002,
      data: { sessionId },
    });
    expect(test.sent.some(({ frame }) => 'method' in frame && frame.method === '_praxis/agent/exited')).toBe(
      false,
    );
  });
});
