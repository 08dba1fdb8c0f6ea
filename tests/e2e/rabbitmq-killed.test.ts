/** kill -9 of RabbitMQ while an agent streams: everyone reconnects, the turn ends normally, nothing is lost or doubled. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { RabbitMq, rabbitMqInstalled } from '../support/rabbitmq.js';
import { System } from '../support/system.js';
import { scriptedAgent } from './agents/scripted.js';
import { StreamingTurn } from './streaming-turn.js';

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
    const turn = await StreamingTurn.start(await system.client(), { ...system, log });
    await rabbit.kill();
    await turn.said();
    await rabbit.boot();
    await turn.seen();
    await turn.end();
  }, 120_000);
});
