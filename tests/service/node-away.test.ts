/**
 * A node that goes away without a word: killed, cut off, or stopped while the service is away. What ran ends, since it may have done a
 * part; what waits has reached nobody, and runs when the node is back.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ErrorCode, errorLine, NODE_GONE_MS, NODE_SILENT_MS, newId, PraxisError } from '../../proto/index.js';
import { LAST_WORDS_MS } from '../../service/inbound/watch.js';
import { promptOf, settled, type TestClient } from '../support/service-world.js';
import { CANCELLED, DONE, waitingPrompts } from '../support/waiting-prompts.js';

const { AgentLost, AgentStartFailed, NodeLost, NodeUnavailable } = ErrorCode;

const database = () => join(mkdtempSync(join(tmpdir(), 'praxis-away-')), 'db');
const results = (client: TestClient, ...ids: number[]) =>
  ids.map((id) => client.answersTo(id).map(({ result, error }) => result ?? error?.code));

/** The node is killed, and the service has noticed. */
async function killed(file?: string) {
  const made = await waitingPrompts(file);
  made.node.vanish();
  await made.world.clock.advance(NODE_SILENT_MS + 1_000);
  made.node.got.splice(0);
  return made;
}

describe('a node that is killed', () => {
  it('and is back at once ends what ran, and runs what waited, in order and once', async () => {
    const { node, client, back, sent, session } = await waitingPrompts();
    node.got.splice(0);
    await back();
    expect(results(client, 41, 42, 43)).toEqual([[NodeLost], [DONE], [DONE]]);
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(node.requests('session/resume')).toHaveLength(1);
    expect(await session()).toEqual({ state: 'idle', reason: null, queued: 0 });
  });

  it('and is back later runs what waited, as it was edited meanwhile', async () => {
    const { client, sessionId, turns, back, sent, waiting, session } = await killed();
    expect(await session()).toEqual({ state: 'lost', reason: 'node_silent', queued: 2 });
    expect(await waiting()).toEqual([
      `3 running ${turns[0]}`,
      `3 queued ${turns[1]}`,
      `3 queued ${turns[2]}`,
    ]);
    const prompt = [{ type: 'text', text: 'prompt 1, edited' }];
    expect(await client.call('_praxis/turn/edit', { sessionId, turnId: turns[1], prompt })).toEqual({});
    expect(await client.call('_praxis/turn/next', { sessionId, turnId: turns[2] })).toEqual({});
    await back();
    expect(sent()).toEqual(['prompt 2', 'prompt 1, edited']);
    expect(results(client, 41, 42, 43)).toEqual([[NodeLost], [DONE], [DONE]]);
  });

  it('lets what waits wait as long as any node, and then says that it never ran and what to do', async () => {
    const { world, client, back, sent, session } = await killed();
    await world.clock.advance(NODE_GONE_MS - NODE_SILENT_MS - 2_000);
    expect(results(client, 41, 42, 43)).toEqual([[], [], []]);
    await world.clock.advance(3_000);
    expect(results(client, 41, 42, 43)).toEqual([[NodeLost], [NodeLost], [NodeLost]]);
    expect(client.answersTo(41)[0]?.error?.message).toBe('The node box went away before it answered');
    for (const id of [42, 43])
      expect(client.answersTo(id)[0]?.error).toMatchObject({
        message: expect.stringMatching(/within 2 minutes\. This prompt never ran: send it again/),
        data: { hint: expect.stringContaining('praxis nodes') },
      });
    expect(await session()).toEqual({ state: 'lost', reason: 'node_gone', queued: 0 });
    await back();
    expect(sent()).toEqual([]);
  });

  it('leaves its sessions out of those that are open, and counted apart', async () => {
    const { world, client, back } = await killed();
    const near = world.node('near');
    await near.hello();
    await client.call('session/new', { cwd: '/tmp', mcpServers: [] });
    const count = async () => {
      const { sessions, waiting, lost } = await client.call('_praxis/status', {});
      return { sessions, waiting, lost };
    };
    expect(await count()).toEqual({ sessions: 1, waiting: 0, lost: 1 });
    await back();
    expect(await count()).toEqual({ sessions: 2, waiting: 0, lost: 0 });
  });

  it('takes no prompt while it is known to be away: who sends one hears so at once', async () => {
    const { client, sessionId, back, sent } = await killed();
    await client.ask('session/prompt', promptOf(sessionId, 'late'), 44);
    await settled();
    expect(client.answersTo(44)).toMatchObject([
      { error: { code: NodeUnavailable, data: { hint: expect.stringContaining('praxis up') } } },
    ]);
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
  });

  it('and killed again while it brings the agent back loses nothing that waits', async () => {
    const { node, client, back, sent } = await killed();
    node.listen();
    node.boot = newId();
    node.sessions.clear();
    await node.hello();
    await settled();
    expect(node.requests('session/resume')).toHaveLength(1);
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 42, 43)).toEqual([[DONE], [DONE]]);
  });

  it('and gone again before it could be asked to bring the agent back loses nothing that waits', async () => {
    const { node, client, back, sent, session } = await killed();
    node.boot = newId();
    node.sessions.clear();
    await node.hello();
    await settled();
    expect(await session()).toMatchObject({ state: 'lost', queued: 2 });
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 42, 43)).toEqual([[DONE], [DONE]]);
  });

  it('and cannot start the agent again says why to whoever waits', async () => {
    const { node, client, session } = await killed();
    node.listen();
    node.boot = newId();
    node.sessions.clear();
    const error = new PraxisError(AgentStartFailed, 'not installed');
    node.onOther = (frame, id) =>
      void node.event({ session: id!, seq: 1, epoch: 2 }, errorLine(frame.id, error));
    await node.hello();
    await settled();
    expect(results(client, 41, 42, 43)).toEqual([[NodeLost], [AgentStartFailed], [AgentStartFailed]]);
    expect(await session()).toMatchObject({ state: 'lost', reason: 'resume_failed', queued: 0 });
  });

  it('ends what waits as cancelled when the session is closed meanwhile, and does not bring that back', async () => {
    const { node, client, sessionId, back, sent } = await killed();
    expect(await client.call('session/close', { sessionId })).toEqual({});
    await settled();
    expect(results(client, 41, 42, 43)).toEqual([[CANCELLED], [CANCELLED], [CANCELLED]]);
    await back();
    expect(sent()).toEqual([]);
    expect(node.requests('session/resume')).toEqual([]);
  });

  it('ends what waits when its login is taken away', async () => {
    const { client, session } = await killed();
    expect(await client.call('_praxis/revoke', { role: 'node', name: 'box' })).toEqual({ sessions: 1 });
    expect(results(client, 42, 43)).toEqual([[NodeLost], [NodeLost]]);
    expect(client.answersTo(42)[0]?.error?.message).toMatch(/login of the node box was taken away/);
    expect(await session()).toEqual({ state: 'ended', reason: 'node_removed', queued: 0 });
  });
});

describe('a node that is killed, or stopped, while the service is away', () => {
  it('runs what waited when both are back', async () => {
    const file = database();
    const { world, node, back, sent, session } = await waitingPrompts(file);
    node.vanish();
    await world.restart(file);
    const client = await world.ready();
    node.got.splice(0);
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(await session(client)).toMatchObject({ state: 'idle', queued: 0 });
  });

  it('and is back after another restart of the service runs it too', async () => {
    const file = database();
    const { world, turns, back, sent, waiting } = await killed(file);
    await world.restart(file);
    const client = await world.ready();
    expect((await waiting(client)).slice(1)).toEqual([`3 queued ${turns[1]}`, `3 queued ${turns[2]}`]);
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
  });

  it('and never back has what waited ended with NodeLost, counted from the service’s start', async () => {
    const file = database();
    const { world, sessionId, turns, session } = await killed(file);
    await world.restart(file);
    const client = await world.ready();
    await client.ask('session/prompt', promptOf(sessionId, 'prompt 1', turns[1]), 50);
    await world.clock.advance(NODE_GONE_MS + 1_000);
    expect(results(client, 50)).toEqual([[NodeLost]]);
    expect(await session(client)).toEqual({ state: 'lost', reason: 'node_gone', queued: 0 });
  });
});

describe('a node that is silent', () => {
  it('and back in the same run goes on with what runs, and then with what waits', async () => {
    const { world, node, client, sessionId, turns, works, sent } = await waitingPrompts();
    await world.clock.advance(NODE_SILENT_MS + 1_000);
    node.got.splice(0);
    works();
    await node.beat();
    expect(sent()).toEqual([]);
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 41, 42, 43)).toEqual([[DONE], [DONE], [DONE]]);
  });

  it('and back in the same run without the session has the agent started anew for what waits', async () => {
    const { world, node, client, works, sent } = await waitingPrompts();
    await world.clock.advance(NODE_SILENT_MS + 1_000);
    node.got.splice(0);
    node.sessions.clear();
    works();
    // What it is asked of a session that it does not have it does not do.
    const work = node.onPrompt;
    node.onPrompt = (id, frame) => node.sessions.has(id) && work(id, frame);
    await node.hello();
    node.got.splice(0);
    await world.clock.advance(LAST_WORDS_MS + 1_000);
    expect(results(client, 41, 42, 43)).toEqual([[AgentLost], [DONE], [DONE]]);
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(node.requests('session/resume')).toHaveLength(1);
  });
});

describe('a prompt that finds nobody at its node', () => {
  it('waits with those behind it, though its turn had come', async () => {
    const { node, client, sessionId, turns, back, sent, waiting, session } = await waitingPrompts();
    node.vanish();
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    expect(results(client, 41, 42, 43)).toEqual([[DONE], [], []]);
    expect(await waiting()).toEqual([`2 queued ${turns[1]}`, `2 queued ${turns[2]}`]);
    expect(await session()).toEqual({ state: 'lost', reason: 'node_silent', queued: 2 });
    node.got.splice(0);
    await back();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 42, 43)).toEqual([[DONE], [DONE]]);
  });

  it('is not tried again by what the node had said before it went: only its hello says that it is there', async () => {
    const { world, node, client, sessionId, turns } = await waitingPrompts();
    node.vanish();
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    const published = world.bus.published;
    const before = client.story().length;
    for (let i = 0; i < 5; i++) {
      await node.text(sessionId, 'said before');
      await settled();
    }
    expect(client.story().slice(before)).toEqual(Array(5).fill('session/update said before'));
    // One message to the viewer each, and nothing to the node.
    expect(world.bus.published - published).toBe(5);
  });

  it('runs on when the node is back in the same run', async () => {
    const { node, client, sessionId, turns, works, sent } = await waitingPrompts();
    node.vanish();
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    node.got.splice(0);
    node.listen();
    works();
    await node.hello();
    await settled();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 42, 43)).toEqual([[DONE], [DONE]]);
  });

  it('is over when it was cancelled, and removed like any other that waits', async () => {
    const { node, client, sessionId, turns, back, sent } = await waitingPrompts();
    node.vanish();
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    expect(await client.call('_praxis/turn/remove', { sessionId, turnId: turns[1] })).toEqual({});
    await client.notify('session/cancel', { sessionId, _meta: { praxis: { turnId: turns[2] } } });
    await settled();
    expect(results(client, 42, 43)).toEqual([[ErrorCode.RequestCancelled], [ErrorCode.RequestCancelled]]);
    node.got.splice(0);
    await back();
    expect(sent()).toEqual([]);
  });

  it('runs once when the node says hello at that very moment', async () => {
    const { world, node, client, sessionId, turns, works, sent, session } = await waitingPrompts();
    node.vanish();
    node.got.splice(0);
    works();
    const publish = world.bus.publish.bind(world.bus);
    world.bus.publish = async (message) => {
      world.bus.publish = publish;
      const refused = publish(message);
      await refused.catch(() => {});
      node.listen();
      void node.hello();
      return refused;
    };
    await node.answer(sessionId, turns[0], DONE);
    await settled();
    expect(sent()).toEqual(['prompt 1', 'prompt 2']);
    expect(results(client, 41, 42, 43)).toEqual([[DONE], [DONE], [DONE]]);
    expect(await session()).toEqual({ state: 'idle', reason: null, queued: 0 });
  });
});
