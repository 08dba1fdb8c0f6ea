import { expect, it } from 'vitest';
import { newId, parseFrame } from '../../proto/index.js';
import { Core } from '../../service/core.js';
import { SqliteDatabase } from '../../service/store/index.js';
import { promptOf, settled, TestNode, World } from '../support/service-world.js';
import { lead, memberOf } from '../support/stores.js';

/** Numbers that look random and are the same in every run (xorshift). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.abs(state) % below;
  };
}

const METHODS = [
  ...[
    'initialize',
    'session/new',
    'session/load',
    'session/resume',
    'session/list',
    'session/prompt',
    'session/cancel',
  ],
  ...[
    'session/set_mode',
    'session/request_permission',
    'session/update',
    'fs/read_text_file',
    'elicitation/create',
  ],
  ...['$/cancel_request', '_praxis/session/attach', '_praxis/session/detach', '_praxis/session/events'],
  ...[
    '_praxis/session/find',
    '_praxis/status',
    '_praxis/agent/exited',
    '_praxis/agent/notice',
    '_praxis/agent/auto',
  ],
  ...['_praxis/node/beat', '_praxis/node/hello', 'nope'],
];

it('no frame of a client or a node, however odd, breaks the service', async () => {
  const errors: string[] = [];
  const world = new World();
  world.store = await lead(await SqliteDatabase.open(':memory:'));
  world.core = await Core.load({
    bus: { publish: (message) => world.bus.publish(message) },
    ...{ store: world.store, clock: world.clock, newId },
    host: {
      bus: 'x',
      store: 'x',
      active: memberOf('x'),
      standbys: () => [],
      logins: { has: async () => true, check: () => {}, enroll: async () => 'x', revoke: async () => true },
    },
    log: {
      info() {},
      warn() {},
      error: (details, message) => errors.push(message + JSON.stringify(details)),
    },
  });
  world.core.online();
  const { node, client, sessionId } = await world.session();
  const pick = generator(20_261_121);
  const turns = Array.from({ length: 5 }, newId);
  const values: unknown[] = [
    ...[null, 0, -1, 1.5, '', 'x', true, [], {}, [null], sessionId, newId(), ...turns],
    ...[
      [{ type: 'text', text: 'hi' }],
      { praxis: null },
      { praxis: { turnId: 7 } },
      { praxis: { turnId: turns[0] } },
    ],
    ...[{ sessionUpdate: 'session_info_update', title: null }, { sessionUpdate: 7 }, { code: 'x' }, '\u2028'],
  ];
  const any = () => values[pick(values.length)];
  const frame = (): string => {
    const params = Object.fromEntries(
      ['prompt', '_meta', 'update', 'requestId', 'cursor', 'prefix', 'after', 'title', 'cwd', 'boot', 'name']
        .filter(() => pick(3) === 0)
        .map((key) => [key, any()]),
    );
    if (pick(4) > 0) params.sessionId = sessionId;
    const id = pick(3) === 0 ? {} : { id: pick(2) === 0 ? pick(100) : turns[pick(5)] };
    if (pick(5) === 0)
      return JSON.stringify({ jsonrpc: '2.0', ...id, ...(pick(2) ? { result: any() } : { error: any() }) });
    return JSON.stringify({
      jsonrpc: '2.0',
      ...id,
      method: METHODS[pick(METHODS.length)],
      params: pick(9) ? params : any(),
    });
  };
  for (let i = 0; i < 4_000; i++) {
    if (pick(2)) void client.send(frame());
    else void node.say(sessionId, frame());
    if (pick(50) === 0) await settled(1);
    if (pick(200) === 0) {
      await node.hello();
      void client.send(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1_000 + i,
          method: 'session/prompt',
          params: promptOf(sessionId, 'go'),
        }),
      );
    }
  }
  await settled();
  expect(errors).toEqual([]);
  expect(client.heard.length).toBeGreaterThan(1_000);
  const seqs = (await world.store.events(sessionId, 0, 100_000)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  for (const { frame: line } of await world.store.events(sessionId, 0, 100_000))
    expect(() => parseFrame(line)).not.toThrow();
  const fresh = new TestNode(world, 'fresh');
  await fresh.hello();
  const other = await world.ready('other');
  fresh.onPrompt = (session, { id }) => void fresh.answer(session, id, { stopReason: 'end_turn' });
  const made = await other.call<{ sessionId: string }>('session/new', {
    cwd: '/tmp',
    _meta: { praxis: { node: 'fresh' } },
  });
  expect(await other.call('session/prompt', promptOf(made.sessionId, 'hi'))).toEqual({
    stopReason: 'end_turn',
  });
});
