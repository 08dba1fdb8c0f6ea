/** kill -9 of RabbitMQ while an agent streams: everyone reconnects, the turn ends normally, nothing is lost or doubled. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RabbitMq, rabbitMqInstalled } from '../support/rabbitmq.js';
import { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, scriptedAgent, steps } from './agents/scripted.js';
import { compare, readJournal } from './journal.js';

describe.skipIf(!rabbitMqInstalled())('a RabbitMQ that is killed', () => {
  let rabbit: RabbitMq;
  let system: System;
  let log: string;
  beforeAll(async () => {
    rabbit = await RabbitMq.start();
    const logOf = (root: string) => join(root, 'agent.log');
    system = await System.start({
      rabbit,
      node: (root) => ({ agents: { scripted: scriptedAgent({ log: logOf(root) }) } }),
    });
    log = logOf(system.root);
  }, 90_000);
  afterAll(async () => {
    await system.stop();
    await rabbit.stop();
  });

  it('takes nothing of the streaming turn with it', async () => {
    const go = join(system.root, 'go');
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    const { turnId, result } = client.prompt(sessionId, text(steps({ until: go })));
    await watch.untilChunks(100);
    await rabbit.kill();
    const before = agentLog(log, 'wrote').length;
    await waitUntil(() => agentLog(log, 'wrote').length > before + 100);
    await rabbit.boot();
    await watch.untilChunks(watch.texts.length + 100, 60_000);
    writeFileSync(go, '');
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    await watch.untilTurnEnded(turnId);
    const journal = await readJournal(client, sessionId);
    const counts = compare(journal, sessionId, log);
    expect(counts).toEqual({ said: counts.said, lost: 0, doubled: 0, inOrder: true });
    expect(watch.lines).toEqual(journal.map(({ frame }) => frame));
    expect(watch.turnStates(turnId).filter((state) => state === 'ended')).toHaveLength(1);
    expect(agentLog(log, 'read').filter((line) => line.includes('"session/prompt"'))).toHaveLength(1);
  }, 120_000);
});
