/** A short run of the fault suite over each broker, with a fixed seed. The full one: `npm run test:faults`. */
import { afterAll, describe, expect, it } from 'vitest';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { FAULTS } from './faults.js';
import { type Row, totals } from './report.js';
import { Results } from './results.js';
import type { BrokerKind } from './stage.js';
import { faultsFor, runPlan } from './suite.js';

const SHORT: Record<BrokerKind, string[]> = {
  embedded: [
    'kill -9 service',
    'kill -9 node',
    'kill -9 agent',
    'kill -9 the parent of an agent',
    'journal full',
    'delay node 0-500 ms',
    'every message twice',
    'clock +1 h',
    'client at 1 KB/s',
  ],
  rabbitmq: [
    'kill -9 service',
    'kill -9 active service',
    'kill -9 broker',
    'every message twice',
    'black hole service 5 s',
  ],
};

describe('under faults', () => {
  const all: Row[] = [];
  afterAll(() => console.log(totals(all)));

  it('are faults that the suite has', () => {
    const known = FAULTS.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(Object.values(SHORT).flat()));
  });

  for (const broker of ['embedded', 'rabbitmq'] as const)
    it.skipIf(broker === 'rabbitmq' && !rabbitMqInstalled())(
      `nothing is lost and nothing runs twice, over ${broker}`,
      async () => {
        const said: string[] = [];
        const faults = faultsFor(broker).filter(({ name }) => SHORT[broker].includes(name));
        const say = (line: string) => said.push(line);
        const stop = new AbortController().signal;
        // The runs 1 and 2 have a cancel and an urgent prompt in them.
        const results = new Results(1);
        await runPlan({
          ...{ broker, faults, seed: 1, runs: [1, 2], jobs: 2, stop, say },
          record: (fault, run, result) => results.add({ broker, fault, run }, result),
        });
        const rows = results.rows(faults.map(({ name }) => ({ broker, fault: name })));
        all.push(...rows);
        expect(said).toEqual([]);
        expect(rows.every(({ lost, doubled, recovered }) => lost + doubled === 0 && recovered === 2)).toBe(
          true,
        );
        expect(rows).toHaveLength(faults.length);
      },
      300_000,
    );
});
