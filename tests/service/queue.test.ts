import { describe, expect, it } from 'vitest';
import { ErrorCode, newId } from '../../proto/index.js';
import { promptOf, settled, World } from '../support/service-world.js';

const DONE = { stopReason: 'end_turn' };
const CANCELLED = { stopReason: 'cancelled' };

/** A session in which `runs` runs, and `one`, `two`, `three` wait; their requests have the ids 1000, 1001, 1002, 1003. */
async function waiting() {
  const world = await World.start();
  const made = await world.session();
  const ids = { runs: newId(), one: newId(), two: newId(), three: newId() };
  let request = 1000;
  for (const [text, id] of Object.entries(ids))
    await made.client.ask('session/prompt', promptOf(made.sessionId, text, id), request++);
  await settled();
  const { client, node, sessionId } = made;
  const order = async () => {
    const { turns } = await client.call<{ turns: { prompt: { text: string }[] }[] }>('_praxis/turn/list', {
      sessionId,
    });
    return turns.map(({ prompt }) => prompt[0]?.text);
  };
  const change = (what: string, turnId: string, more: object = {}) =>
    client.call<{ error?: { code: number } }>(`_praxis/turn/${what}`, { sessionId, turnId, ...more });
  const end = async (turnId: string) => {
    await node.answer(sessionId, turnId, DONE);
    await settled();
  };
  const sent = () =>
    node.requests('session/prompt').map(({ params }) => (params.prompt as { text: string }[])[0]?.text);
  return { world, ...made, ids, order, change, end, sent };
}

describe('the queue of a session', () => {
  it('is listed in the order in which it will run, with who prompted', async () => {
    const { client, order, sessionId } = await waiting();
    expect(await order()).toEqual(['runs', 'one', 'two', 'three']);
    const { turns } = await client.call<{ turns: object[] }>('_praxis/turn/list', { sessionId });
    expect(turns[0]).toMatchObject({ state: 'running', by: 'me' });
    expect(turns[1]).toMatchObject({ state: 'queued', by: 'me' });
  });

  it('runs an edited prompt as it was edited, in its old place', async () => {
    const { ids, change, end, sent, order, client } = await waiting();
    expect(await change('edit', ids.one, { prompt: [{ type: 'text', text: 'ONE' }] })).toEqual({});
    expect(await order()).toEqual(['runs', 'ONE', 'two', 'three']);
    await end(ids.runs);
    expect(sent()).toEqual(['runs', 'ONE']);
    await end(ids.one);
    expect(client.answersTo(1001)[0]?.result).toEqual(DONE);
  });

  it('answers who asked for a removed prompt once, and never runs it', async () => {
    const { ids, change, end, sent, client } = await waiting();
    expect(await change('remove', ids.one)).toEqual({});
    expect(await change('remove', ids.one)).toEqual({});
    expect(client.answersTo(1001).map(({ error }) => error?.code)).toEqual([ErrorCode.RequestCancelled]);
    await end(ids.runs);
    expect(sent()).toEqual(['runs', 'two']);
  });

  it('runs next what was put first', async () => {
    const { ids, change, end, sent, order } = await waiting();
    expect(await change('next', ids.three)).toEqual({});
    expect(await change('next', ids.two)).toEqual({});
    expect(await order()).toEqual(['runs', 'two', 'three', 'one']);
    for (const id of [ids.runs, ids.two, ids.three]) await end(id);
    expect(sent()).toEqual(['runs', 'two', 'three', 'one']);
  });

  it('refuses to change what runs, has run, or is unknown', async () => {
    const { ids, change, end } = await waiting();
    const code = async (what: string, id: string, more = {}) => (await change(what, id, more)).error?.code;
    const prompt = { prompt: [{ type: 'text', text: 'x' }] };
    expect(await code('edit', ids.runs, prompt)).toBe(ErrorCode.Conflict);
    expect(await code('remove', ids.runs)).toBe(ErrorCode.Conflict);
    expect(await code('next', newId())).toBe(ErrorCode.Conflict);
    await end(ids.runs);
    expect(await code('remove', ids.runs)).toBe(ErrorCode.Conflict);
    expect(await code('edit', ids.two, { prompt: [] })).toBe(ErrorCode.InvalidParams);
    const image = { prompt: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] };
    expect(await code('edit', ids.two, image)).toBe(ErrorCode.InvalidParams);
  });

  it('lets an urgent prompt cancel what runs and go first', async () => {
    const { node, client, sessionId, ids, sent, order } = await waiting();
    const urgent = newId();
    const { prompt } = promptOf(sessionId, 'stop, do this');
    await client.ask('session/prompt', {
      sessionId,
      prompt,
      _meta: { praxis: { turnId: urgent, urgent: true } },
    });
    await settled();
    expect(node.got.at(-1)?.frame).toMatchObject({ method: 'session/cancel' });
    expect(await order()).toEqual(['runs', 'stop, do this', 'one', 'two', 'three']);
    await node.answer(sessionId, ids.runs, CANCELLED);
    await settled();
    expect(client.answersTo(1000)[0]?.result).toEqual(CANCELLED);
    expect(sent()).toEqual(['runs', 'stop, do this']);
  });

  it('runs an urgent prompt at once where nothing runs, and cancels nothing', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    const meta = { _meta: { praxis: { urgent: true } } };
    await client.ask('session/prompt', { ...promptOf(sessionId, 'now'), ...meta });
    await settled();
    expect(node.got.map(({ frame }) => 'method' in frame && frame.method)).toEqual([
      'session/new',
      'session/prompt',
    ]);
  });

  it('takes the order of its turns from the store after a restart', async () => {
    const { mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const dir = mkdtempSync(join(tmpdir(), 'px-queue-'));
    const file = join(dir, 'x.db');
    const world = await World.start(file);
    const { client, sessionId } = await world.session();
    const [runs, one, two] = [newId(), newId(), newId()];
    for (const [i, id] of [runs, one, two].entries())
      await client.ask('session/prompt', promptOf(sessionId, `p${i}`, id));
    await client.call('_praxis/turn/next', { sessionId, turnId: two });
    await world.restart(file);
    const later = await world.ready('later');
    const { turns } = await later.call<{ turns: { turnId: string }[] }>('_praxis/turn/list', { sessionId });
    expect(turns.map(({ turnId }) => turnId)).toEqual([runs, two, one]);
    await world.close();
    rmSync(dir, { recursive: true, force: true });
  });
});
