/**
 * Two services, one active, one standing by: whatever becomes of the active one while an agent streams, the other goes on,
 * nothing is lost or doubled, and the old one neither writes nor speaks after that.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { freshDatabase, sharedRabbitMq } from '../support/brokers.js';
import { postgresInstalled } from '../support/postgres.js';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { ACTIVE, DEPOSED, type Member, ServicePair, STANDBY } from '../support/service-pair.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, scriptedAgent, steps } from './agents/scripted.js';
import { compare, readJournal } from './journal.js';

describe.skipIf(!rabbitMqInstalled() || !postgresInstalled())('a service with a standby', () => {
  let pair: ServicePair;
  let client: Client;
  let log: string;
  beforeEach(async () => {
    const database = (await freshDatabase())!;
    const logOf = (root: string) => join(root, 'agent.log');
    pair = await ServicePair.start(await sharedRabbitMq(), database, (root) => ({
      agents: { scripted: scriptedAgent({ log: logOf(root) }) },
    }));
    log = logOf(pair.root);
    client = await pair.client();
  }, 120_000);
  afterEach(() => pair.stop());

  /** A turn that streams until go(), and everything that must be true of it when it has ended. */
  async function streaming() {
    const file = join(pair.root, 'go');
    const watch = new Watch();
    const { sessionId } = await client.newSession({ connector: 'scripted', cwd: pair.work }, (event) =>
      watch.events.push(event),
    );
    const { turnId, result } = client.prompt(sessionId, text(steps({ until: file })));
    const more = () => watch.untilChunks(watch.texts.length + 50, 60_000);
    await more();
    return {
      more,
      async end() {
        writeFileSync(file, '');
        expect(await result).toMatchObject({ stopReason: 'end_turn' });
        await watch.untilTurnEnded(turnId);
        const journal = await readJournal(client, sessionId);
        const counts = compare(journal, sessionId, log);
        expect(counts).toEqual({ said: counts.said, lost: 0, doubled: 0, inOrder: true });
        expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, i) => i + 1));
        expect(watch.lines).toEqual(journal.map(({ frame }) => frame));
        expect(watch.turnStates(turnId).filter((state) => state === 'ended')).toHaveLength(1);
        expect(agentLog(log, 'read').filter((line) => line.includes('"session/prompt"'))).toHaveLength(1);
      },
    };
  }

  const whoServes = async () => {
    const { active, standby } = await client.call('_praxis/status', {});
    return { active: active?.pid, standby: standby?.map(({ pid }) => pid) };
  };
  const knows = async (active: Member, standby: Member) => {
    await waitUntil(async () => (await whoServes()).standby?.includes(standby.part.pid) ?? false, 30_000);
    expect(await whoServes()).toMatchObject({ active: active.part.pid });
  };

  it('says which is which', async () => {
    await knows(pair.a, pair.b);
    expect(pair.b.count(ACTIVE)).toBe(0);
  });

  it('has its will’s queue in use from the first, however long it stands by before it is active', async () => {
    const { adminUrl, user, password } = await sharedRabbitMq();
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    await waitUntil(async () => {
      const answer = await fetch(`${adminUrl}/api/queues/${pair.vhost}`, { headers: { authorization } });
      const queues = (await answer.json()) as { name: string; consumers?: number }[];
      const wills = queues.filter(({ name }) => name.startsWith('praxis.service.will.'));
      return wills.length === 2 && wills.every(({ consumers }) => consumers === 1);
    }, 30_000);
  });

  it('that is killed is followed by the other, and stands by when it is started again', async () => {
    const turn = await streaming();
    const links: string[] = [];
    client.onLink(({ kind }) => links.push(kind));
    await pair.a.part.kill();
    await turn.more();
    expect(links).toEqual(['service_lost', 'connected']);
    pair.a.part.start();
    await pair.a.until(STANDBY);
    await pair.b.part.kill();
    await turn.more();
    await turn.end();
    expect(pair.a.count(ACTIVE)).toBe(2);
  }, 180_000);

  it('that is stopped politely is followed at once', async () => {
    const turn = await streaming();
    await pair.a.part.stop();
    await turn.more();
    await turn.end();
  }, 120_000);

  it('that is frozen is followed, and wakes as a standby that can follow in its turn', async () => {
    const turn = await streaming();
    process.kill(pair.a.part.pid, 'SIGSTOP');
    await pair.b.until(ACTIVE);
    await turn.more();
    const before = pair.a.said.length;
    process.kill(pair.a.part.pid, 'SIGCONT');
    await pair.a.until(STANDBY);
    expect(pair.a.count(DEPOSED)).toBe(1);
    expect(pair.a.said.slice(before).map(({ msg }) => msg)).not.toContain(ACTIVE);
    await knows(pair.b, pair.a);
    await turn.more();
    process.kill(pair.b.part.pid, 'SIGSTOP');
    await pair.a.until(ACTIVE, 2);
    await turn.more();
    process.kill(pair.b.part.pid, 'SIGCONT');
    await turn.end();
  }, 180_000);

  it.each([
    ['from everything', ['broker', 'database']],
    ['from the broker', ['broker']],
    ['from the database', ['database']],
  ] as const)(
    'that is cut off %s is followed, and stands by when the network is back',
    async (_name, from) => {
      const turn = await streaming();
      pair.a.partition(...from);
      await pair.b.until(ACTIVE);
      await turn.more();
      pair.a.heal();
      await pair.a.until(STANDBY);
      await turn.more();
      expect(pair.a.count(ACTIVE)).toBe(1);
      await turn.end();
    },
    180_000,
  );
});
