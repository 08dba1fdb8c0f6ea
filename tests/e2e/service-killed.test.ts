/** kill -9 of the service while an agent streams: the turn ends normally, and nothing is lost, doubled or run twice. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, permissionQuestion, scriptedAgent, steps } from './agents/scripted.js';
import { StreamingTurn } from './streaming-turn.js';

const logOf = (root: string) => join(root, 'agent.log');

overBothBrokers('a service that is killed', (start) => {
  let system: System;
  let log: string;
  beforeEach(async () => {
    system = await start({ node: (root) => ({ agents: { scripted: scriptedAgent({ log: logOf(root) }) } }) });
    log = logOf(system.root);
  });
  afterEach(() => system.stop());

  const prompts = () => agentLog(log, 'read').filter((line) => line.includes('"session/prompt"')).length;

  it('loses and doubles nothing of the turn that was streaming', async () => {
    const turn = await StreamingTurn.start(await system.client(), { ...system, log });
    for (let round = 0; round < 3; round++) {
      await system.service.kill();
      await turn.said();
      system.service.start();
      await turn.seen();
    }
    await turn.end();
  }, 60_000);

  it('runs a prompt once that was sent while it was down', async () => {
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    await system.service.kill();
    const { result } = client.prompt(sessionId, text(steps({ say: 3 })));
    system.service.start();
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    expect(watch.texts).toEqual(['0 ', '1 ', '2 ']);
    expect(prompts()).toBe(1);
  });

  it('still has the open question, and takes its answer', async () => {
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    const { result } = client.prompt(sessionId, text(steps({ ask: permissionQuestion(7) })));
    const question = await watch.untilRequest();
    await system.service.restart();
    const late = await Watch.attach(await system.client(), sessionId);
    expect((await late.untilRequest()).id).toBe(question.id);
    client.answer(sessionId, String(question.id), {
      result: { outcome: { outcome: 'selected', optionId: 'yes' } },
    });
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    expect(watch.texts).toEqual(['answer: {"result":{"outcome":{"outcome":"selected","optionId":"yes"}}}']);
  });
});
