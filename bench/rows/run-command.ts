/** `praxis run demo` on a running system, as a whole process, beside the bare start of node and of the agent. */

import { runCommand } from '../../tests/support/system.js';
import type { PraxisTarget } from '../praxis-target.js';
import { median, ms, timed } from '../stats.js';
import type { Row } from '../target.js';

const ROUNDS = 15;

export async function runDemo(targets: readonly PraxisTarget[]): Promise<Row[]> {
  const bare: number[] = [];
  const over = targets.map((target) => ({ target, samples: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    const node = await timed(() =>
      runCommand([process.execPath, '-e', '0'], { env: process.env, cwd: process.cwd() }),
    );
    if (round > 0) bare.push(node);
    for (const { target, samples } of over) {
      const took = await timed(async () => {
        const { code, stdout, stderr } = await target.system.run(['run', 'demo', '/echo hi']);
        if (code !== 0 || !stdout.includes('hi')) throw new Error(`praxis run: ${code} ${stderr}`);
      });
      if (round > 0) samples.push(took);
    }
  }
  return over.map(({ samples }, i) => ({
    what: `praxis run demo, whole process${i === 0 ? '' : ', embedded broker'}`,
    praxis: ms(median(samples)),
    limit: `${ms(median(bare))} (bare start of node)`,
    ratio: `+ ${ms(median(samples) - median(bare))}`,
    target: '≤ 400 ms',
  }));
}
