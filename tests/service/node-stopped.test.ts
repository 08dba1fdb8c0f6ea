/** A node that is stopped politely: what runs is ended, and what waits is not lost. It runs when the node is back. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ErrorCode, errorLine, NODE_GONE_MS, newId, PraxisError } from '../../proto/index.js';
import { LAST_WORDS_MS } from '../../service/inbound/watch.js';
import { SqliteDatabase } from '../../service/store/index.js';
import { promptOf, settled } from '../support/service-world.js';
import { CANCELLED, DONE, waitingPrompts } from '../support/waiting-prompts.js';

/** `hasEnded`: what ran has been answered already. `isLeaving`: the node has said that it stops. */
async function stopped(file?: string, hasEnded = true, isLeaving = true) {
  const made = await waitingPrompts(file);
  const { node, sessionId, turns } = made;
  if (isLeaving) await node.hello({ leaving: true });
  node.got.splice(0);
  if (hasEnded) await node.answer(sessionId, turns[0], CANCELLED);
  await settled();
  return made;
}

describe('a node that is stopped politely', () => {
  it('is sent nothing more: what ran is cancelled, and what waits goes on waiting', async () => {
    const { client, turns, bye, sent, waiting, session } = await stopped();
    expect(sent()).toEqual([]);
    await bye();
    expect(client.answersTo(41).map(({ result }) => result)).toEqual([CANCELLED]);
    expect([42, 43].flatMap((id) => client.answersTo(id))).toEqual([]);
    expect(await session()).toEqual({ state: 'lost', reason: 'node_stopped', queued: 2 });
    expect(await waiting()).toEqual([`2 queued ${turns[1]}`, `2 queued ${turns[2]}`]);
  });

  it('runs when it is back what waited, in order and once', async () => {
    const { node, client, bye, back, sent, session } = await stopped();
    await bye();
    await back();
    expect(node.requests('session/resume')).toHaveLength(1);
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect([42, 43].map((id) => client.answersTo(id).map(({ result }) => result))).toEqual([[DONE], [DONE]]);
    expect(await session()).toMatchObject({ state: 'idle', queued: 0 });
  });

  it('lets a prompt wait that comes while it stops', async () => {
    const { client, sessionId, bye, back, sent } = await stopped();
    await client.ask('session/prompt', promptOf(sessionId, 'late'), 44);
    await bye();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2', 'late']);
    expect(client.answersTo(44)[0]?.result).toEqual(DONE);
  });

  it('does not run what was removed meanwhile, and leaves a session alone in which nothing waits', async () => {
    const { node, client, sessionId, turns, bye, back, session } = await stopped();
    await bye();
    for (const turnId of turns.slice(1))
      expect(await client.call('_praxis/turn/remove', { sessionId, turnId })).toEqual({});
    await back();
    expect(node.requests('session/resume')).toEqual([]);
    expect(client.answersTo(42)[0]?.error?.code).toBe(ErrorCode.RequestCancelled);
    expect(await session()).toMatchObject({ state: 'lost', reason: 'node_stopped' });
  });

  it('runs it too when the service was started anew in between', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'praxis-stopped-')), 'db');
    const { world, sessionId, bye, back, sent } = await stopped(file);
    await bye();
    await world.restart(file);
    const client = await world.ready();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    const { sessions } = await client.call<{ sessions: object[] }>('_praxis/session/find', {
      prefix: sessionId,
    });
    expect(sessions[0]).toMatchObject({ state: 'idle', queued: 0 });
  });

  it.each([
    ['running', ['prompt 0', 'prompt 1', 'prompt 2']],
    ['cancelling', ['prompt 1', 'prompt 2']],
  ])('runs what an earlier version kept as %s for its return', async (state, prompts) => {
    const file = join(mkdtempSync(join(tmpdir(), 'praxis-stopped-')), 'db');
    const { world, sessionId, turns, bye, exited, back, sent } = await stopped(file, false);
    await exited();
    await bye();
    const database = await SqliteDatabase.open(file);
    database.connection.exec(`
      update turns set state = '${state}' where id = '${turns[0]}';
      delete from kysely_migration where name = '007-held'`);
    await database.close();
    await world.restart(file);
    const client = await world.ready();
    await back();
    expect(sent()).toEqual(prompts);
    await client.ask('session/prompt', promptOf(sessionId, 'prompt 0', turns[0]), 44);
    await settled();
    expect(client.answersTo(44).map(({ result }) => result)).toEqual([
      state === 'running' ? DONE : CANCELLED,
    ]);
  });

  it('loses nothing that waits when an agent dies of the same signal', async () => {
    const { node, bye, back, sent, waiting, exited } = await stopped();
    node.vanish();
    await exited();
    expect(await waiting()).toHaveLength(2);
    await bye();
    expect(await waiting()).toHaveLength(2);
    node.listen();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
  });

  it('runs when it is back what never reached an agent that died of the same signal', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'praxis-stopped-')), 'db');
    const { world, node, turns, bye, back, sent, waiting, exited } = await stopped(file, false);
    node.vanish();
    await exited();
    await bye();
    expect(await waiting()).toEqual(turns.map((turn) => `3 queued ${turn}`));
    await world.restart(file);
    await world.ready();
    node.listen();
    node.got.splice(0);
    await back();
    expect(sent()).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
    expect(node.got.filter(({ frame }) => frame.kind === 'request')[0]?.frame).toMatchObject({
      method: 'session/resume',
    });
  });

  it('and does not come back has that answered with NodeLost in the end, too', async () => {
    const { world, node, client, bye, exited } = await stopped(undefined, false);
    node.vanish();
    await exited();
    await bye();
    await world.clock.advance(NODE_GONE_MS + 1_000);
    expect([41, 42, 43].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([1002, 1002, 1002]);
  });

  it('loses nothing that waits when an agent dies before the service hears of the stop', async () => {
    const { node, bye, back, sent, exited } = await stopped(undefined, false, false);
    node.vanish();
    await exited();
    await node.hello({ leaving: true, sessions: [] });
    await bye();
    node.listen();
    await back();
    expect(sent()).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
  });

  it('loses nothing that waits when it is killed before it has said goodbye', async () => {
    const { client, back, sent } = await stopped();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect([42, 43].map((id) => client.answersTo(id).map(({ result }) => result))).toEqual([[DONE], [DONE]]);
  });

  it('loses nothing that waits when it says on a new connection that agents have ended already', async () => {
    const { world, node, bye, back, sent } = await stopped();
    node.sessions.clear();
    await node.hello({ leaving: true });
    await world.clock.advance(LAST_WORDS_MS + 1_000);
    await bye();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
  });

  it('loses nothing that waits when it is stopped again while it brings the agent back', async () => {
    const { node, client, bye, back, sent } = await stopped();
    await bye();
    node.boot = newId();
    node.sessions.clear();
    await node.hello();
    await settled();
    await node.hello({ leaving: true });
    const error = new PraxisError(ErrorCode.NodeLost, 'The node is stopping');
    for (const { id, params } of node.requests('session/resume')) {
      const session = String(params.sessionId);
      await node.event({ session, seq: 1, epoch: 2 }, errorLine(id, error));
    }
    await bye();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect([42, 43].map((id) => client.answersTo(id).map(({ result }) => result))).toEqual([[DONE], [DONE]]);
  });

  it('is sent nothing more by a service that was started anew while it stops', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'praxis-stopped-')), 'db');
    const { world, node, sessionId, turns, bye, back, sent } = await stopped(file, false);
    await world.restart(file);
    await world.ready();
    await node.answer(sessionId, turns[0], CANCELLED);
    await settled();
    expect(sent()).toEqual([]);
    await bye();
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
  });

  it('and does not come back has its waiting prompts answered with NodeLost in the end', async () => {
    const { world, client, bye, back, sent, session } = await stopped();
    await bye();
    await world.clock.advance(NODE_GONE_MS + 1_000);
    expect([42, 43].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([1002, 1002]);
    expect(await session()).toEqual({ state: 'lost', reason: 'node_gone', queued: 0 });
    await back();
    expect(sent()).toEqual([]);
  });

  it('and cannot start the agent again says why to whoever waits', async () => {
    const { node, client, bye, session } = await stopped();
    await bye();
    node.boot = newId();
    node.sessions.clear();
    node.onOther = (frame, id) =>
      void node.event(
        { session: id!, seq: 1, epoch: 2 },
        errorLine(frame.id, new PraxisError(ErrorCode.AgentStartFailed, 'not installed')),
      );
    await node.hello();
    await settled();
    const { AgentStartFailed } = ErrorCode;
    expect([42, 43].map((id) => client.answersTo(id)[0]?.error?.code)).toEqual([
      AgentStartFailed,
      AgentStartFailed,
    ]);
    expect(await session()).toMatchObject({ state: 'lost', reason: 'resume_failed', queued: 0 });
  });
});
