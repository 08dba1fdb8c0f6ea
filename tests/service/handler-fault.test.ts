/** A handler that throws has a fault. Nothing of what it did half stays, and nothing that came with it is lost or reordered. */
import { describe, expect, it } from 'vitest';
import type { Disposition } from '../../bus/index.js';
import { type ErrorObject, isFault, newId } from '../../proto/index.js';
import { Committer, type Input, MAX_DRAFT_EVENTS } from '../../service/commit.js';
import { Journal } from '../../service/sessions/journal.js';
import { emptyOpening, Session, Sessions } from '../../service/sessions/session.js';
import { SqliteDatabase } from '../../service/store/index.js';
import { chunk, ManualClock, promptOf, quiet, settled, World } from '../support/service-world.js';
import { lead } from '../support/stores.js';
import { waitUntil } from '../support/wait.js';

const DONE = { stopReason: 'end_turn' };

/** From now on, the clock of the world throws when it is asked for the `count`th time, once. */
function failAt(world: World, count: number): void {
  const { now } = world.clock;
  let left = count;
  world.clock.now = () => {
    if (--left > 0) return now();
    world.clock.now = now;
    throw new Error('a fault');
  };
}

describe('a handler that fails', () => {
  // The prompt is noted as a turn before its event is written, and its event before its session is said to work.
  it.each([1, 2, 3])(
    'at step %i tells the client, leaves nothing of the prompt behind, and runs it once when it is sent again',
    async (step) => {
      const world = await World.start();
      const { node, client, sessionId } = await world.session();
      const before = await world.store.events(sessionId, 0, 100);
      const turn = newId();
      failAt(world, step);
      const refused = await client.call<{ error: ErrorObject }>(
        'session/prompt',
        promptOf(sessionId, 'hi', turn),
        11,
      );
      expect(isFault(refused.error)).toBe(true);
      expect(node.requests('session/prompt')).toEqual([]);
      expect(await world.store.events(sessionId, 0, 100)).toEqual(before);
      const found = await client.call('_praxis/session/find', { prefix: sessionId });
      expect(found).toMatchObject({
        sessions: [{ state: 'idle', seq: before.length, title: null, queued: 0 }],
      });
      await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 12);
      await settled();
      expect(node.requests('session/prompt').map(({ id }) => id)).toEqual([turn]);
      await node.answer(sessionId, turn, DONE);
      await settled();
      expect(client.answersTo(12)[0]?.result).toEqual(DONE);
    },
  );

  it('keeps what a node said in the same message and in those around it, in order', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    await settled();
    failAt(world, 5);
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const said = [
      node.text(sessionId, 'a', 'b'),
      node.text(sessionId, 'c'),
      node.say(sessionId, ...['d', 'e'].map((text) => chunk(sessionId, text))),
      node.text(sessionId, 'f'),
    ];
    expect(await Promise.all(said)).toEqual(['ack', 'drop', 'ack', 'ack']);
    await settled();
    const heard = client.story().filter((told) => told.startsWith('session/update'));
    expect(heard).toEqual(texts.filter((text) => text !== 'c').map((text) => `session/update ${text}`));
    const seqs = client.events().map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });
});

describe('a draft with a faulty input in it', () => {
  /** A committer over a real store, with one session to change. */
  async function start() {
    const store = await lead(await SqliteDatabase.open(':memory:'));
    const sessions = new Sessions();
    const clock = new ManualClock();
    const disk = { full: false };
    /** How many events each transaction held. */
    const commits: number[] = [];
    const committer = new Committer({
      store: {
        commit: async (batch) => {
          if (disk.full) throw new Error('disk full');
          commits.push(batch.events.length);
          await store.commit(batch);
        },
      },
      clock,
      log: quiet,
      secured: () => Promise.resolve(),
      fenced: () => {},
      async reload(ids) {
        const rows = await store.loadSessions(ids, 0);
        for (const id of ids) if (!rows.sessions.some((row) => row.id === id)) sessions.remove(id);
        sessions.restore(rows);
      },
      saved: () => {},
    });
    const journal = new Journal({ committer, clock, changed: () => {} });
    const id = newId();
    const record = {
      ...{ id, node: 'box', connector: 'demo', agent: 'Demo', cwd: '/', title: null, state: 'idle' as const },
      ...{ reason: null, yolo: 0, seq: 0, epoch: 1, nodeBoot: null, nodeSeq: 0, createdAt: 1, updatedAt: 1 },
      ...{ size: 0, settings: '{}' },
    };
    sessions.add(new Session(record, emptyOpening(id)));
    const settledAs = new Map<string, Disposition>();
    const run = (name: string, more: Partial<Input> = {}) =>
      void committer
        .run({ about: () => [id], handle: () => write(name), ...more })
        .then((disposition) => settledAs.set(name, disposition));
    const write = (name: string) => {
      journal.append(sessions.get(id)!, `"${name}"`);
      if (name.startsWith('bad')) throw new Error('a fault');
    };
    run('made');
    await settled();
    const frames = async () => (await store.events(id, 0, 100_000)).map(({ frame }) => JSON.parse(frame));
    return { run, write, frames, settledAs, disk, clock, commits };
  }

  it('is handled again without it, in order, and with the good parts of what can be split', async () => {
    const { run, write, frames, settledAs } = await start();
    const part = (name: string): Input => ({ handle: () => write(name) });
    const parts = ['x', 'bad y', 'z'];
    run('a');
    run('several', {
      handle: () => parts.forEach(write),
      split: () => parts.map(part),
    });
    run('b');
    run('bad');
    run('c');
    await settled();
    expect(await frames()).toEqual(['made', 'a', 'x', 'z', 'b', 'c']);
    expect(Object.fromEntries(settledAs)).toEqual({
      ...{ made: 'ack', a: 'ack', several: 'ack', b: 'ack', bad: 'drop', c: 'ack' },
    });
  });

  it('waits with the others when the draft before it cannot be written', async () => {
    const { run, frames, settledAs, disk, clock } = await start();
    disk.full = true;
    run('a');
    await Promise.resolve();
    run('b');
    run('bad');
    run('c');
    await settled();
    expect(await frames()).toEqual(['made']);
    disk.full = false;
    await clock.advance(1_000);
    await settled();
    expect(await frames()).toEqual(['made', 'a', 'b', 'c']);
    expect(settledAs.get('bad')).toBe('drop');
  });

  it('takes no more than fits into one short transaction; the rest keeps its order, whatever fails in the middle', async () => {
    const { run, write, frames, settledAs, disk, clock, commits } = await start();
    const flood = Array.from({ length: 12 }, (_, i) => `m${i}`);
    const many = (name: string) => {
      for (let i = 0; i < MAX_DRAFT_EVENTS / 2; i++) write(`${name}.${i}`);
    };
    commits.length = 0;
    for (const name of flood) run(name, { handle: () => many(name) });
    await waitUntil(() => settledAs.size === 1 + flood.length);
    expect(commits).toEqual(Array(flood.length / 2).fill(MAX_DRAFT_EVENTS));
    disk.full = true;
    for (const name of ['u', 'v', 'w']) run(name, { handle: () => many(name) });
    for (const name of ['bad x', 'y', 'z']) run(name);
    await settled();
    disk.full = false;
    await clock.advance(1_000);
    await waitUntil(() => settledAs.has('z'));
    const all = [...flood, 'u', 'v', 'w'].flatMap((name) =>
      Array.from({ length: MAX_DRAFT_EVENTS / 2 }, (_, i) => `${name}.${i}`),
    );
    expect(await frames()).toEqual(['made', ...all, 'y', 'z']);
    expect(settledAs.get('bad x')).toBe('drop');
  });
});
