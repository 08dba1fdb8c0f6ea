/** A short run of the fault suite over each broker, with a fixed seed. The full one: `npm run test:faults`. */
import { afterAll, describe, expect, it } from 'vitest';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import type { BrokerKind } from './stage.js';
import { faultsFor, type Row, runPlan, totals } from './suite.js';

const SHORT: Record<BrokerKind, string[]> = {
  embedded: ['kill -9 service', 'kill -9 node', 'kill -9 agent', 'journal full', 'delay node 0-500 ms'],
  rabbitmq: ['kill -9 service', 'kill -9 broker', 'every message twice'],
};

describe('under faults', () => {
  const all: Row[] = [];
  afterAll(() => console.log(totals(all)));

  for (const broker of ['embedded', 'rabbitmq'] as const)
    it.skipIf(broker === 'rabbitmq' && !rabbitMqInstalled())(
      `nothing is lost and nothing runs twice, over ${broker}`,
      async () => {
        const said: string[] = [];
        const faults = faultsFor(broker).filter(({ name }) => SHORT[broker].includes(name));
        const until = Number.POSITIVE_INFINITY;
        const say = (line: string) => said.push(line);
        const rows = await runPlan({ broker, faults, seed: 1, runs: [0], until, say });
        all.push(...rows);
        expect(said).toEqual([]);
        expect(rows.every(({ lost, doubled, recovered }) => lost + doubled === 0 && recovered === 1)).toBe(
          true,
        );
        expect(rows).toHaveLength(SHORT[broker].length);
      },
      300_000,
    );
});
