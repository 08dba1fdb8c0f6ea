/** From a prompt to its place in the journal: what a person waits for until the screen says that it was taken. */
import type { PraxisTarget } from '../praxis-target.js';
import { ms, percentile } from '../stats.js';
import type { Row } from '../target.js';

const PROMPTS = 500;
const WARM_UP = 50;
/** Milliseconds. */
const TARGET = 50;

export async function accepted(targets: readonly PraxisTarget[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, system } of targets) {
    const client = await system.client();
    const { sessionId } = await client.newSession({ connector: 'demo', cwd: system.work }, () => undefined);
    const samples: number[] = [];
    for (let i = 0; i < PROMPTS + WARM_UP; i++) {
      const start = performance.now();
      const turn = client.prompt(sessionId, [{ type: 'text', text: '/echo hi' }]);
      await turn.accepted;
      if (i >= WARM_UP) samples.push(performance.now() - start);
      await turn.result;
    }
    await client.closeSession(sessionId);
    const [p50, p99] = [percentile(samples, 0.5), percentile(samples, 0.99)];
    rows.push({
      what: `prompt accepted (journal + confirm) p99, ${name}`,
      praxis: ms(p99),
      limit: `${ms(p50)} (its own p50)`,
      ratio: `${(p99 / p50).toFixed(2)} ×`,
      target: `≤ ${TARGET} ms`,
    });
  }
  return rows;
}
