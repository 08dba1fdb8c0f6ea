import { describe, expect, it } from 'vitest';
import { ErrorCode, newId, notificationLine, PRUNE_PAGE } from '../../proto/index.js';
import { chunk, promptOf, settled, type TestClient, World } from '../support/service-world.js';

const DONE = { stopReason: 'end_turn' };
const DAY = 24 * 60 * 60;

type Answer = { error?: { code: number } };
const infoOf = async (client: TestClient, prefix: string) => {
  const { sessions } = await client.call<{ sessions: Record<string, unknown>[] }>('_praxis/session/find', {
    prefix,
  });
  return sessions[0];
};
const listed = async (client: TestClient, praxis: object = {}) => {
  const { sessions } = await client.call<{ sessions: { sessionId: string }[] }>('session/list', {
    _meta: { praxis },
  });
  return sessions.map(({ sessionId }) => sessionId);
};
const namedByAgent = (sessionId: string, title: string) =>
  notificationLine('session/update', { sessionId, update: { sessionUpdate: 'session_info_update', title } });

/** A session that has ended. */
async function ended() {
  const world = await World.start();
  const made = await world.session();
  await made.client.call('session/close', { sessionId: made.sessionId });
  return { world, ...made };
}

describe('a title', () => {
  it('of a person wins over those of the agent until it is taken back', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    expect(await client.call('_praxis/session/rename', { sessionId, title: ' Mine ' })).toEqual({});
    await node.say(sessionId, namedByAgent(sessionId, 'Its own'));
    await settled();
    expect((await infoOf(client, sessionId))?.title).toBe('Mine');
    expect(client.events().at(-2)?.frame).toMatchObject({
      method: '_praxis/session/renamed',
      params: { title: 'Mine', by: 'me' },
    });
    await client.call('_praxis/session/rename', { sessionId, title: null });
    await node.say(sessionId, namedByAgent(sessionId, 'Its own'));
    await settled();
    expect((await infoOf(client, sessionId))?.title).toBe('Its own');
  });

  it('is refused when it is empty or too long', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    for (const title of [' ', 'x'.repeat(201)])
      expect((await client.call<Answer>('_praxis/session/rename', { sessionId, title })).error?.code).toBe(
        ErrorCode.InvalidParams,
      );
  });
});

describe('the archive', () => {
  it('takes an ended session out of the lists and gives it back', async () => {
    const { client, sessionId } = await ended();
    expect(await client.call('_praxis/session/archive', { sessionId })).toEqual({});
    expect(await client.call('_praxis/session/archive', { sessionId })).toEqual({});
    expect(await listed(client, { all: true })).toEqual([]);
    expect(await listed(client, { archived: true })).toEqual([sessionId]);
    expect(await infoOf(client, sessionId)).toMatchObject({ state: 'archived', reason: 'closed' });
    expect(await client.call('_praxis/session/restore', { sessionId })).toEqual({});
    expect(await listed(client, { all: true })).toEqual([sessionId]);
    expect(await infoOf(client, sessionId)).toMatchObject({ state: 'ended', reason: 'closed' });
  });

  it('takes no session that lives', async () => {
    const world = await World.start();
    const { client, sessionId } = await world.session();
    const { error } = await client.call<Answer>('_praxis/session/archive', { sessionId });
    expect(error?.code).toBe(ErrorCode.Conflict);
    expect((await infoOf(client, sessionId))?.state).toBe('idle');
  });

  it('keeps a session readable that takes no prompt any more, and lets it be deleted', async () => {
    const { client, sessionId } = await ended();
    await client.call('_praxis/session/archive', { sessionId });
    const { events } = await client.call<{ events: object[] }>('_praxis/session/events', { sessionId });
    expect(events.length).toBeGreaterThan(2);
    const refused = await client.call<Answer>('session/prompt', promptOf(sessionId, 'hi'));
    expect(refused.error?.code).toBe(ErrorCode.ResourceNotFound);
    expect(await client.call('session/delete', { sessionId })).toEqual({});
    expect(await infoOf(client, sessionId)).toBeUndefined();
  });
});

describe('pruning', () => {
  const prune = (client: TestClient, olderThanSecs: number, dryRun = false) =>
    client.call<{ sessions: { sessionId: string }[]; more: boolean }>('_praxis/session/prune', {
      olderThanSecs,
      dryRun,
    });

  it('removes what ended long ago, and nothing that lives or is younger', async () => {
    const { world, client, node, sessionId } = await ended();
    const other = async () => {
      const made = await client.call<{ sessionId: string }>('session/new', { cwd: '/tmp', mcpServers: [] });
      await settled();
      return made.sessionId;
    };
    const lives = await other();
    const archived = await other();
    await client.call('session/close', { sessionId: archived });
    await client.call('_praxis/session/archive', { sessionId: archived });
    for (let i = 0; i < 3; i++) {
      await world.clock.advance(5_000);
      await node.beat();
    }
    const young = await other();
    await client.call('session/close', { sessionId: young });
    const dry = await prune(client, 10, true);
    expect(dry.sessions.map((one) => one.sessionId).sort()).toEqual([sessionId, archived].sort());
    expect(await infoOf(client, sessionId)).toBeDefined();
    expect((await prune(client, 10)).sessions).toHaveLength(2);
    expect(await infoOf(client, sessionId)).toBeUndefined();
    expect(await infoOf(client, archived)).toBeUndefined();
    expect((await infoOf(client, lives))?.state).toBe('idle');
    expect((await infoOf(client, young))?.state).toBe('ended');
    expect(await prune(client, 10)).toEqual({ sessions: [], more: false });
  });

  it('goes page by page', async () => {
    const world = await World.start();
    const client = await world.ready();
    const head = {
      ...{ node: 'box', connector: 'demo', agent: 'Demo', cwd: '/tmp', title: null, yolo: false },
      createdAt: 1,
    };
    for (let i = 0; i <= PRUNE_PAGE; i++) {
      const sessionId = newId();
      const params = { sessionId, head: { ...head, sessionId }, events: [], last: true };
      await client.call('_praxis/session/import', params);
    }
    const first = await prune(client, DAY);
    expect([first.sessions.length, first.more]).toEqual([PRUNE_PAGE, true]);
    const second = await prune(client, DAY);
    expect([second.sessions.length, second.more]).toEqual([1, false]);
  });
});

describe('an import', () => {
  async function exported() {
    const { world, node, client, sessionId } = await (async () => {
      const world = await World.start();
      return { world, ...(await world.session()) };
    })();
    node.onPrompt = (session, { id }) => {
      void node.text(session, 'hello').then(() => node.answer(session, id, DONE));
    };
    await client.call('session/prompt', promptOf(sessionId, 'hi'));
    await client.call('session/close', { sessionId });
    const { events } = await client.call<{ events: { seq: number; frame: string; at: number }[] }>(
      '_praxis/session/events',
      { sessionId },
    );
    const head = (await infoOf(client, sessionId))!;
    const take = (id: string, some: object[], last: boolean) =>
      client.call<Answer & { seq?: number }>('_praxis/session/import', {
        ...{ sessionId: id, head, events: some, last },
      });
    const read = async (id: string) =>
      (await client.call<{ events: typeof events }>('_praxis/session/events', { sessionId: id })).events;
    return { world, client, sessionId, events, take, read };
  }

  it('brings back, byte for byte, what was deleted', async () => {
    const { client, sessionId, events, take, read } = await exported();
    await client.call('session/delete', { sessionId });
    expect(await take(sessionId, events, true)).toEqual({ seq: events.length });
    expect(await read(sessionId)).toEqual(events);
    expect(await infoOf(client, sessionId)).toMatchObject({
      state: 'ended',
      reason: 'imported',
      title: 'hi',
    });
  });

  it('takes a part again without doubling it, and refuses a gap', async () => {
    const { events, take, read } = await exported();
    const id = newId();
    expect(await take(id, events.slice(0, 3), false)).toEqual({ seq: 3 });
    expect(await take(id, events.slice(0, 4), false)).toEqual({ seq: 4 });
    expect((await take(id, events.slice(5), true)).error?.code).toBe(ErrorCode.InvalidParams);
    expect(await take(id, events.slice(2), true)).toEqual({ seq: events.length });
    expect((await read(id)).map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
    expect((await read(id)).map(({ frame }) => frame)).toContain(chunk(id, 'hello'));
  });

  it('refuses times that are none: every list would stumble over them', async () => {
    const { events, take, client, sessionId } = await exported();
    const head = { ...(await infoOf(client, sessionId))!, createdAt: Number.MAX_SAFE_INTEGER };
    const params = { sessionId: newId(), head, events, last: true };
    expect((await client.call<Answer>('_praxis/session/import', params)).error?.code).toBe(
      ErrorCode.InvalidParams,
    );
    const late = events.map((event) => ({ ...event, at: Number.MAX_SAFE_INTEGER }));
    expect((await take(newId(), late, true)).error?.code).toBe(ErrorCode.InvalidParams);
  });

  it('refuses the id of another session, and what holds no frame', async () => {
    const { sessionId, events, take, client } = await exported();
    expect((await take(sessionId, events, true)).error?.code).toBe(ErrorCode.Conflict);
    const id = newId();
    const twoLines = events[0]!.frame.replace(',', ',\n');
    for (const frame of ['[]', twoLines])
      expect((await take(id, [{ ...events[0], frame }], true)).error?.code).toBe(ErrorCode.InvalidParams);
    expect(await infoOf(client, id)).toBeUndefined();
  });
});

describe('an idle time-out', () => {
  /** Lets time pass while the node goes on to beat. */
  async function pass(world: World, beat: () => unknown, seconds: number) {
    for (let left = seconds; left > 0; left -= 5) {
      await world.clock.advance(Math.min(5, left) * 1_000);
      await beat();
      await settled(2);
    }
  }

  async function idling(praxis: object, policy: object = {}) {
    const world = await World.start();
    const node = world.node();
    await node.hello({ policy });
    const client = await world.ready();
    const params = { cwd: '/tmp', mcpServers: [], _meta: { praxis } };
    const { sessionId } = await client.call<{ sessionId: string }>('session/new', params);
    await settled();
    const wait = (seconds: number) => pass(world, () => node.beat(), seconds);
    const warnings = () => client.story().filter((told) => told === '_praxis/session/notice').length;
    return { node, client, sessionId, wait, warnings };
  }

  it('is off unless it was set', async () => {
    const { client, sessionId, wait } = await idling({});
    await wait(600);
    expect((await infoOf(client, sessionId))?.state).toBe('idle');
  });

  it('warns, then ends the session and its agent, and keeps the transcript', async () => {
    const { node, client, sessionId, wait, warnings } = await idling({ idleTimeoutSecs: 300 });
    await wait(235);
    expect(warnings()).toBe(0);
    await wait(10);
    expect(warnings()).toBe(1);
    expect((await infoOf(client, sessionId))?.state).toBe('idle');
    await wait(60);
    expect(await infoOf(client, sessionId)).toMatchObject({ state: 'ended', reason: 'timeout' });
    expect(node.requests('session/close')).toHaveLength(1);
    expect(warnings()).toBe(1);
    const { events } = await client.call<{ events: object[] }>('_praxis/session/events', { sessionId });
    expect(events.length).toBeGreaterThan(2);
  });

  it('is that of the session, else of its agent, else of the node', async () => {
    const policy = { idleTimeoutSecs: 600, agentIdleTimeoutSecs: { demo: 300, other: 10 } };
    const stateAfter = async (praxis: object, seconds: number) => {
      const { client, sessionId, wait } = await idling(praxis, policy);
      await wait(seconds);
      return (await infoOf(client, sessionId))?.state;
    };
    expect(await stateAfter({}, 290)).toBe('idle');
    expect(await stateAfter({}, 310)).toBe('ended');
    expect(await stateAfter({ idleTimeoutSecs: 400 }, 310)).toBe('idle');
  });

  it('begins anew after a prompt, and never ends a session that works', async () => {
    const { node, client, sessionId, wait } = await idling({}, { idleTimeoutSecs: 60 });
    await wait(40);
    const turn = newId();
    await client.ask('session/prompt', promptOf(sessionId, 'go', turn));
    await wait(120);
    expect((await infoOf(client, sessionId))?.state).toBe('working');
    await node.answer(sessionId, turn, DONE);
    await wait(50);
    expect((await infoOf(client, sessionId))?.state).toBe('idle');
    await wait(15);
    expect((await infoOf(client, sessionId))?.state).toBe('ended');
  });

  it('of a session can be changed and taken back', async () => {
    const { client, sessionId, wait } = await idling({ idleTimeoutSecs: 60 });
    await client.call('_praxis/session/configure', { sessionId, idleTimeoutSecs: null });
    await wait(120);
    expect((await infoOf(client, sessionId))?.state).toBe('idle');
    await client.call('_praxis/session/configure', { sessionId, idleTimeoutSecs: 100 });
    await client.call('_praxis/session/configure', { sessionId, approvals: { auto: ['read'] } });
    expect(await infoOf(client, sessionId)).toMatchObject({
      ...{ idleTimeoutSecs: 100, approvals: { auto: ['read'] } },
    });
  });
});
