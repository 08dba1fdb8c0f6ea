import { describe, expect, it } from 'vitest';
import { promptOf, settled, World } from '../support/service-world.js';

describe('the spine', () => {
  it('takes a prompt to the agent and its reply back, in order', async () => {
    const world = await World.start();
    const { node, client, sessionId } = await world.session();
    node.onPrompt = (session, { id }) => {
      void node.text(session, 'Hello', ' world');
      void node.answer(session, id, { stopReason: 'end_turn' });
    };
    expect(await client.call('session/prompt', promptOf(sessionId, 'hi'), 7)).toEqual({
      stopReason: 'end_turn',
    });
    await settled();
    const events = client.events();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(client.story().slice(2)).toEqual([
      '_praxis/session/opened',
      '_praxis/session/state idle',
      '_praxis/turn running',
      '_praxis/session/state working',
      'session/update Hello',
      'session/update  world',
      '_praxis/turn ended',
      '_praxis/session/state idle',
      'answer 7',
    ]);
  });
});
