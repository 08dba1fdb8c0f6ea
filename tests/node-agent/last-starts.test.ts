/** Sessions that may not be loaded in the minute of their start. */
import { expect, it } from 'vitest';
import { LastStarts } from '../../node-agent/last-starts.js';
import { ManualClock } from '../support/manual-clock.js';

const MINUTE = 60_000;

/** A clock at the 50th second of a minute. */
function lateInTheMinute(): ManualClock {
  const clock = new ManualClock();
  clock.advance(MINUTE - (clock.now() % MINUTE) + 50_000);
  return clock;
}

/** Milliseconds until the session may be loaded. */
async function waited(clock: ManualClock, starts: LastStarts, sessionId: string): Promise<number> {
  let over = false;
  const done = starts.minuteOver(sessionId).then(() => {
    over = true;
  });
  let ms = 0;
  for (await Promise.resolve(); !over; ms += 1_000) {
    clock.advance(1_000);
    await new Promise(setImmediate);
  }
  await done;
  return ms;
}

it('waits for the end of the minute in which the session was started, and no longer', async () => {
  const clock = lateInTheMinute();
  const starts = new LastStarts(clock, () => clock.now());
  clock.advance(2 * MINUTE);
  starts.note('one');
  expect(await waited(clock, starts, 'one')).toBe(10_000);
  expect(await waited(clock, starts, 'one')).toBe(0);
});

it('waits no longer than a minute when the clock was set back', async () => {
  const clock = lateInTheMinute();
  let jumped = 0;
  const starts = new LastStarts(clock, () => clock.now() + jumped);
  starts.note('one');
  jumped = -60 * MINUTE;
  expect(await waited(clock, starts, 'one')).toBeLessThanOrEqual(MINUTE);
});

it('does not know what was before the node, and so waits for the end of its own first minute', async () => {
  const clock = lateInTheMinute();
  const starts = new LastStarts(clock, () => clock.now());
  expect(await waited(clock, starts, 'old')).toBe(10_000);
  expect(await waited(clock, starts, 'old')).toBe(0);
});
