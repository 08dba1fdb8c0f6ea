/**
 * Prompts of one session while its node, its agent, the bus and the service come and go in an order that a seed decides. Whatever
 * happens, no prompt runs twice, none is answered twice, and once all is well again none is left waiting.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ErrorCode, errorLine, newId, notificationLine, PraxisError, ReopenMeta } from '../../proto/index.js';
import { Random } from '../faults/random.js';
import { opened, promptOf, settled, type TestClient, World } from '../support/service-world.js';

const SEEDS = 40;
const STEPS = 30;

async function start(random: Random) {
  /** In so many of 100 cases. */
  const often = (percent: number) => random.between(1, 100) <= percent;
  const file = join(mkdtempSync(join(tmpdir(), 'px-fuzz-')), 'db');
  const world = await World.start(file);
  const { node, client, sessionId } = await world.session();
  let user: TestClient = client;
  const asked: { turn: string; id: number; by: TestClient }[] = [];
  /** How often each turn ran. */
  const runs = new Map<string, number>();
  // Of the node's run: what it was sent, what its agent works on, what it says when it is connected again.
  let known = new Set<string>();
  let working: string[] = [];
  let unsaid: (() => void)[] = [];
  let connected = true;
  let dying = false;

  const say = (words: () => unknown) => {
    const said = () => void (node.sessions.has(sessionId) && words());
    if (connected) said();
    else unsaid.push(said);
  };
  const isNew = (id: string) => known.size !== known.add(id).size;
  node.onOther = (frame, session) => {
    if (frame.method !== 'session/resume' || !isNew(String(frame.id))) return;
    const { epoch } = ReopenMeta.parse((frame.params._meta as { praxis: unknown }).praxis);
    node.sessions.set(session!, { seq: 0, epoch });
    const starts = !often(15);
    say(() => {
      if (starts) return node.answer(sessionId, frame.id, opened(sessionId));
      const told = node.say(
        sessionId,
        errorLine(frame.id, new PraxisError(ErrorCode.AgentStartFailed, 'no')),
      );
      node.sessions.delete(sessionId);
      return told;
    });
  };
  node.onPrompt = (session, { id }) => {
    const turn = String(id);
    if (dying || !node.sessions.has(session) || !isNew(turn)) return;
    runs.set(turn, (runs.get(turn) ?? 0) + 1);
    if (often(40)) say(() => node.answer(session, id, { stopReason: 'end_turn' }));
    else working.push(turn);
  };
  const dies = () => {
    connected = false;
    known = new Set();
    working = [];
    unsaid = [];
    node.boot = newId();
    node.sessions.clear();
    node.vanish();
  };
  const comes = async () => {
    connected = true;
    node.listen();
    await node.hello();
    for (const words of unsaid.splice(0)) words();
  };
  const prompt = async () => {
    const [turn, id] = [newId(), asked.length + 100];
    asked.push({ turn, id, by: user });
    const { _meta, ...params } = promptOf(sessionId, String(id), turn);
    const praxis = { ..._meta?.praxis, urgent: often(20) };
    await user.ask('session/prompt', { ...params, _meta: { praxis } }, id);
  };
  const works = () => {
    const turn = working.shift();
    if (turn) say(() => node.answer(sessionId, turn, { stopReason: 'end_turn' }));
  };
  /** Answers what the agent works on, as a node does before it says that the agent has ended. */
  const gives = async (answer: (turn: string) => Promise<unknown>) => {
    dying = true;
    for (const turn of working.splice(0)) await answer(turn);
    dying = false;
  };

  const steps: (() => unknown)[] = [
    prompt,
    prompt,
    works,
    () => user.notify('session/cancel', { sessionId }),
    () => {
      connected = false;
      node.vanish();
    },
    () => connected || comes(),
    dies,
    () => {
      dies();
      return comes();
    },
    async function stops() {
      if (!connected) return;
      await node.hello({ leaving: true });
      if (node.sessions.has(sessionId))
        await gives((turn) => node.answer(sessionId, turn, { stopReason: 'cancelled' }));
      if (often(70)) await node.event({}, notificationLine('_praxis/node/bye', { boot: node.boot }));
      dies();
    },
    async function agentEnds() {
      const agent = node.sessions.get(sessionId);
      if (!connected || !agent) return;
      await gives((turn) =>
        node.say(sessionId, errorLine(turn, new PraxisError(ErrorCode.AgentLost, 'it died'))),
      );
      const params = { sessionId, code: 1, signal: null, detail: 'it died' };
      await node.say(sessionId, notificationLine('_praxis/agent/exited', params));
      if (node.sessions.get(sessionId) === agent) node.sessions.delete(sessionId);
    },
    async function timePasses() {
      if (connected) await node.beat();
      await world.clock.advance(random.between(0, 14_000));
    },
    async function serviceIsKilled() {
      await world.restart(file);
      user = await world.ready();
      if (connected && often(80)) await node.hello();
    },
    async function busIsAway() {
      world.bus.up = false;
      world.core.offline();
      await settled(2);
      world.bus.up = true;
      world.core.online();
      if (connected) await node.hello();
    },
  ];

  /** Everything is there and works, for four minutes. */
  const calm = async () => {
    if (!connected) await comes();
    for (let i = 0; i < 120; i++) {
      await settled(4);
      works();
      await node.beat();
      await world.clock.advance(2_000);
    }
  };
  return { world, sessionId, asked, runs, steps, calm };
}

const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);

it.each(seeds)('keeps every prompt: seed %i', async (seed) => {
  const random = new Random('waiting', seed);
  const { world, sessionId, asked, runs, steps, calm } = await start(random);
  for (let i = 0; i < STEPS; i++) {
    await steps[random.between(0, steps.length - 1)]!();
    await settled([0, 2, 12][random.between(0, 2)]);
  }
  await calm();
  const last = await world.ready();
  expect(await last.call('_praxis/turn/list', { sessionId })).toMatchObject({ turns: [] });
  // Whoever asks again hears how each ended; one that had been refused runs now.
  for (const { turn, id } of asked)
    await last.ask('session/prompt', promptOf(sessionId, String(id), turn), id);
  await calm();
  expect(asked.map(({ id }) => last.answersTo(id).length)).toEqual(asked.map(() => 1));
  expect(asked.filter(({ id, by }) => by.answersTo(id).length > 1)).toEqual([]);
  expect([...runs].filter(([, times]) => times > 1)).toEqual([]);
  await world.close();
});
