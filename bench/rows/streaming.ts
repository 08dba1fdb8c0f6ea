/** Streamed frames per second, node → client, with many sessions at once. */
import { median, timed, times, whole } from '../stats.js';
import type { Row, Target } from '../target.js';

const ROUNDS = 5;
/** Frames of one round, over all its sessions, and bytes of text in each. */
const FRAMES = 64_000;
const BYTES = 64;

export interface StreamingTargets {
  praxis: Target;
  embedded: Target;
  single: Target;
  gathered: Target;
}

export async function streaming(targets: StreamingTargets, sessionCount: number): Promise<Row[]> {
  const all = Object.values(targets) as Target[];
  const rates = new Map<Target, number[]>(all.map((target) => [target, []]));
  const open = new Map(
    await Promise.all(
      all.map(async (target) => {
        const sessions = [];
        for (let i = 0; i < sessionCount; i++) sessions.push(await target.open());
        return [target, sessions] as const;
      }),
    ),
  );
  const each = FRAMES / sessionCount;
  for (let round = 0; round <= ROUNDS; round++)
    for (const target of all) {
      const run = open.get(target)!.map(async (session) => {
        const { frames } = await session.prompt(`/stream ${each} ${BYTES}`);
        if (frames !== each) throw new Error(`${target.name} delivered ${frames} of ${each} frames`);
      });
      const took = await timed(() => Promise.all(run));
      // The first round warms up.
      if (round > 0) rates.get(target)!.push((FRAMES / took) * 1_000);
    }
  await Promise.all([...open.values()].flat().map((session) => session.close()));
  const rate = (target: Target) => median(rates.get(target)!);
  const { praxis, embedded, single, gathered } = targets;
  const row = (target: Target, limit: Target, goal: string): Row => ({
    what: `streamed frames/s, ${sessionCount} session${sessionCount > 1 ? 's' : ''}${target === embedded ? ', embedded broker' : ''}`,
    praxis: whole(rate(target)),
    limit: `${whole(rate(limit))} (${limit.name})`,
    ratio: times(rate(target) / rate(limit)),
    target: goal,
  });
  return [row(praxis, single, '≥ 0.7 ×'), row(praxis, gathered, '—'), row(embedded, single, '—')];
}
