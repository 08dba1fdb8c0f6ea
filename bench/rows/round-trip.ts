/** A prompt and its answer: client → service → node → agent and back, four hops of the broker. */
import { median, ms, percentile, timed, times } from '../stats.js';
import type { Row, Target } from '../target.js';

const ROUNDS = 10;
const PROMPTS = 100;
/** Prompts after which the compilers of all processes have done most of what they will do: a system that runs is measured. */
const WARM_UP = 1_000;

export async function roundTrip(praxis: Target, embedded: Target, relay: Target): Promise<Row[]> {
  const all = [praxis, embedded, relay];
  const samples = new Map<Target, number[][]>(all.map((target) => [target, []]));
  const sessions = new Map(
    await Promise.all(all.map(async (target) => [target, await target.open()] as const)),
  );
  for (const session of sessions.values()) for (let i = 0; i < WARM_UP; i++) await session.prompt('/echo hi');
  for (let round = 0; round < ROUNDS; round++)
    for (const target of all) {
      const session = sessions.get(target)!;
      const taken: number[] = [];
      for (let i = 0; i < PROMPTS; i++) taken.push(await timed(() => session.prompt('/echo hi')));
      samples.get(target)!.push(taken);
    }
  for (const session of sessions.values()) await session.close();
  const at = (target: Target, share: number) =>
    median(samples.get(target)!.map((round) => percentile(round, share)));
  const row = (target: Target, share: number, name: string, goal: string): Row => ({
    what: `prompt round trip ${name}${target === embedded ? ', embedded broker' : ''}`,
    praxis: ms(at(target, share)),
    limit: `${ms(at(relay, share))} (${relay.name})`,
    ratio: times(at(target, share) / at(relay, share)),
    target: goal,
  });
  return [
    row(praxis, 0.5, 'p50', '≤ 1.5 ×'),
    row(praxis, 0.99, 'p99', '—'),
    row(embedded, 0.5, 'p50', '—'),
    row(embedded, 0.99, 'p99', '—'),
  ];
}
