import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharedRabbitMq } from '../support/brokers.js';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { BusWorld } from '../support/service-over-bus.js';
import { storyOf } from '../support/service-world.js';
import { waitUntil } from '../support/wait.js';

describe.skipIf(!rabbitMqInstalled())('the service over RabbitMQ', () => {
  let world: BusWorld;
  beforeEach(async () => {
    world = await BusWorld.start(await sharedRabbitMq());
  });
  afterEach(() => world.stop());

  const texts = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
  const say = [{ type: 'text' as const, text: 'go' }];

  it('takes a prompt to the agent and its reply back', async () => {
    const client = await world.client();
    const told: string[] = [];
    const { sessionId } = await client.newSession({ cwd: '/tmp' }, ({ frame }) => told.push(storyOf(frame)));
    world.node.onPrompt = (session, { id }) => {
      void world.node.text(session, 'Hello');
      void world.node.answer(session, id, { stopReason: 'end_turn' });
    };
    expect(await client.prompt(sessionId, say).result).toEqual({ stopReason: 'end_turn' });
    expect(told).toContain('session/update Hello');
    await client.closeSession(sessionId);
    expect(world.node.sessions.size).toBe(0);
  });

  it.each([
    ['loses its connection', () => world.cutService()],
    ['is started again', () => world.restartService()],
  ])('streams a turn once and in order when it %s meanwhile', async (_name, disturb) => {
    const client = await world.client();
    const seqs: number[] = [];
    const told: string[] = [];
    const { sessionId } = await client.newSession({ cwd: '/tmp' }, ({ seq, frame }) => {
      seqs.push(seq);
      const story = storyOf(frame);
      if (story.startsWith('session/update')) told.push(story.slice(15));
    });
    const { result } = client.prompt(sessionId, say);
    await waitUntil(() => world.node.requests('session/prompt').length > 0);
    const all = texts(3_000);
    for (const text of all.slice(0, 1_000)) void world.node.text(sessionId, text);
    const disturbed = disturb();
    for (const text of all.slice(1_000, 2_000)) void world.node.text(sessionId, text);
    await disturbed;
    for (const text of all.slice(2_000)) void world.node.text(sessionId, text);
    const [prompt] = world.node.requests('session/prompt');
    void world.node.answer(sessionId, prompt!.id, { stopReason: 'end_turn' });
    expect(await result).toEqual({ stopReason: 'end_turn' });
    await waitUntil(() => told.length >= all.length);
    expect(told).toEqual(all);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(new Set(world.node.requests('session/prompt').map(({ id }) => id)).size).toBe(1);
  });
});
