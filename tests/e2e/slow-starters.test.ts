/** Agents that never come up, silent or loud: ended at the time limit with a reason, while a session beside them works. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../../client/index.js';
import { AGENT_START_MS, ErrorCode } from '../../proto/index.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { text } from '../support/watch.js';
import { scriptedAgent, steps } from './agents/scripted.js';

overBothBrokers('an agent that never comes up', (start) => {
  let system: System;
  let client: Client;
  beforeAll(async () => {
    system = await start({
      node: () => ({
        agents: {
          scripted: scriptedAgent(),
          hang: scriptedAgent({ start: 'hang' }),
          flood: scriptedAgent({ start: 'flood' }),
        },
      }),
    });
    client = await system.client();
  });
  afterAll(() => system.stop());

  const open = (connector: string) => client.newSession({ connector, cwd: system.work }, () => undefined);

  it(
    'is ended with a reason, and nobody else waits for it',
    async () => {
      const failed = Promise.all(
        ['hang', 'flood'].map((connector) =>
          open(connector).then(
            () => undefined,
            (error: { code: number }) => error.code,
          ),
        ),
      );
      const { sessionId } = await open('scripted');
      const { result } = client.prompt(sessionId, text(steps({ say: 1 })));
      expect(await result).toMatchObject({ stopReason: 'end_turn' });
      await client.closeSession(sessionId);
      expect(await failed).toEqual([ErrorCode.AgentStartFailed, ErrorCode.AgentStartFailed]);
      await waitUntil(() => system.processes().length === 2);
    },
    AGENT_START_MS + 20_000,
  );
});
