/** `session/new` beside the bare start of its agent: spawn, initialize, session/new on a pipe. */
import { AcpPeer } from '../../tests/support/acp-peer.js';
import { median, ms, timed } from '../stats.js';
import type { Row, Target } from '../target.js';

const ROUNDS = 25;

export async function sessionNew(
  praxis: Target,
  embedded: Target,
  agent: readonly string[],
  cwd: string,
): Promise<Row[]> {
  const bare: number[] = [];
  const over = new Map<Target, number[]>([praxis, embedded].map((target) => [target, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    let peer: AcpPeer | undefined;
    const start = await timed(async () => {
      peer = new AcpPeer(agent, { cwd });
      await peer.initialize();
      await peer.newSession(cwd);
    });
    await peer!.close();
    if (round > 0) bare.push(start);
    for (const [target, samples] of over) {
      let close = async () => {};
      const took = await timed(async () => {
        const session = await target.open();
        close = () => session.close();
      });
      await close();
      if (round > 0) samples.push(took);
    }
  }
  return [...over].map(([target, samples]) => ({
    what: `session/new${target === embedded ? ', embedded broker' : ''}`,
    praxis: ms(median(samples)),
    limit: `${ms(median(bare))} (bare spawn + initialize + session/new)`,
    ratio: `+ ${ms(median(samples) - median(bare))}`,
    target: '≤ + 15 ms',
  }));
}
