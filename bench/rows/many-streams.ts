/** Many sessions that stream at once, each to a viewer: whether anybody is disconnected, and whether each chunk comes once and in its place. */
import type { RabbitMqAddress } from '../../tests/support/rabbitmq.js';
import { System } from '../../tests/support/system.js';
import { ms, percentile, whole } from '../stats.js';
import { writeStreamingAgent } from '../streaming-agent.js';
import type { Row } from '../target.js';

const SESSIONS = 500;
/** Sessions that are opened at a time. */
const AT_ONCE = 8;
/** Chunks of each, and seconds between two. */
const CHUNKS = 40;
const PAUSE = 0.5;

/** What service and node say in their log when they lose the broker, or find it again. */
const LOST = /"the bus changed"|"bus lost"|"bus"/;

interface Seen {
  numbers: number[];
  delays: number[];
}

export async function manyStreams(rabbit: RabbitMqAddress | undefined): Promise<Row[]> {
  const system = await System.start({
    ...(rabbit && { rabbit }),
    node: (root) => ({
      agents: { streaming: { command: [writeStreamingAgent(root, CHUNKS, PAUSE)], env: {} } },
    }),
  });
  try {
    const client = await system.client();
    const seen = new Map<string, Seen>();
    let begun = 0;
    const open = async () => {
      while (begun++ < SESSIONS) {
        const mine: Seen = { numbers: [], delays: [] };
        const { sessionId } = await client.newSession(
          { connector: 'streaming', cwd: system.work },
          ({ at, frame }) => {
            const text = /"agent_message_chunk".*"text":"(\d+)"/.exec(frame.line)?.[1];
            if (text === undefined) return;
            mine.numbers.push(Number(text));
            mine.delays.push(Date.now() - at);
          },
        );
        seen.set(sessionId, mine);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, open));
    const links: string[] = [];
    client.onLink(({ kind }) => links.push(kind));
    const log = system.log().length;
    const turns = [...seen.keys()].map((id) => client.prompt(id, [{ type: 'text', text: 'Go' }]).result);
    await Promise.all(turns);
    const all = [...seen.values()];
    const disconnects =
      links.length +
      system
        .log()
        .slice(log)
        .split('\n')
        .filter((line) => LOST.test(line)).length;
    const sum = (of: (one: Seen) => number) => all.reduce((total, one) => total + of(one), 0);
    const lost = sum(({ numbers }) => CHUNKS - new Set(numbers).size);
    const doubled = sum(({ numbers }) => numbers.length - new Set(numbers).size);
    const outOfOrder = sum(({ numbers }) => (numbers.some((n, i) => n <= (numbers[i - 1] ?? 0)) ? 1 : 0));
    const p99 = percentile(
      all.flatMap(({ delays }) => delays),
      0.99,
    );
    return [
      {
        what: `${SESSIONS} sessions streaming at once, ${1 / PAUSE} updates/s each${rabbit ? '' : ', embedded broker'}: disconnects / lost / duplicated / out of order`,
        praxis: `${disconnects} / ${lost} / ${doubled} / ${outOfOrder} in ${whole(sum(({ numbers }) => numbers.length))} updates; journal → viewer p99 ${ms(p99)}`,
        limit: '—',
        ratio: '—',
        target: '0 / 0 / 0 / 0',
      },
    ];
  } finally {
    await system.stop();
  }
}
