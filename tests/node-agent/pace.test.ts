/** An agent that says more in a second than it may is read no faster; nothing of it is lost. */
import { expect, it } from 'vitest';
import { Pace } from '../../node-agent/pace.js';
import { ManualClock } from '../support/manual-clock.js';
import { DEMO, fixedConnector, TestServer } from '../support/node-server.js';
import { waitUntil } from '../support/wait.js';

it('counts the frames of each second and says how long to wait', () => {
  const clock = new ManualClock();
  const pace = new Pace(3, clock);
  expect([pace.frame(), pace.frame()]).toEqual([0, 0]);
  clock.advance(400);
  expect(pace.frame()).toBe(600);
  clock.advance(600);
  expect([pace.frame(), pace.frame(), pace.frame()]).toEqual([0, 0, 1_000]);
});

it('reads a flood in portions, says so once, and loses nothing', async () => {
  const CHUNKS = 5_000;
  const clock = new ManualClock();
  const node = new TestServer([fixedConnector('demo', DEMO)], { clock, policy: { maxFramesPerSecond: 500 } });
  try {
    const session = await node.open('demo');
    const answer = node.prompt(session, `/stream ${CHUNKS} 64`);
    const chunks = () => node.updatesOf(session, 'agent_message_chunk');
    await waitUntil(() => chunks().length >= 500);
    let over = false;
    void answer.then(() => {
      over = true;
    });
    let seconds = 0;
    for (; !over; seconds++) {
      const before = chunks().length;
      clock.advance(1_000);
      await waitUntil(() => over || chunks().length > before);
    }
    expect(seconds).toBeGreaterThan(2);
    expect(chunks()).toHaveLength(CHUNKS);
    const notices = node
      .framesOf(session)
      .filter(({ frame }) => 'method' in frame && frame.method === '_praxis/agent/notice');
    expect(notices.map(({ frame }) => 'params' in frame && frame.params.text)).toEqual([
      'The agent says more than 500 things a second: it is read no faster',
    ]);
  } finally {
    await node.stop();
  }
});
