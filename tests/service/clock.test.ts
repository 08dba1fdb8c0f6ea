/** Somebody sets the machine's clock, or the machine slept: nothing ends, is rejected or is lost because of it. */
import { describe, expect, it } from 'vitest';
import { newId, notificationLine, requestLine } from '../../proto/index.js';
import { promptOf, settled, World } from '../support/service-world.js';

const HOUR = 60 * 60 * 1_000;

async function world() {
  const made = await World.start();
  const node = made.node();
  await node.hello({ policy: { approvals: { denyAfterSecs: 600 }, idleTimeoutSecs: 600 } });
  const client = await made.ready();
  const open = async () => {
    const params = { cwd: '/tmp', mcpServers: [] };
    return (await client.call<{ sessionId: string }>('session/new', params)).sessionId;
  };
  const [idle, asking] = [await open(), await open()];
  await client.ask('session/prompt', promptOf(asking, 'go', newId()), 500);
  const question = { sessionId: asking, toolCall: { toolCallId: 't' }, options: [] };
  await node.say(asking, requestLine(1, 'session/request_permission', question));
  await node.say(idle, notificationLine('session/update', { sessionId: idle, update: {} }));
  const talk = () =>
    node.say(idle, notificationLine('session/update', { sessionId: idle, update: { n: 1 } }));
  /** Lets seconds pass while the node beats. */
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 5) {
      await made.clock.advance(5_000);
      await node.beat();
      await settled(2);
    }
  };
  const stateOf = async (prefix: string) => {
    const found = await client.call<{ sessions: { state: string }[] }>('_praxis/session/find', { prefix });
    return found.sessions[0]?.state;
  };
  const states = async () => [await stateOf(idle), await stateOf(asking)];
  const denyAt = async () => {
    const { approvals } = await client.call<{ approvals: { denyAt: number }[] }>('_praxis/approvals', {});
    return approvals[0]?.denyAt;
  };
  const nodes = async () =>
    (await client.call<{ nodes: { state: string }[] }>('_praxis/nodes', {})).nodes.map(({ state }) => state);
  return { clock: made.clock, pass, states, denyAt, nodes, talk };
}

describe.each([HOUR, -HOUR, 8 * HOUR])('a clock that jumps by %d ms', (jump) => {
  it('times no session out, rejects no question and loses no node', async () => {
    const { clock, pass, states, nodes } = await world();
    await pass(10);
    clock.jump(jump);
    await pass(300);
    expect(await states()).toEqual(['idle', 'waiting']);
    expect(await nodes()).toEqual(['live']);
  });

  it('ends no session whose last event is from before a clock that was wrong was set right', async () => {
    const { clock, pass, states, talk } = await world();
    clock.jump(-jump);
    await talk();
    clock.jump(jump);
    await pass(300);
    expect(await states()).toEqual(['idle', 'waiting']);
  });

  it('changes nothing about how long the limits are', async () => {
    const { clock, pass, states, denyAt } = await world();
    await pass(100);
    clock.jump(jump);
    expect(await denyAt()).toBe(clock.now() + 500_000);
    await pass(480);
    expect(await states()).toEqual(['idle', 'waiting']);
    await pass(40);
    expect(await states()).toEqual(['ended', 'working']);
  });
});
