/** What an agent says on its way up, by itself. */
import { expect, it } from 'vitest';
import { FromAgent } from '../../node-agent/from-agent.js';
import { notificationLine, parseFrame, type Request, requestLine } from '../../proto/index.js';
import { ManualClock } from '../support/manual-clock.js';

const MEBIBYTE = 1024 * 1024;

function agent() {
  const sent: string[] = [];
  const said: string[] = [];
  const state = { paused: false };
  const from = new FromAgent({
    onAsk: () => undefined,
    sessionId: 'ours',
    yolo: false,
    lane: { send: (line) => void sent.push(line), full: false, room: async () => undefined },
    agent: {
      pause: () => {
        state.paused = true;
      },
      resume: () => {
        state.paused = false;
      },
      send: (line) => void said.push(line),
    },
    clock: new ManualClock(),
    maxFramesPerSecond: 1_000_000,
  });
  const says = (line: string) => from.frame(parseFrame(line) as Request);
  return { from, says, sent, said, state };
}

it('an agent that says too much before its session is there is read no further, and nothing of it is lost', () => {
  const { from, says, sent, state } = agent();
  const line = notificationLine('session/update', {
    sessionId: 'its',
    update: { text: 'x'.repeat(MEBIBYTE) },
  });
  let count = 0;
  while (!state.paused && count < 100) {
    says(line);
    count++;
  }
  expect(count).toBeGreaterThan(16);
  expect(count).toBeLessThan(100);
  from.release('its');
  expect(sent).toHaveLength(count);
  expect(state.paused).toBe(false);
});

it('an agent that asks without an end gets an error for what is too much', () => {
  const { from, says, sent, said } = agent();
  from.release('its');
  for (let id = 0; id < 2_000; id++)
    says(requestLine(id, 'session/request_permission', { sessionId: 'its' }));
  expect(sent.length).toBeLessThan(2_000);
  expect(said).toHaveLength(2_000 - sent.length);
  expect(JSON.parse(said[0]!)).toMatchObject({
    id: sent.length,
    error: { message: expect.stringMatching(/wait for an answer already/) },
  });
});

it('a question under the id of one that is open is dropped with a warning, and may be asked when that is answered', () => {
  const { from, says, sent } = agent();
  from.release('its');
  const question = requestLine(1, 'session/request_permission', { sessionId: 'ours' });
  says(question);
  says(question);
  expect(sent.map((line) => JSON.parse(line).method)).toEqual([
    'session/request_permission',
    '_praxis/agent/notice',
  ]);
  expect(from.takeAnswer('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe(true);
  expect(from.takeAnswer('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe(false);
  says(question);
  expect(sent).toHaveLength(3);
});
