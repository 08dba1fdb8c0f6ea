/** The list of all sessions, as `praxis session list --all` and the screen read it: page by page, checked and parsed. */
import { newId, notificationLine, type SessionId } from '../../proto/index.js';
import type { PraxisTarget } from '../praxis-target.js';
import { ms, percentile, timed } from '../stats.js';
import type { Row } from '../target.js';

const SESSIONS = 10_000;
const AT_ONCE = 200;
const ROUNDS = 40;

export async function listing({ name, system }: PraxisTarget): Promise<Row[]> {
  const client = await system.client();
  const head = {
    ...{ node: 'here', connector: 'demo', agent: 'Demo agent', cwd: system.work, yolo: false, createdAt: 1 },
    title: 'A session of an earlier day, with a title of the usual length',
  };
  const make = async () => {
    const sessionId: SessionId = newId();
    const frame = notificationLine('_praxis/session/notice', {
      ...{ sessionId, at: 1, severity: 'info', text: 'imported' },
    });
    const events = [{ seq: 1, epoch: 1, at: 1, frame }];
    await client.call('_praxis/session/import', {
      ...{ sessionId, head: { ...head, sessionId }, events, last: true },
    });
  };
  for (let made = 0; made < SESSIONS; made += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, make));
  const samples: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const took = await timed(async () => {
      const sessions = await client.listSessions({ all: true });
      if (sessions.length < SESSIONS)
        throw new Error(`${sessions.length} of ${SESSIONS} sessions were listed`);
    });
    if (round > 0) samples.push(took);
  }
  return [
    {
      what: `${SESSIONS.toLocaleString('en-US')} sessions listed p95, ${name}`,
      praxis: ms(percentile(samples, 0.95)),
      limit: `${ms(percentile(samples, 0.5))} (its own p50)`,
      ratio: '—',
      target: '≤ 200 ms',
    },
  ];
}
