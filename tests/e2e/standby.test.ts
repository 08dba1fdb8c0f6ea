/**
 * Two services, one active, one standing by: whatever becomes of the active one while an agent streams, the other goes on,
 * nothing is lost or doubled, and the old one neither writes nor speaks after that.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { freshDatabase, sharedRabbitMq } from '../support/brokers.js';
import { postgresInstalled } from '../support/postgres.js';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { ACTIVE, DEPOSED, type Member, ServicePair, STANDBY } from '../support/service-pair.js';
import { waitUntil } from '../support/wait.js';
import { scriptedAgent } from './agents/scripted.js';
import { StreamingTurn } from './streaming-turn.js';

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

  const streaming = () => StreamingTurn.start(client, { ...pair, log });

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
    await turn.seen();
    expect(links).toEqual(['service_lost', 'connected']);
    pair.a.part.start();
    await pair.a.until(STANDBY);
    await pair.b.part.kill();
    await turn.seen();
    await turn.end();
    expect(pair.a.count(ACTIVE)).toBe(2);
  }, 180_000);

  it('that is stopped politely is followed at once', async () => {
    const turn = await streaming();
    await pair.a.part.stop();
    await turn.seen();
    await turn.end();
  }, 120_000);

  it('that is frozen is followed, and wakes as a standby that can follow in its turn', async () => {
    const turn = await streaming();
    process.kill(pair.a.part.pid, 'SIGSTOP');
    await pair.b.until(ACTIVE);
    await turn.seen();
    const before = pair.a.said.length;
    process.kill(pair.a.part.pid, 'SIGCONT');
    await pair.a.until(STANDBY);
    expect(pair.a.count(DEPOSED)).toBe(1);
    expect(pair.a.said.slice(before).map(({ msg }) => msg)).not.toContain(ACTIVE);
    await knows(pair.b, pair.a);
    await turn.seen();
    process.kill(pair.b.part.pid, 'SIGSTOP');
    await pair.a.until(ACTIVE, 2);
    await turn.seen();
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
      await turn.seen();
      pair.a.heal();
      await pair.a.until(STANDBY);
      await turn.seen();
      expect(pair.a.count(ACTIVE)).toBe(1);
      await turn.end();
    },
    180_000,
  );
});
