import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ErrorCode,
  NODE_GONE_MS,
  NODE_SILENT_MS,
  newId,
  requestLine,
  resultLine,
} from '../../proto/index.js';
import type { Batch, Store } from '../../service/store/index.js';
import { promptOf, settled, type TestClient, type TestNode, World } from '../support/service-world.js';

const DONE = { stopReason: 'end_turn' };
let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'px-crash-'));
  file = join(dir, 'x.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A store whose process dies at the next commit: before it is written, or right after. */
class Mortal implements Store {
  dies: 'before' | 'after' | undefined;

  constructor(private readonly store: Store) {}

  async commit(batch: Batch): Promise<void> {
    if (this.dies === undefined) return this.store.commit(batch);
    if (this.dies === 'after') await this.store.commit(batch);
    // Nothing of this process happens any more.
    return new Promise(() => {});
  }

  load = (since: number) => this.store.load(since);
  loadSessions = (ids: readonly string[], since: number) => this.store.loadSessions(ids, since);
  events = (session: string, after: number, limit: number, bytes?: number) =>
    this.store.events(session, after, limit, bytes);
}

/** The clients and nodes do what they do when they hear that the service is back. */
async function comeBack(world: World, node: TestNode, client: TestClient) {
  await world.restart(file);
  await node.hello();
  await client.initialize();
  await settled();
}

const prompts = (node: TestNode) => new Set(node.requests('session/prompt').map(({ id }) => id));

async function start() {
  let mortal!: Mortal;
  const world = await World.start(file, (store) => {
    mortal = new Mortal(store);
    return mortal;
  });
  return { world, mortal, ...(await world.session()) };
}

const sequence = async (world: World, sessionId: string) =>
  (await world.store.events(sessionId, 0, 10_000)).map(({ seq }) => seq);

describe('a service that is killed', () => {
  it.each(['before', 'after'] as const)(
    '%s the commit of a prompt runs it exactly once when client and broker repeat it',
    async (moment) => {
      const { world, mortal, node, client, sessionId } = await start();
      const turn = newId();
      const line = requestLine(11, 'session/prompt', promptOf(sessionId, 'hi', turn));
      mortal.dies = moment;
      let acknowledged = false;
      void client.send(line).then(() => {
        acknowledged = true;
      });
      await settled();
      expect([acknowledged, prompts(node).size]).toEqual([false, 0]);
      await comeBack(world, node, client);
      // The broker delivers again what was not acknowledged, and the client asks again.
      await client.send(line);
      await client.send(line);
      await settled();
      expect([...prompts(node)]).toEqual([turn]);
      await node.answer(sessionId, turn, DONE);
      await settled();
      expect(client.answersTo(11)[0]?.result).toEqual(DONE);
      const seqs = await sequence(world, sessionId);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      const turns = (await world.store.events(sessionId, 0, 100)).filter(({ frame }) =>
        frame.includes('"_praxis/turn"'),
      );
      expect(turns).toHaveLength(2);
    },
  );

  it.each(['before', 'after'] as const)(
    '%s the commit of events has each of them once when the broker repeats them',
    async (moment) => {
      const { world, mortal, node, client, sessionId } = await start();
      const turn = newId();
      await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
      await node.text(sessionId, 'a');
      mortal.dies = moment;
      const saved = node.sessions.get(sessionId)!.seq;
      void node.text(sessionId, 'b', 'c');
      void node.answer(sessionId, turn, DONE);
      await settled();
      expect(client.story()).not.toContain('session/update b');
      await comeBack(world, node, client);
      node.sessions.get(sessionId)!.seq = saved;
      await node.text(sessionId, 'b', 'c');
      await node.answer(sessionId, turn, DONE);
      await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 11);
      await settled();
      const frames = (await world.store.events(sessionId, 0, 100)).map(({ frame }) => frame);
      for (const text of ['a', 'b', 'c'])
        expect(frames.filter((one) => one.includes(`"text":"${text}"`))).toHaveLength(1);
      expect(client.answersTo(11)[0]?.result).toEqual(DONE);
    },
  );

  it('between commit and effects still opens the session, once', async () => {
    const { world, mortal, node, client } = await start();
    mortal.dies = 'after';
    const made = newId();
    const params = { cwd: '/tmp', _meta: { praxis: { sessionId: made } } };
    void client.send(requestLine(21, 'session/new', params));
    await settled();
    await comeBack(world, node, client);
    await client.ask('session/new', params, 21);
    await settled();
    expect(node.requests('session/new').filter(({ id }) => id === made)).toHaveLength(1);
    expect(client.answersTo(21)[0]?.result).toMatchObject({ sessionId: made });
  });

  it('answers a turn that ended while it was down, and one that ended before', async () => {
    const { world, node, client, sessionId } = await start();
    const [early, late] = [newId(), newId()];
    await client.ask('session/prompt', promptOf(sessionId, 'one', early), 11);
    await node.answer(sessionId, early, DONE);
    await client.ask('session/prompt', promptOf(sessionId, 'two', late), 12);
    await client.ask('session/prompt', promptOf(sessionId, 'three'), 13);
    await comeBack(world, node, client);
    await node.answer(sessionId, late, DONE);
    await client.ask('session/prompt', promptOf(sessionId, 'one', early), 11);
    await client.ask('session/prompt', promptOf(sessionId, 'two', late), 12);
    await settled();
    for (const id of [11, 12]) expect(client.answersTo(id).at(-1)?.result).toEqual(DONE);
    expect(prompts(node).size).toBe(3);
  });

  it('still has the open questions, and repeats the answers that a node may not have got', async () => {
    const { world, mortal, node, client, sessionId } = await start();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    const ask = (id: number) => requestLine(id, 'session/request_permission', { sessionId, toolCall: {} });
    await node.say(sessionId, ask(1), ask(2));
    await settled();
    const [one, two] = client.events().flatMap(({ frame }) => (frame.kind === 'request' ? [frame] : []));
    mortal.dies = 'after';
    void client.send(resultLine(one!.id, { outcome: 'first' }));
    await settled();
    await comeBack(world, node, client);
    await client.send(resultLine(one!.id, { outcome: 'too late' }));
    await client.send(resultLine(two!.id, { outcome: 'second' }));
    await settled();
    const answers = node.got.flatMap(({ frame }) => (frame.kind === 'response' ? [frame.line] : []));
    expect(answers).toEqual([resultLine(1, { outcome: 'first' }), resultLine(2, { outcome: 'second' })]);
  });

  it('takes what a client sent while it was away before the client says initialize again', async () => {
    const { world, node, client, sessionId } = await start();
    await world.restart(file);
    await node.hello();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 31);
    await node.answer(sessionId, turn, DONE);
    await settled();
    expect(client.answersTo(31)[0]?.result).toEqual(DONE);
  });

  it('waits for a node that is on its way back to the broker, but not for ever', async () => {
    const { world, node, client, sessionId } = await start();
    node.vanish();
    await world.restart(file);
    await client.initialize();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'hi', turn), 31);
    await settled();
    expect(client.answersTo(31)).toEqual([]);
    node.listen();
    await node.hello();
    await settled();
    expect([...prompts(node)]).toEqual([turn]);
    await node.answer(sessionId, turn, DONE);
    node.vanish();
    await world.restart(file);
    await client.initialize();
    await client.ask('session/prompt', promptOf(sessionId, 'never'), 32);
    await world.clock.advance(NODE_SILENT_MS);
    const found = await client.call<{ sessions: object[] }>('_praxis/session/find', { prefix: sessionId });
    expect(found.sessions).toMatchObject([{ state: 'lost', reason: 'node_silent', queued: 1 }]);
    await world.clock.advance(NODE_GONE_MS - NODE_SILENT_MS);
    expect(client.answersTo(32)[0]?.error).toMatchObject({
      code: ErrorCode.NodeLost,
      message: expect.stringContaining('never ran'),
    });
  });

  it('gives up what its node has lost meanwhile', async () => {
    const { world, node, client, sessionId } = await start();
    await client.ask('session/prompt', promptOf(sessionId, 'hi'), 11);
    node.boot = newId();
    node.sessions.clear();
    await comeBack(world, node, client);
    const found = await client.call<{ sessions: object[] }>('_praxis/session/find', { prefix: sessionId });
    expect(found.sessions).toMatchObject([{ state: 'lost', reason: 'node_restarted' }]);
  });
});

describe('a journal that cannot be written', () => {
  /** A store that refuses to commit while `full`. */
  const failing = async () => {
    const disk = { full: false, reading: Promise.resolve() };
    const world = await World.start(file, (store) => ({
      commit: async (batch) => {
        if (disk.full && batch.sessions.length > 0) throw new Error('database or disk is full');
        return store.commit(batch);
      },
      load: (since) => store.load(since),
      loadSessions: async (ids, since) => {
        await disk.reading;
        return store.loadSessions(ids, since);
      },
      events: (session, after, limit, bytes) => store.events(session, after, limit, bytes),
    }));
    return { world, disk, ...(await world.session()) };
  };

  it('refuses commands with StorageFailed, keeps what nodes say, and shows nothing of either', async () => {
    const { world, disk, node, client, sessionId } = await failing();
    const before = client.events().length;
    disk.full = true;
    const turn = newId();
    const refused = await client.call<{ error: { code: number } }>(
      'session/prompt',
      promptOf(sessionId, 'x', turn),
      11,
    );
    expect(refused.error.code).toBe(ErrorCode.StorageFailed);
    let acknowledged = false;
    void node.text(sessionId, 'kept', 'too').then(() => {
      acknowledged = true;
    });
    await settled();
    expect([acknowledged, client.events().length, prompts(node).size]).toEqual([false, before, 0]);
    expect(await client.call('_praxis/nodes', {})).toMatchObject({ nodes: [{ name: 'box' }] });
    disk.full = false;
    await world.clock.advance(1_000);
    await settled();
    expect(acknowledged).toBe(true);
    expect(client.story().slice(-2)).toEqual(['session/update kept', 'session/update too']);
    await client.ask('session/prompt', promptOf(sessionId, 'x', turn), 12);
    expect([...prompts(node)]).toEqual([turn]);
    const seqs = await sequence(world, sessionId);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  it('refuses every copy of a prompt that it refused, whenever it comes', async () => {
    const { world, disk, node, client, sessionId } = await failing();
    const prompt = promptOf(sessionId, 'x', newId());
    let read = () => {};
    disk.reading = new Promise((resolve) => {
      read = resolve;
    });
    disk.full = true;
    void client.ask('session/prompt', prompt, 11);
    await settled();
    // What was not written is still in memory.
    void client.ask('session/prompt', prompt, 11);
    await settled();
    read();
    await settled();
    disk.full = false;
    await world.clock.advance(1_000);
    void client.ask('session/prompt', prompt, 11);
    await settled();
    const refused = { error: { code: ErrorCode.StorageFailed } };
    expect(client.answersTo(11)).toMatchObject([refused, refused, refused]);
    expect(prompts(node).size).toBe(0);
  });

  it('lets a prompt wait that was accepted before and is asked about again', async () => {
    const { world, disk, node, client, sessionId } = await failing();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'x', turn), 11);
    await node.text(sessionId, 'said');
    disk.full = true;
    const answers = () => [12, 13].flatMap((id) => client.answersTo(id));
    void client.ask('session/prompt', promptOf(sessionId, 'x', turn), 12);
    void node.answer(sessionId, turn, DONE);
    await settled();
    void client.ask('session/prompt', promptOf(sessionId, 'x', turn), 13);
    await settled();
    expect(answers()).toEqual([]);
    disk.full = false;
    await world.clock.advance(1_000);
    await settled();
    expect(answers()).toMatchObject([{ result: DONE }, { result: DONE }]);
    expect([...prompts(node)]).toEqual([turn]);
  });

  it('joins a session that was made before, and is asked for again, when it works again', async () => {
    const { world, disk, client } = await failing();
    const params = { cwd: '/tmp', _meta: { praxis: { sessionId: newId() } } };
    const { sessionId } = await client.call<{ sessionId: string }>('session/new', params);
    disk.full = true;
    void client.call('session/new', { ...params }, 12);
    const other = await client.call<{ error: { code: number } }>(
      'session/prompt',
      promptOf(sessionId, 'x'),
      13,
    );
    expect(other.error.code).toBe(ErrorCode.StorageFailed);
    disk.full = false;
    await world.clock.advance(1_000);
    await settled();
    const answer = client.heard.find(({ frame }) => 'id' in frame && frame.id === 12);
    expect(answer?.frame).toMatchObject({ result: { sessionId } });
  });

  it('keeps a cancel and an answer to a question, whose senders would hear of no refusal', async () => {
    const { world, disk, node, client, sessionId } = await failing();
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'x', turn), 11);
    const question = { sessionId, toolCall: { toolCallId: 't' }, options: [] };
    await node.say(sessionId, requestLine(5, 'session/request_permission', question));
    await settled();
    const asked = client.heard.find(({ frame }) => frame.kind === 'request')!.frame as { id: string };
    const answer = { outcome: { outcome: 'selected', optionId: 'y' } };
    disk.full = true;
    void client.send(resultLine(asked.id, answer));
    await settled();
    void client.notify('session/cancel', { sessionId });
    await settled();
    const told = () => node.got.flatMap(({ frame }) => ('result' in frame ? [frame.line] : []));
    expect(told()).toEqual([]);
    disk.full = false;
    await world.clock.advance(1_000);
    await settled();
    expect(told()).toEqual([resultLine(5, answer)]);
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/cancel' });
  });

  it('keeps the order of what came while it failed for long', async () => {
    const { world, disk, node, client, sessionId } = await failing();
    disk.full = true;
    const texts = Array.from({ length: 20 }, (_, i) => `t${i}`);
    for (const text of texts) {
      void node.text(sessionId, text);
      await settled(1);
    }
    for (let i = 0; i < 5; i++) await world.clock.advance(1_000);
    disk.full = false;
    await world.clock.advance(1_000);
    await settled();
    expect(client.story().filter((told) => told.startsWith('session/update'))).toEqual(
      texts.map((text) => `session/update ${text}`),
    );
  });

  it('forgets a session that could not be saved, and makes it when it is asked for again', async () => {
    const { world, disk, node, client } = await failing();
    disk.full = true;
    const made = newId();
    const params = { cwd: '/tmp', _meta: { praxis: { sessionId: made } } };
    const refused = await client.call<{ error: { code: number } }>('session/new', params);
    expect(refused.error.code).toBe(ErrorCode.StorageFailed);
    expect(await client.call('_praxis/session/find', { prefix: made })).toEqual({ sessions: [] });
    disk.full = false;
    await world.clock.advance(1_000);
    expect(await client.call('session/new', params)).toMatchObject({ sessionId: made });
    expect(node.requests('session/new')).toHaveLength(2);
  });
});
