/** Several clients on one session: both see the turn, a late one sees everything from the start, and a turn outlives them. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { text, Watch } from '../support/watch.js';
import { permissionQuestion, scriptedAgent, steps } from './agents/scripted.js';

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} `);
const inOrder = (watch: Watch) =>
  expect(watch.events.map(({ seq }) => seq)).toEqual(watch.events.map((_, i) => i + 1));

overBothBrokers('a session with several clients', (start) => {
  let system: System;
  beforeAll(async () => {
    system = await start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
  });
  afterAll(() => system.stop());

  it('shows the turn of one client to the other, event for event', async () => {
    const [one, two] = await Promise.all([system.client(), system.client()]);
    const mine = new Watch();
    const { sessionId } = await one.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      mine.events.push(event),
    );
    const theirs = await Watch.attach(two, sessionId);
    const { turnId, result } = one.prompt(sessionId, text(steps({ say: 50 })));
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    await Promise.all([mine.untilTurnEnded(turnId), theirs.untilTurnEnded(turnId)]);
    expect(theirs.texts).toEqual(numbered(50));
    expect(theirs.lines).toEqual(mine.lines);
    inOrder(theirs);
  });

  it('gives a client that attaches in the middle everything from the start, once and in order', async () => {
    const go = join(system.root, 'go');
    const [one, two] = await Promise.all([system.client(), system.client()]);
    const mine = new Watch();
    const { sessionId } = await one.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      mine.events.push(event),
    );
    const { turnId, result } = one.prompt(sessionId, text(steps({ until: go })));
    await mine.untilChunks(20);
    const late = await Watch.attach(two, sessionId);
    const seen = mine.texts.length;
    await late.untilChunks(seen + 20);
    writeFileSync(go, '');
    await result;
    await Promise.all([mine.untilTurnEnded(turnId), late.untilTurnEnded(turnId)]);
    expect(late.texts).toEqual(numbered(late.texts.length));
    expect(late.lines).toEqual(mine.lines);
    inOrder(late);
  });

  it('goes on with a turn when the client that prompted is gone', async () => {
    const go = join(system.root, 'go-on');
    const one = await system.client();
    const mine = new Watch();
    const { sessionId } = await one.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      mine.events.push(event),
    );
    const { turnId, accepted, result } = one.prompt(sessionId, text(steps({ until: go })));
    result.catch(() => undefined);
    await accepted;
    await mine.untilChunks(1);
    await one.close();
    writeFileSync(go, '');
    const late = await Watch.attach(await system.client(), sessionId);
    await late.untilTurnEnded(turnId);
    expect(late.texts).toEqual(numbered(late.texts.length));
    inOrder(late);
  });

  it('tells the other client that a question was answered, and takes the first answer only', async () => {
    const [one, two] = await Promise.all([system.client(), system.client()]);
    const mine = new Watch();
    const { sessionId } = await one.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      mine.events.push(event),
    );
    const theirs = await Watch.attach(two, sessionId);
    const { turnId, result } = one.prompt(sessionId, text(steps({ ask: permissionQuestion(7) })));
    const question = await mine.untilRequest();
    const same = await theirs.untilRequest();
    expect(same.id).toBe(question.id);
    two.answer(sessionId, String(same.id), { result: { outcome: { outcome: 'selected', optionId: 'yes' } } });
    await result;
    one.answer(sessionId, String(question.id), {
      result: { outcome: { outcome: 'selected', optionId: 'no' } },
    });
    await Promise.all([mine.untilTurnEnded(turnId), theirs.untilTurnEnded(turnId)]);
    expect(mine.texts).toEqual(['answer: {"result":{"outcome":{"outcome":"selected","optionId":"yes"}}}']);
    const resolved = mine.notifications('_praxis/request/resolved');
    expect(resolved).toHaveLength(1);
    expect(resolved[0]).toMatchObject({ requestId: question.id });
    expect(theirs.lines).toEqual(mine.lines);
  });
});
