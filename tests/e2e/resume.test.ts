/** What ends an agent or a node: its sessions are lost, and the next prompt brings them back with all that the agent knew. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ErrorCode, packageRoot } from '../../proto/index.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';

const demo = (resumes: string) => ({
  title: `Demo (${resumes})`,
  command: [process.execPath, join(packageRoot, 'dist/connectors/demo/agent/main.js')],
  env: { DEMO_AGENT_RESUMES: resumes },
});

overBothBrokers('a session that is lost', (start) => {
  let system: System;
  afterEach(() => system.stop());

  async function open(connector: string) {
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector, cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    const say = async (prompt: string) => (await client.prompt(sessionId, text(prompt)).result).stopReason;
    const state = async () => (await client.findSession(sessionId)).state;
    const notices = () => watch.notifications('_praxis/session/notice').map(({ text }) => String(text));
    return { client, watch, sessionId, say, state, notices };
  }

  const agent = () => system.processes().find(({ command }) => command.includes('demo/agent/main.js'))!;

  it('comes back when its agent or its node was killed, or ignored a cancel', async () => {
    system = await start();
    const { client, watch, sessionId, say, state, notices } = await open('demo');
    await say('/echo one');
    process.kill(agent().pid, 'SIGKILL');
    await waitUntil(async () => (await state()) === 'lost');
    await say('/recall');
    expect(watch.texts.at(-1)).toBe('You asked: /echo one');
    await system.node.kill();
    system.node.start();
    await waitUntil(async () => (await state()) === 'lost', 30_000, 50);
    expect((await system.run(['session', 'resume', sessionId.slice(0, 8)])).stdout).toMatch(/knows what was/);
    await say('/recall');
    expect(watch.texts.at(-1)).toBe('You asked: /echo one | /recall');
    const stubborn = client.prompt(
      sessionId,
      text('/ignore-cancel && /ignore-signals && /stream 1000000 8 5'),
    );
    await watch.untilChunks(watch.texts.length + 3);
    stubborn.cancel();
    expect(await stubborn.result).toMatchObject({ stopReason: 'cancelled' });
    await waitUntil(async () => (await state()) === 'lost');
    await say('/recall');
    expect(watch.texts.at(-1)).toMatch(/^You asked: \/echo one \| \/recall \| \/recall \| \/ignore-cancel/);
    expect(notices().filter((notice) => notice.startsWith('Resumed'))).toHaveLength(3);
    expect(watch.events.at(-1)!.epoch).toBe(4);
    expect(watch.events.map(({ seq }) => seq)).toEqual(watch.events.map((_, i) => i + 1));
  }, 120_000);

  it('runs what waited when its node was stopped, as soon as the node is back', async () => {
    system = await start();
    const { client, watch, sessionId, state } = await open('demo');
    const running = client.prompt(sessionId, text('/say one && /hang'));
    await waitUntil(() => watch.texts.includes('one'));
    const waiting = client.prompt(sessionId, text('/echo two'));
    await waitUntil(async () => (await client.findSession(sessionId)).queued === 1);
    await system.node.stop();
    expect(await running.result).toMatchObject({ stopReason: 'cancelled' });
    await waitUntil(async () => (await state()) === 'lost');
    expect((await client.findSession(sessionId)).queued).toBe(1);
    system.node.start();
    expect(await waiting.result).toMatchObject({ stopReason: 'end_turn' });
    expect(watch.texts.at(-1)).toBe('two');
    const turns = watch.notifications('_praxis/turn').map(({ state }) => state);
    expect(turns).toEqual(['running', 'queued', 'ended', 'running', 'ended']);
  }, 60_000);

  it('runs what waited when its node was killed, once and in order, and not again what ran', async () => {
    system = await start();
    const { client, watch, sessionId } = await open('demo');
    const running = client.prompt(sessionId, text('/say one && /hang'));
    const failed = expect(running.result).rejects.toMatchObject({ code: ErrorCode.NodeLost });
    await waitUntil(() => watch.texts.includes('one'));
    const waiting = ['two', 'three'].map((word) => client.prompt(sessionId, text(`/echo ${word}`)));
    await waitUntil(async () => (await client.findSession(sessionId)).queued === 2);
    await system.node.kill();
    // Found out at once by what is sent there, or by its silence.
    await waitUntil(async () => (await client.findSession(sessionId)).state === 'lost', 30_000, 50);
    const shown = await system.run(['session', 'show', sessionId.slice(0, 8)]);
    expect(shown.stdout).toMatch(/waiting prompts +2, for the session to come back\n/);
    const status = await system.run(['status']);
    expect(status.stdout).toMatch(/^sessions +0 open, 0 waiting for an answer, and 1 lost$/m);
    const [, , edited] = (await client.call('_praxis/turn/list', { sessionId })).turns;
    const prompt = text('/echo three, edited');
    await client.call('_praxis/turn/edit', { sessionId, turnId: edited!.turnId, prompt });
    system.node.start();
    await failed;
    for (const { result } of waiting) expect(await result).toMatchObject({ stopReason: 'end_turn' });
    expect(watch.texts).toEqual(['one', 'two', 'three, edited']);
    for (const { turnId } of waiting)
      expect(watch.turnStates(turnId).filter((state) => state === 'running')).toHaveLength(1);
  }, 60_000);

  it('keeps what waits for a node that was stopped while the service was away', async () => {
    system = await start();
    const { client, watch, sessionId } = await open('demo');
    const running = client.prompt(sessionId, text('/say one && /hang'));
    const ended = running.result.then(
      ({ stopReason }) => stopReason,
      ({ code }) => code,
    );
    await waitUntil(() => watch.texts.includes('one'));
    const waiting = client.prompt(sessionId, text('/echo two'));
    await waitUntil(async () => (await client.findSession(sessionId)).queued === 1);
    await system.service.kill();
    await system.node.stop();
    system.service.start();
    system.node.start();
    expect(await waiting.result).toMatchObject({ stopReason: 'end_turn' });
    expect(watch.texts).toEqual(['one', 'two']);
    // Over RabbitMQ the service reads what the node said last, over the embedded broker it went with the service.
    expect([ErrorCode.NodeLost, 'cancelled']).toContain(await ended);
  }, 60_000);

  it('is not told twice what its agent repeats on load, and says when the agent has forgotten', async () => {
    system = await start({ node: () => ({ agents: { loads: demo('load'), forgets: demo('no') } }) });
    for (const [connector, recalled, notice] of [
      ['loads', 'You asked: /echo one', /^Resumed/],
      ['forgets', 'You asked nothing before.', /knows nothing of what was said/],
    ] as const) {
      const { client, watch, sessionId, say, state, notices } = await open(connector);
      await say('/echo one');
      process.kill(agent().pid, 'SIGKILL');
      await waitUntil(async () => (await state()) === 'lost');
      await say('/recall');
      expect(watch.texts).toEqual(['one', recalled]);
      expect(notices()).toEqual([expect.stringMatching(notice)]);
      expect(watch.lines.join('\n')).not.toContain('user_message_chunk');
      await client.closeSession(sessionId);
    }
  }, 60_000);
});
