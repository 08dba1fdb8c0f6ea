import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { emptyOpening } from '../../service/sessions/session.js';
import { type Batch, type Database, Fenced, SqliteDatabase, type Store } from '../../service/store/index.js';
import { sessionRow } from '../support/rows.js';
import { lead, memberOf, overEachDatabase, type TestDatabase } from '../support/stores.js';

const empty = (): Batch => ({
  ...{ sessions: [], openings: [], turns: [], requests: [], events: [], nodes: [] },
  ...{ doneRequests: [], removedSessions: [], removedNodes: [] },
});

const eventsOf = (session: string, count: number, frame = '{}', from = 1) =>
  Array.from({ length: count }, (_, i) => ({ session, seq: from + i, epoch: 1, at: 5, frame }));

overEachDatabase((make) => {
  let made: TestDatabase;
  let database: Database;
  let store: Store;
  beforeEach(async () => {
    made = await make();
    database = await made.open();
    store = await lead(database);
  });
  afterEach(async () => {
    await database.close();
    await made.remove();
  });

  it('gives back after a restart what was committed before', async () => {
    const id = newId();
    const turn = {
      ...{ id: newId(), session: id, state: 'running' as const, position: 1, line: '{"l":1}' },
      ...{ result: null, error: null, by: 'me', at: 3 },
    };
    const request = {
      ...{ id: newId(), session: id, agentId: '7', epoch: 1, method: 'm', at: 4 },
      frame: '{}',
      answer: null,
      call: '{"toolCallId":"t"}',
      abstained: '["me.1"]',
    };
    const opening = { ...emptyOpening(id), result: '{"a":1}' };
    const node = { name: 'box', boot: 'b', info: '{}' };
    const session = sessionRow(id, { createdAt: 1_700_000_000_000, seq: Number.MAX_SAFE_INTEGER });
    await store.commit({
      ...empty(),
      ...{ sessions: [session], openings: [opening], turns: [turn], requests: [request], nodes: [node] },
      events: eventsOf(id, 3),
    });
    await database.close();
    database = await made.open();
    const second = await lead(database);
    expect(await second.load(0)).toEqual({
      ...{ sessions: [session], openings: [opening], turns: [turn], requests: [request], nodes: [node] },
    });
    expect(await second.events(id, 1, 10)).toEqual(eventsOf(id, 2, '{}', 2));
  });

  it('writes rows in place of those of the same key', async () => {
    const id = newId();
    await store.commit({ ...empty(), sessions: [sessionRow(id)], openings: [emptyOpening(id)] });
    const changed = sessionRow(id, { title: 'new', state: 'working', seq: 7 });
    await store.commit({ ...empty(), sessions: [sessionRow(id), changed] });
    expect((await store.load(0)).sessions).toEqual([changed]);
    expect((await store.loadSessions([id, newId()], 0)).openings).toEqual([emptyOpening(id)]);
  });

  it('commits a batch as a whole or not at all', async () => {
    const id = newId();
    await store.commit({ ...empty(), sessions: [sessionRow(id)], events: eventsOf(id, 1) });
    const twice = { ...empty(), sessions: [sessionRow(id, { title: 'new' })], events: eventsOf(id, 2) };
    await expect(store.commit(twice)).rejects.toThrow(/unique/i);
    expect((await store.load(0)).sessions).toEqual([sessionRow(id)]);
    expect(await store.events(id, 0, 10)).toHaveLength(1);
    await store.commit({ ...empty(), events: eventsOf(id, 1, '{}', 2) });
    expect(await store.events(id, 0, 10)).toHaveLength(2);
  });

  it('takes batches with more rows, and more characters, than fit into one statement', async () => {
    const ids = Array.from({ length: 5_000 }, newId);
    const wide = ids
      .slice(0, 4)
      .map((id) => ({ session: id, seq: 1, epoch: 1, at: 1, frame: `"${'x'.repeat(9_000_000)}"` }));
    await store.commit({ ...empty(), sessions: ids.map((id) => sessionRow(id)), events: wide });
    expect((await store.loadSessions(ids, 0)).sessions).toHaveLength(5_000);
    expect((await store.events(ids[0]!, 0, 10))[0]?.frame).toHaveLength(9_000_002);
    await store.commit({ ...empty(), removedSessions: ids, doneRequests: ids });
    expect((await store.load(0)).sessions).toEqual([]);
  });

  it('keeps every frame as it is, and a word with U+0000 in it with U+FFFD in its place', async () => {
    const id = newId();
    const frame = JSON.stringify({ text: "a\0b \u{1F44D} \u200b \ud800 \\ '" });
    expect(frame).toContain('\\u0000');
    await store.commit({
      ...empty(),
      sessions: [sessionRow(id, { title: 'a\0b\u{1F44D}' })],
      openings: [{ ...emptyOpening(id), agentSessionId: '\0' }],
      events: eventsOf(id, 1, frame),
    });
    const { sessions, openings } = await store.load(0);
    expect(sessions[0]?.title).toBe('a\uFFFDb\u{1F44D}');
    expect(openings[0]?.agentSessionId).toBe('\uFFFD');
    expect((await store.events(id, 0, 1))[0]?.frame).toBe(frame);
  });

  it('pages events by number and by size, and always gives at least one', async () => {
    const id = newId();
    await store.commit({ ...empty(), events: eventsOf(id, 700, JSON.stringify('x'.repeat(98))) });
    expect(await store.events(id, 0, 500)).toHaveLength(500);
    expect(await store.events(id, 650, 500)).toHaveLength(50);
    expect(await store.events(id, 0, 500, 1_000)).toHaveLength(10);
    expect(await store.events(id, 0, 500, 1)).toHaveLength(1);
  });

  it('forgets everything of a removed session and nothing else', async () => {
    const [a, b] = [newId(), newId()];
    await store.commit({
      ...empty(),
      sessions: [sessionRow(a), sessionRow(b)],
      events: [...eventsOf(a, 3), ...eventsOf(b, 3)],
    });
    await store.commit({ ...empty(), removedSessions: [a] });
    expect((await store.load(0)).sessions.map(({ id }) => id)).toEqual([b]);
    expect(await store.events(a, 0, 10)).toEqual([]);
    expect(await store.events(b, 0, 10)).toHaveLength(3);
  });

  it('loads the turns that ended of late, and all that have not', async () => {
    const session = newId();
    const turn = (state: 'ended' | 'queued', at: number, position: number) => ({
      ...{ id: newId(), session, state, position, line: null, result: '{}', error: null, by: 'me', at },
    });
    const turns = [turn('ended', 10, 1), turn('ended', 100, 2), turn('queued', 1, 3)];
    await store.commit({ ...empty(), turns });
    expect((await store.load(50)).turns).toEqual(turns.slice(1));
  });

  describe('for two services', () => {
    let other: Database;
    beforeEach(async () => {
      other = await made.open();
    });
    afterEach(() => other.close());

    it('takes commits of the one that took the lease last, and refuses the other for good', async () => {
      const id = newId();
      await store.commit({ ...empty(), sessions: [sessionRow(id)], events: eventsOf(id, 1) });
      const next = await lead(other, 'other');
      await expect(store.commit({ ...empty(), events: eventsOf(id, 1, '{}', 2) })).rejects.toThrow(Fenced);
      await next.commit({ ...empty(), events: eventsOf(id, 1, '"next"', 2) });
      await expect(store.commit({ ...empty(), events: eventsOf(id, 1, '{}', 3) })).rejects.toThrow(Fenced);
      expect((await next.events(id, 0, 10)).map(({ frame }) => frame)).toEqual(['{}', '"next"']);
    });

    it('gives the lease to one of two that take it at once', async () => {
      const seen = await database.lease.read();
      const taken = await Promise.all([
        database.lease.take(seen, memberOf('a')),
        other.lease.take(seen, memberOf('b')),
      ]);
      expect(taken.filter((epoch) => epoch !== undefined)).toEqual([seen.epoch + 1]);
    });

    it('does not give it to one that has not seen the last sign of life of its holder', async () => {
      const seen = await other.lease.read();
      await database.lease.renew(seen.epoch, true);
      expect(await other.lease.take(seen, memberOf('b'))).toBeUndefined();
      const again = await other.lease.read();
      await store.commit({ ...empty(), nodes: [{ name: 'n', boot: 'b', info: '{}' }] });
      expect(await other.lease.take(again, memberOf('b'))).toBeUndefined();
    });

    it('keeps a lease no longer once another has it', async () => {
      const { epoch } = await database.lease.read();
      expect(await database.lease.renew(epoch, true)).toBe(true);
      await lead(other, 'other');
      expect(await database.lease.renew(epoch, true)).toBe(false);
      await database.lease.release(epoch);
      expect((await other.lease.read()).holder).not.toBe('');
    });
  });
});

describe('the store on SQLite', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'px-store-'));
    file = join(dir, 'x.db');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is readable by its owner only', async () => {
    await (await SqliteDatabase.open(file)).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('refuses a batch that the disk has no room for, and works again when it has', async () => {
    const database = await SqliteDatabase.open(file);
    const store = await lead(database);
    const id = newId();
    database.connection.exec('pragma max_page_count = 60');
    const big = {
      ...empty(),
      sessions: [sessionRow(id)],
      events: eventsOf(id, 400, JSON.stringify('x'.repeat(2_000))),
    };
    await expect(store.commit(big)).rejects.toThrow(/full/);
    expect((await store.load(0)).sessions).toEqual([]);
    database.connection.exec('pragma max_page_count = 100000');
    await store.commit(big);
    expect(await store.events(id, 0, 1_000)).toHaveLength(400);
    await database.close();
  });

  it('takes nothing more once it is closed, and leaves the file to others', async () => {
    const database = await SqliteDatabase.open(file);
    const store = await lead(database);
    const id = newId();
    const event = (seq: number) => ({
      ...empty(),
      sessions: [sessionRow(id, { seq })],
      events: eventsOf(id, 1, '{}', seq),
    });
    await store.commit(event(1));
    await database.close();
    await expect(store.commit({ ...event(2), removedSessions: [newId()] })).rejects.toThrow(/closed/);
    const other = await SqliteDatabase.open(file);
    await (await lead(other)).commit(event(2));
    await other.close();
  });
});
