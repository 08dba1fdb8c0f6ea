/** kill -9 of Postgres while an agent streams: what is said meanwhile waits, nothing is lost, doubled or reordered. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorCode, PraxisError } from '../../proto/index.js';
import { Postgres, postgresInstalled } from '../support/postgres.js';
import { System } from '../support/system.js';
import { text } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';
import { StreamingTurn } from './streaming-turn.js';

describe.skipIf(!postgresInstalled())('a Postgres that is killed', () => {
  let postgres: Postgres;
  let system: System;
  let log: string;
  beforeAll(async () => {
    postgres = await Postgres.start();
    const logOf = (root: string) => join(root, 'agent.log');
    system = await System.start({
      database: await postgres.database(),
      node: (root) => ({ agents: { scripted: scriptedAgent({ log: logOf(root) }) } }),
    });
    log = logOf(system.root);
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    await postgres?.stop();
  });

  it('takes nothing of the streaming turn with it, and a prompt that it could not keep is refused or runs once', async () => {
    const client = await system.client();
    const turn = await StreamingTurn.start(client, { ...system, log });
    await postgres.kill();
    const next = client
      .prompt(turn.sessionId, text(steps({ say: 3 })))
      .result.catch((error: unknown) => error);
    await turn.said();
    await postgres.boot();
    await turn.seen();
    await turn.end(async () => {
      const accepted = !((await next) instanceof PraxisError);
      if (!accepted) expect(await next).toMatchObject({ code: ErrorCode.StorageFailed });
      return accepted ? 2 : 1;
    });
  }, 180_000);

  it('is said nowhere with its password', async () => {
    const { stdout } = await system.run(['status', '--json']);
    expect(stdout).toContain(`postgres://127.0.0.1:`);
    for (const said of [stdout, system.log()]) expect(said).not.toContain(postgres.password);
  });
});
