/**
 * In the middle of a long turn that a person started on the screen, the service, the broker and the screen are killed (-9) one after
 * another. When they are started again the transcript is whole and the turn has ended once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { count } from '../faults/count.js';
import { RabbitMq, rabbitMqInstalled } from '../support/rabbitmq.js';
import { PRAXIS, System } from '../support/system.js';
import { KEY, TestTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait.js';
import { Watch } from '../support/watch.js';
import { readJournal } from './journal.js';

const MARK = 'mark-of-the-long-turn';
const CHUNKS = 300;

let rabbit: RabbitMq | undefined;
let system: System | undefined;
const terminals: TestTerminal[] = [];

afterEach(async () => {
  for (const terminal of terminals.splice(0)) terminal.kill();
  await system?.stop();
  await rabbit?.stop();
  system = rabbit = undefined;
});

async function open({ env, work }: System): Promise<TestTerminal> {
  const own = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  const terminal = new TestTerminal(process.execPath, [PRAXIS], {
    columns: 100,
    rows: 32,
    cwd: work,
    env: own as Record<string, string>,
  });
  terminals.push(terminal);
  await terminal.waitFor('● connected', 30_000);
  return terminal;
}

const said = ({ root }: System): string[] =>
  readFileSync(join(root, 'agent.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"session/update"'));

for (const broker of ['embedded', 'rabbitmq'] as const)
  it.skipIf(broker === 'rabbitmq' && !rabbitMqInstalled())(
    `a long turn outlives the service, the broker and the screen, over ${broker}`,
    async () => {
      if (broker === 'rabbitmq') rabbit = await RabbitMq.start();
      system = await System.start({
        ...(rabbit && { rabbit: rabbit.toJSON() }),
        env: (root) => ({ DEMO_AGENT_LOG: join(root, 'agent.log') }),
      });
      const own = system;
      const screen = await open(own);
      await screen.waitFor('Demo agent');
      screen.type(KEY.enter);
      await screen.waitFor('Working directory');
      screen.type(KEY.enter);
      await screen.waitFor('The agent is ready');
      screen.type(`/say ${MARK} && /stream ${CHUNKS} 16 20${KEY.enter}`);
      await screen.waitFor(MARK, 20_000);

      // The agent goes on meanwhile: each is killed at another place of its answer.
      const further = async (chunks: number) => {
        const from = said(own).length;
        await waitUntil(() => said(own).length >= from + chunks, 20_000, 10);
      };
      await further(20);
      await own.service.kill();
      await further(20);
      await rabbit?.kill();
      process.kill(screen.pid, 'SIGKILL');
      await further(20);
      await rabbit?.boot();
      own.service.start();
      // The screen would start a service of its own where it finds none.
      const client = await own.client();

      const again = await open(own);
      await again.waitFor('1 session', 30_000);
      again.type(KEY.ctrl('w'));
      await again.waitFor('Live sessions');
      again.type(KEY.enter);
      await again.waitFor('─ done', 60_000);
      expect(again.text()).toContain(`${CHUNKS} `);

      const [session] = await client.listSessions();
      const { sessionId } = session!;
      const journal = await readJournal(client, sessionId);
      const watch = await Watch.attach(client, sessionId);
      await waitUntil(() => watch.events.length >= journal.length);
      const native = (JSON.parse(said(own)[0]!) as { params: { sessionId: string } }).params.sessionId;
      expect(
        count({
          said: said(own).map((line) => line.replaceAll(native, sessionId)),
          cutAt: undefined,
          journal,
          viewers: [watch.events],
          prompts: [MARK],
        }),
      ).toEqual({ lost: 0, doubled: 0, cut: 0, problems: [] });
    },
    180_000,
  );
