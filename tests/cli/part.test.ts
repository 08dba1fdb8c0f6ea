/** One supervised process: real children, a clock that the test moves. */
import { spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { BACKOFF_CAP_MS, HEALTHY_MS, MAX_QUICK_ENDS, Part } from '../../cli/up/part.js';
import { runs } from '../../proto/index.js';
import { ManualClock } from '../support/service-world.js';
import { waitUntil } from '../support/wait.js';

const parts: Part[] = [];
afterEach(async () => {
  for (const part of parts.splice(0)) await part.stop(1_000);
});

function supervised(script: string, words?: string) {
  const clock = new ManualClock();
  const waits: number[] = [];
  const part = new Part({
    name: 'service',
    spawn: () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' }),
    logged: () => 7,
    lastWords: (from) => (from === 7 ? words : undefined),
    now: clock.now,
    schedule(ms, run) {
      waits.push(ms);
      return clock.schedule(ms, run);
    },
    onChange: () => undefined,
  });
  parts.push(part);
  part.start();
  return { part, clock, waits };
}

it('is started again later and later, and given up with its last word', async () => {
  const { part, clock, waits } = supervised('process.exit(3)', 'the database is locked');
  for (let end = 1; end < MAX_QUICK_ENDS; end++) {
    await waitUntil(() => part.status.state === 'waiting' && waits.length === end);
    await clock.advance(BACKOFF_CAP_MS);
  }
  await waitUntil(() => part.status.state === 'failed');
  expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200]);
  expect(part.status).toMatchObject({
    restarts: MAX_QUICK_ENDS - 1,
    lastEnd: expect.stringMatching(/exit code 3; it said: the database is locked; .*given up/),
  });
});

it('is given up at once when its configuration is wrong', async () => {
  const { part, waits } = supervised('process.exit(78)');
  await waitUntil(() => part.status.state === 'failed');
  expect(waits).toEqual([]);
});

it('begins with the shortest wait again after it was healthy', async () => {
  const { part, clock, waits } = supervised('setInterval(() => {}, 1000)');
  for (const age of [0, 0, HEALTHY_MS]) {
    await waitUntil(() => part.status.state === 'running');
    const child = part.status.process!;
    await clock.advance(age);
    process.kill(child.pid, 'SIGKILL');
    await waitUntil(() => part.status.state === 'waiting');
    await clock.advance(BACKOFF_CAP_MS);
  }
  expect(waits).toEqual([0, 100, 0]);
});

it('is killed when it does not end politely', async () => {
  const { part } = supervised("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  const child = part.status.process!;
  await part.stop(300);
  expect(runs(child)).toBe(false);
  expect(part.status.state).toBe('stopped');
});
