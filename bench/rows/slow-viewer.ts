/**
 * What a viewer costs that reads 1 KB in a second, while its agent says a thousand things in a second: the memory of the service (and of
 * the broker in it), and what another viewer of the same session waits longer for.
 */
import { AGENT, Stage } from '../../tests/faults/stage.js';
import { residentBytes } from '../../tests/support/processes.js';
import { mib, ms, percentile, times } from '../stats.js';
import type { Row } from '../target.js';

const STREAM = '/stream 15000 64 1';
const SLOW = 1_024;

export async function slowViewer(): Promise<Row[]> {
  const stage = await Stage.start('embedded');
  try {
    const near = await stage.client('near');
    const far = await stage.client('far');
    const latencies: number[] = [];
    const { sessionId, cursor } = await near.newSession(
      { connector: AGENT, cwd: stage.system.work },
      ({ at, frame }) => {
        if (frame.line.includes('"agent_message_chunk"')) latencies.push(Date.now() - at);
      },
    );
    const stream = async () => {
      latencies.length = 0;
      await near.prompt(sessionId, [{ type: 'text', text: STREAM }]).result;
      return percentile(latencies, 0.99);
    };
    await stream();
    const alone = await stream();
    const before = residentBytes(stage.system.service.pid);
    // It has what was said before; what it lags behind with is what is said from now on.
    await far.attach(sessionId, cursor.seq, () => undefined);
    stage.clientProxy('far').rate = SLOW;
    const beside = await stream();
    const cost = Math.max(0, residentBytes(stage.system.service.pid) - before);
    stage.clientProxy('far').rate = undefined;
    return [
      {
        what: 'a viewer at 1 KB/s beside 1,000 updates/s: memory of service and embedded broker',
        praxis: mib(cost),
        limit: '64 MiB (its queue)',
        ratio: times(cost / (64 * 1024 * 1024)),
        target: '≤ 64 MiB',
      },
      {
        what: 'the same: journal → another viewer, p99',
        praxis: ms(beside),
        limit: `${ms(alone)} (without the slow one)`,
        ratio: times(beside / Math.max(alone, 1)),
        target: '≤ 2 ×',
      },
    ];
  } finally {
    await stage.stop();
  }
}
