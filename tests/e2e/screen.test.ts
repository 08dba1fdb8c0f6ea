/**
 * The shipped `praxis` in a terminal, over a service, a node and agents that are real processes. Every key of the key map is pressed,
 * in every window that knows it, and what it does is seen; the last test compares with the map.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BINDINGS } from '../../tui/bindings.js';
import { System } from '../support/system.js';
import { scriptedAgent } from './agents/scripted.js';
import { chat } from './screen/chat.js';
import { leaving } from './screen/leaving.js';
import { questions } from './screen/questions.js';
import { queues } from './screen/queue.js';
import { rareStates } from './screen/rare.js';
import { windows } from './screen/windows.js';
import { World } from './screen/world.js';

describe('the keys of the screen', { timeout: 60_000 }, () => {
  const world = new World();
  beforeAll(async () => {
    await world.start(
      await System.start({
        node: () => ({ agents: { scripted: { title: 'Scripted', ...scriptedAgent() } } }),
      }),
    );
  });
  afterEach(() => world.clear());
  afterAll(() => world.system.stop());

  windows(world);
  chat(world);
  questions(world);
  queues(world);
  leaving(world);
  rareStates(world);

  it('leaves no key and no command of docs/keys.md untried', () => {
    const all = BINDINGS.flatMap((b) => [
      ...b.keys.map((key) => `${b.in} ${key}`),
      ...(b.slash === undefined ? [] : [`/${b.slash}`]),
    ]);
    expect(all.filter((name) => !world.tried.has(name))).toEqual([]);
  });
});
