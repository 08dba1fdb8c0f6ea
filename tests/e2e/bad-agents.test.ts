/** Agents that misbehave: the one who asked gets a clear error, and a session beside them goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { ErrorCode } from '../../proto/index.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';

overBothBrokers('an agent that misbehaves', (start) => {
  let system: System;
  let client: Client;
  let good: string;
  beforeAll(async () => {
    system = await start({
      node: () => ({
        agents: {
          scripted: scriptedAgent(),
          rubbish: scriptedAgent({ start: 'rubbish' }),
          early: scriptedAgent({ start: 'early' }),
          absent: { command: ['/nonexistent/agent'], env: {} },
          brief: {
            command: [process.execPath, '-e', 'console.error("no licence"); process.exit(4)'],
            env: {},
          },
        },
      }),
    });
    client = await system.client();
    good = (await open('scripted')).sessionId;
  });
  afterAll(() => system.stop());

  async function open(connector: string): Promise<{ sessionId: string; watch: Watch }> {
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector, cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    return { sessionId, watch };
  }

  const prompt = (sessionId: string, ...list: Parameters<typeof steps>) =>
    client.prompt(sessionId, text(steps(...list))).result;
  const goesOn = async () => expect(await prompt(good, { say: 1 })).toMatchObject({ stopReason: 'end_turn' });

  it('by writing rubbish around its frames is understood all the same', async () => {
    const { sessionId, watch } = await open('rubbish');
    expect(await prompt(sessionId, { raw: 'not JSON' }, { raw: '[1,2]' }, { say: 2 })).toMatchObject({
      stopReason: 'end_turn',
    });
    expect(watch.texts).toEqual(['0 ', '1 ']);
    await goesOn();
  });

  it.each(['absent', 'brief'])('by not starting (%s) is reported at once', async (connector) => {
    await expect(open(connector)).rejects.toMatchObject({ code: ErrorCode.AgentStartFailed });
    await goesOn();
  });

  it('by an early word loses nothing of it', async () => {
    const { sessionId, watch } = await open('early');
    await prompt(sessionId, { say: 1 });
    expect(watch.texts).toEqual(['early', '0 ']);
  });

  it('by dying in a turn fails that turn, and keeps what it had said', async () => {
    const { sessionId, watch } = await open('scripted');
    await expect(prompt(sessionId, { say: 3 }, { exit: 3 })).rejects.toMatchObject({
      code: ErrorCode.AgentLost,
    });
    expect(watch.texts).toEqual(['0 ', '1 ', '2 ']);
    // The answer comes first, then the news of the agent.
    await waitUntil(async () => (await client.findSession(sessionId)).state === 'lost');
    await goesOn();
  });

  it('by ignoring cancel is stopped, and the prompt is answered cancelled', async () => {
    const { sessionId, watch } = await open('scripted');
    const result = prompt(sessionId, { say: 1 }, { deaf: true });
    await watch.untilChunks(1);
    client.cancel(sessionId);
    expect(await result).toMatchObject({ stopReason: 'cancelled' });
    expect(watch.texts).toEqual(['0 ']);
    await goesOn();
  });

  it('by an error of its own passes it on untouched', async () => {
    const { sessionId } = await open('scripted');
    const fail = { code: -32000, message: 'Please log in: `agent login`', data: { deep: [1, { x: null }] } };
    await expect(prompt(sessionId, { fail })).rejects.toMatchObject(fail);
    await goesOn();
  });

  it.each([
    [
      'a stop reason of its own',
      { stopReason: 'out_of_money', more: 1 },
      'out_of_money',
      /not known here: out_of_money\n/,
    ],
    ['no stop reason', { more: 1 }, null, /without a stop reason\n/],
    ['a stop reason that is no text', { stopReason: { x: 1 } }, null, /without a stop reason\n/],
  ])('by ending a turn with %s has ended it, and is quoted', async (_what, result, stopReason, told) => {
    const { sessionId, watch } = await open('scripted');
    expect(await prompt(sessionId, { say: 1 }, { result })).toMatchObject({ stopReason });
    expect(watch.texts).toEqual(['0 ']);
    const turns = watch.events.filter(({ frame }) => 'method' in frame && frame.method === '_praxis/turn');
    expect(turns.at(-1)!.frame).toMatchObject({
      params: { state: 'ended', result, ...(stopReason && { stopReason }) },
    });
    const ran = await system.run(['run', 'scripted', steps({ say: 1 }, { result })]);
    expect(ran).toMatchObject({ code: 76, stdout: '0 \n', stderr: expect.stringMatching(told) });
    const json = await system.run(['run', 'scripted', '--json', steps({ say: 1 }, { result })]);
    expect(JSON.parse(json.stdout.trim().split('\n').at(-1)!)).toMatchObject({ stopReason });
    const attached = await system.run(['session', 'attach', sessionId]);
    expect(attached).toMatchObject({ code: 0, stderr: expect.stringMatching(told) });
    await goesOn();
  });

  it('by asking for a file or a terminal of the client is refused with a reason', async () => {
    const { sessionId, watch } = await open('scripted');
    const ask = JSON.stringify({
      jsonrpc: '2.0',
      id: 'f',
      method: 'fs/read_text_file',
      params: { sessionId: '$SESSION', path: '/etc/hostname' },
    });
    await prompt(sessionId, { ask });
    expect(watch.texts.join('')).toContain('"code":-32601');
  });
});
