/** kill -9 of the service while an agent streams: the turn ends normally, and nothing is lost, doubled or run twice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, permissionQuestion, scriptedAgent, steps } from './agents/scripted.js';
import { compare, readJournal } from './journal.js';

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
    const go = join(system.root, 'go');
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    const { turnId, result } = client.prompt(sessionId, text(steps({ until: go })));
    for (let round = 0; round < 3; round++) {
      await watch.untilChunks(watch.texts.length + 50);
      await system.service.kill();
      const before = agentLog(log, 'wrote').length;
      await waitUntil(() => agentLog(log, 'wrote').length > before + 50);
      system.service.start();
    }
    await watch.untilChunks(watch.texts.length + 50);
    writeFileSync(go, '');
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    await watch.untilTurnEnded(turnId);
    const journal = await readJournal(client, sessionId);
    const counts = compare(journal, sessionId, log);
    expect(counts).toEqual({ said: counts.said, lost: 0, doubled: 0, inOrder: true });
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, i) => i + 1));
    expect(watch.lines).toEqual(journal.map(({ frame }) => frame));
    expect(watch.turnStates(turnId).filter((state) => state === 'ended')).toHaveLength(1);
    expect(prompts()).toBe(1);
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
