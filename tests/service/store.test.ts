import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { emptyOpening } from '../../service/sessions/session.js';
import { type Batch, type SessionRow, SqliteStore } from '../../service/store/index.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'px-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const empty = (): Batch => ({
  ...{ sessions: [], openings: [], turns: [], requests: [], events: [], nodes: [] },
  ...{ doneRequests: [], removedSessions: [] },
});

const sessionRow = (id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  ...{
    id,
    node: 'box',
    connector: 'demo',
    agent: 'Demo',
    cwd: '/tmp',
    title: null,
    state: 'idle',
    reason: null,
  },
  ...{
    yolo: 0,
    seq: 0,
    epoch: 1,
    nodeBoot: null,
    nodeSeq: 0,
    createdAt: 1,
    updatedAt: 1,
    size: 0,
    settings: '{}',
  },
  ...more,
});

const eventsOf = (session: string, count: number, frame = '{}', from = 1) =>
  Array.from({ length: count }, (_, i) => ({ session, seq: from + i, epoch: 1, at: 5, frame }));

describe('the store', () => {
  it('gives back after a restart what was committed before', async () => {
    const file = join(dir, 'x.db');
    const id = newId();
    const turn = {
      ...{ id: newId(), session: id, state: 'running' as const, position: 1, line: '{"l":1}' },
      ...{ result: null, error: null, by: 'me', at: 3 },
    };
    const request = {
      ...{ id: newId(), session: id, agentId: '7', epoch: 1, method: 'm', at: 4 },
      frame: '{}',
      answer: null,
    };
    const opening = { ...emptyOpening(id), result: '{"a":1}' };
    const first = await SqliteStore.open(file);
    const node = { name: 'box', boot: 'b', info: '{}' };
    await first.commit({
      ...empty(),
      ...{
        sessions: [sessionRow(id)],
        openings: [opening],
        turns: [turn],
        requests: [request],
        nodes: [node],
      },
      events: eventsOf(id, 3),
    });
    await first.close();
    const second = await SqliteStore.open(file);
    expect(await second.load(0)).toEqual({
      ...{
        sessions: [sessionRow(id)],
        openings: [opening],
        turns: [turn],
        requests: [request],
        nodes: [node],
      },
    });
    expect(await second.events(id, 1, 10)).toEqual(eventsOf(id, 2, '{}', 2));
    await second.close();
  });

  it('is readable by its owner only', async () => {
    const file = join(dir, 'x.db');
    await (await SqliteStore.open(file)).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('commits a batch as a whole or not at all', async () => {
    const store = await SqliteStore.open(join(dir, 'x.db'));
    const id = newId();
    await store.commit({ ...empty(), sessions: [sessionRow(id)], events: eventsOf(id, 1) });
    const twice = { ...empty(), sessions: [sessionRow(id, { title: 'new' })], events: eventsOf(id, 2) };
    await expect(store.commit(twice)).rejects.toThrow(/UNIQUE/);
    expect((await store.load(0)).sessions).toEqual([sessionRow(id)]);
    expect(await store.events(id, 0, 10)).toHaveLength(1);
    await store.close();
  });

  it('refuses a batch that the disk has no room for, and works again when it has', async () => {
    const store = await SqliteStore.open(join(dir, 'x.db'));
    const id = newId();
    store.connection.exec('pragma max_page_count = 60');
    const big = {
      ...empty(),
      sessions: [sessionRow(id)],
      events: eventsOf(id, 400, JSON.stringify('x'.repeat(2_000))),
    };
    await expect(store.commit(big)).rejects.toThrow(/full/);
    expect((await store.load(0)).sessions).toEqual([]);
    store.connection.exec('pragma max_page_count = 100000');
    await store.commit(big);
    expect(await store.events(id, 0, 1_000)).toHaveLength(400);
    await store.close();
  });

  it('pages events by number and by size, and always gives at least one', async () => {
    const store = await SqliteStore.open(':memory:');
    const id = newId();
    await store.commit({ ...empty(), events: eventsOf(id, 700, JSON.stringify('x'.repeat(98))) });
    expect(await store.events(id, 0, 500)).toHaveLength(500);
    expect(await store.events(id, 650, 500)).toHaveLength(50);
    expect(await store.events(id, 0, 500, 1_000)).toHaveLength(10);
    expect(await store.events(id, 0, 500, 1)).toHaveLength(1);
    await store.close();
  });

  it('forgets everything of a removed session and nothing else', async () => {
    const store = await SqliteStore.open(':memory:');
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
    await store.close();
  });

  it('loads the turns that ended of late, and all that have not', async () => {
    const store = await SqliteStore.open(':memory:');
    const session = newId();
    const turn = (state: 'ended' | 'queued', at: number, position: number) => ({
      ...{ id: newId(), session, state, position, line: null, result: '{}', error: null, by: 'me', at },
    });
    const turns = [turn('ended', 10, 1), turn('ended', 100, 2), turn('queued', 1, 3)];
    await store.commit({ ...empty(), turns });
    expect((await store.load(50)).turns).toEqual(turns.slice(1));
    await store.close();
  });
});
