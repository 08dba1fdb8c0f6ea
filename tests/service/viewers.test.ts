import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { COMPANY_MS } from '../../service/clients/viewers.js';
import { promptOf, settled, storyOf, World } from '../support/service-world.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use once the garbage is gone. */
function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('viewers', () => {
  it('both see the whole turn', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const second = await world.ready('other');
    await second.call('_praxis/session/attach', { sessionId, after: 0 });
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn));
    await node.text(sessionId, 'a', 'b');
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    await settled();
    const seen = second.events().map(({ seq, frame }) => [seq, storyOf(frame)]);
    expect(seen).toEqual(client.events().map(({ seq, frame }) => [seq, storyOf(frame)]));
    expect(seen.map(([, told]) => told)).toContain('session/update b');
  });

  it('that come in the middle see everything from the start, once and in order', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'));
    const texts = numbers(3_000).map(String);
    for (const text of texts.slice(0, 1_500)) await node.text(sessionId, text);
    const late = await world.ready('late');
    const attached = late.call('_praxis/session/attach', { sessionId, after: 0 });
    for (const text of texts.slice(1_500)) void node.text(sessionId, text);
    await attached;
    await settled(40);
    const events = late.events();
    expect(events.map(({ seq }) => seq)).toEqual(numbers(events.length));
    expect(
      events.map(({ frame }) => storyOf(frame)).filter((told) => /^session\/update \d/.test(told)),
    ).toEqual(texts.map((text) => `session/update ${text}`));
    expect(late.story()[1]).toMatch(/^answer/);
  });

  it('go on after their cursor, or live without one', async () => {
    const world = await World.start();
    const { node, sessionId } = await world.session();
    await node.text(sessionId, 'a', 'b', 'c');
    const [cursor, live] = [await world.ready('one'), await world.ready('two')];
    expect(await cursor.call('_praxis/session/attach', { sessionId, after: 4 })).toMatchObject({ after: 4 });
    expect(await live.call('_praxis/session/attach', { sessionId })).toMatchObject({ after: 5 });
    await node.text(sessionId, 'd');
    await settled();
    expect(cursor.events().map(({ seq }) => seq)).toEqual([5, 6]);
    expect(live.events().map(({ seq }) => seq)).toEqual([6]);
  });

  it('start anew when they attach again, and stop when they detach', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    await client.call('_praxis/session/attach', { sessionId, after: 1 });
    await settled();
    expect(client.events().map(({ seq }) => seq)).toEqual([1, 2, 2]);
    await client.call('_praxis/session/detach', { sessionId });
    await node.text(sessionId, 'unseen');
    await settled();
    expect(client.events()).toHaveLength(3);
  });

  it('get numbered deliveries, and a client that is gone is forgotten while its turn goes on', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await settled();
    expect(client.deliveries).toEqual(numbers(client.deliveries.length));
    client.vanish();
    await node.text(sessionId, 'unheard');
    await settled();
    const before = world.bus.published;
    await node.text(sessionId, 'nobody is told');
    await settled();
    expect(world.bus.published).toBe(before);
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    client.listen();
    await client.initialize();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    await settled();
    expect(client.answersTo(11)[0]?.result).toEqual({ stopReason: 'end_turn' });
  });

  it('that only asked something and left are forgotten within two minutes; those that stay hear a word that they know', async () => {
    const world = await World.start();
    const { node } = await world.session();
    const [gone, stays] = [await world.ready('gone'), await world.ready('stays')];
    await world.clock.advance(200);
    gone.vanish();
    stays.heard.length = 0;
    for (let i = 0; i < 60; i++) {
      await node.beat();
      await world.clock.advance(2_000);
    }
    const told = stays.story();
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set(['_praxis/service/online']));
    // It is a stranger again: its request number 1 is no initialize.
    gone.listen();
    await gone.ask('_praxis/nodes', {}, 1);
    await settled();
    expect(gone.answersTo(1).at(-1)?.error?.code).toBe(-32600);
  });

  it('go on where they were when the bus was away', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
    world.bus.up = false;
    world.core.offline();
    await node.text(sessionId, 'a');
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    await settled();
    world.bus.up = true;
    world.core.online();
    await settled();
    expect(client.events().map(({ seq }) => seq)).toEqual(numbers(client.events().length));
    expect(client.answersTo(11)).toHaveLength(1);
    expect(client.story().indexOf('session/update a')).toBeLessThan(client.story().indexOf('answer 11'));
  });

  it('get the answers that the bus lost when it is back', async () => {
    const world = await World.start();
    const client = await world.ready();
    world.bus.up = false;
    await client.ask('_praxis/nodes', {}, 12);
    await settled();
    world.bus.up = true;
    world.core.online();
    await settled();
    expect(client.answersTo(12).map(({ result }) => result)).toEqual([{ nodes: [] }]);
  });

  it('of different sessions do not hear each other', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const other = await world.ready('other');
    const { sessionId: second } = await other.call<{ sessionId: string }>('session/new', { cwd: '/tmp' });
    await settled();
    for (let i = 0; i < 50; i++) {
      void node.text(sessionId, `first ${i}`);
      void node.text(second, `second ${i}`);
    }
    await settled(30);
    expect(client.story().filter((told) => told.includes('second'))).toEqual([]);
    expect(other.story().filter((told) => told.includes('first'))).toEqual([]);
    expect(client.story().filter((told) => told.includes('first'))).toHaveLength(50);
  });

  it('see 100,000 events of one turn in order, and nothing of it stays in memory', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'flood', turn), 11);
    const before = heap();
    let last = client.events().length;
    let texts = 0;
    const wrong: number[] = [];
    client.onEvents = (first, lines) => {
      if (first !== last + 1) wrong.push(first);
      last = first + lines.length - 1;
      for (const line of lines) {
        const told = /"text":"flood (\d+)"/.exec(line);
        if (told && Number(told[1]) !== ++texts) wrong.push(texts);
      }
    };
    for (let i = 0; i < 100_000; i += 500)
      await node.text(sessionId, ...numbers(500).map((n) => `flood ${i + n}`));
    await node.answer(sessionId, turn, { stopReason: 'end_turn' });
    await settled(50);
    expect(wrong).toEqual([]);
    expect(texts).toBe(100_000);
    expect(client.answersTo(11)).toHaveLength(1);
    expect(heap() - before).toBeLessThan(5 * 1024 * 1024);
  });

  it('hear that a turn runs with what comes of it, or a moment later by itself', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const running = ['_praxis/turn running', '_praxis/session/state working'];
    const heard = () => client.story().slice(-3);
    const before = heard();
    await client.ask('session/prompt', promptOf(sessionId, 'one', newId()));
    await settled();
    expect(heard()).toEqual(before);
    await world.clock.advance(COMPANY_MS);
    expect(heard().slice(1)).toEqual(running);
    await node.answer(sessionId, node.requests('session/prompt')[0]!.id, { stopReason: 'end_turn' });
    await settled();
    const messages = world.bus.published;
    await client.ask('session/prompt', promptOf(sessionId, 'two', newId()));
    await node.text(sessionId, 'at once');
    await settled();
    expect(heard()).toEqual([...running, 'session/update at once']);
    // The prompt to its node, and one message to its viewer.
    expect(world.bus.published - messages).toBe(2);
  });

  it.each([false, true])(
    'get the answer after the events of its turn, each once, when both are lost and sent again (in one message: %s)',
    async (mixed) => {
      const world = await World.start();
      const { node, client, sessionId } = await world.session();
      await client.initialize({}, { _meta: { praxis: { mixed } } });
      await client.call('_praxis/session/attach', { sessionId });
      const turn = newId();
      const id = await client.ask('session/prompt', promptOf(sessionId, 'hi', turn));
      await world.clock.advance(COMPANY_MS);
      client.heard.length = 0;
      const before = world.bus.published;
      world.bus.up = false;
      await node.answer(sessionId, turn, { stopReason: 'end_turn' });
      await settled();
      expect(world.bus.published - before).toBe(mixed ? 1 : 2);
      world.bus.up = true;
      world.core.online();
      await settled();
      expect(client.story().slice(0, 4)).toEqual([
        '_praxis/service/online',
        '_praxis/turn ended',
        '_praxis/session/state idle',
        `answer ${id}`,
      ]);
      expect(client.answersTo(id)).toHaveLength(1);
      const seqs = client.events().map(({ seq }) => seq);
      expect(new Set(seqs).size).toBe(seqs.length);
    },
  );
});
