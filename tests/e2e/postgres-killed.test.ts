/** kill -9 of Postgres while an agent streams: what is said meanwhile waits, nothing is lost, doubled or reordered. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorCode, PraxisError } from '../../proto/index.js';
import { Postgres, postgresInstalled } from '../support/postgres.js';
import { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, scriptedAgent, steps } from './agents/scripted.js';
import { compare, readJournal } from './journal.js';

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
    const go = join(system.root, 'go');
    const client = await system.client();
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: system.work }, (event) =>
      watch.events.push(event),
    );
    const { turnId, result } = client.prompt(sessionId, text(steps({ until: go })));
    await watch.untilChunks(100);
    await postgres.kill();
    const before = agentLog(log, 'wrote').length;
    const next = client.prompt(sessionId, text(steps({ say: 3 }))).result.catch((error: unknown) => error);
    await waitUntil(() => agentLog(log, 'wrote').length > before + 100);
    await postgres.boot();
    await watch.untilChunks(watch.texts.length + 100, 60_000);
    writeFileSync(go, '');
    expect(await result).toMatchObject({ stopReason: 'end_turn' });
    await watch.untilTurnEnded(turnId);
    const accepted = !((await next) instanceof PraxisError);
    if (!accepted) expect(await next).toMatchObject({ code: ErrorCode.StorageFailed });
    const journal = await readJournal(client, sessionId);
    const counts = compare(journal, sessionId, log);
    expect(counts).toEqual({ said: counts.said, lost: 0, doubled: 0, inOrder: true });
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, i) => i + 1));
    await waitUntil(() => watch.events.length >= journal.length);
    expect(watch.lines).toEqual(journal.map(({ frame }) => frame));
    const prompts = agentLog(log, 'read').filter((line) => line.includes('"session/prompt"'));
    expect(prompts).toHaveLength(accepted ? 2 : 1);
  }, 180_000);

  it('is said nowhere with its password', async () => {
    const { stdout } = await system.run(['status', '--json']);
    expect(stdout).toContain(`postgres://127.0.0.1:`);
    for (const said of [stdout, system.log()]) expect(said).not.toContain(postgres.password);
  });
});
