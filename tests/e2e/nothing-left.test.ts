/** When a session or a node ends, nothing of it is left running, not even what an agent started behind everyone's back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';

overBothBrokers('what is left running', (start) => {
  let system: System;
  let client: Client;
  beforeEach(async () => {
    system = await start({ node: () => ({ agents: { scripted: scriptedAgent() } }) });
    client = await system.client();
  });
  afterEach(() => system.stop());

  const alive = (pid: number) => system.processes().some((process) => process.pid === pid);
  const parts = () => [system.service, system.node].filter((part) => part.running).length;

  /** A session whose agent has started a process of its own. */
  async function sessionWithChild(): Promise<{ sessionId: string; child: number }> {
    const file = join(system.root, `child-${Math.random()}`);
    const { sessionId } = await client.newSession(
      { connector: 'scripted', cwd: system.work },
      () => undefined,
    );
    await client.prompt(sessionId, text(steps({ child: file }))).result;
    expect(existsSync(file)).toBe(true);
    const child = Number(readFileSync(file, 'utf8'));
    expect(alive(child)).toBe(true);
    return { sessionId, child };
  }

  it('is nothing of a session that was closed', async () => {
    const { sessionId, child } = await sessionWithChild();
    await client.closeSession(sessionId);
    await waitUntil(() => !alive(child));
    await waitUntil(() => system.processes().length === parts());
  });

  it('is nothing of a node that was stopped, though an agent was busy and deaf', async () => {
    const { sessionId, child } = await sessionWithChild();
    const other = await client.newSession({ connector: 'scripted', cwd: system.work }, () => undefined);
    client.prompt(other.sessionId, text(steps({ deaf: true }))).result.catch(() => undefined);
    await waitUntil(async () => (await client.findSession(other.sessionId)).state === 'working');
    await system.node.stop();
    await waitUntil(() => system.processes().length === parts());
    expect(alive(child)).toBe(false);
    await waitUntil(async () => (await client.findSession(sessionId)).state === 'lost');
  });

  it('is nothing of a node that was killed, once it is started again', async () => {
    const { sessionId, child } = await sessionWithChild();
    await system.node.restart();
    await waitUntil(() => !alive(child), 20_000);
    await waitUntil(() => system.processes().length === parts(), 20_000);
    await waitUntil(async () => (await client.findSession(sessionId)).state === 'lost');
  });
});
