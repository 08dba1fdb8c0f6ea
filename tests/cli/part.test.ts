/** One supervised process: real children, a clock that the test moves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
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
  const children: ChildProcess[] = [];
  const part = new Part({
    name: 'service',
    spawn() {
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
      children.push(child);
      return child;
    },
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
  return { part, clock, waits, children };
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
  const { part, children } = supervised(
    "process.on('SIGTERM', () => {}); setInterval(console.log, 10, 'deaf')",
  );
  await once(children[0]!.stdout!, 'data');
  const child = part.status.process!;
  await part.stop(300);
  expect(runs(child)).toBe(false);
  expect(part.status).toMatchObject({
    state: 'stopped',
    lastEnd: 'did not end within 300 ms, and was killed',
  });
});

it('is not said to have been killed when that was before, and now it was stopped', async () => {
  const { part, clock } = supervised('setInterval(() => {}, 1000)');
  process.kill(part.status.process!.pid, 'SIGKILL');
  await waitUntil(() => part.status.state === 'waiting');
  expect(part.status.lastEnd).toBe('ended by SIGKILL');
  await clock.advance(BACKOFF_CAP_MS);
  await waitUntil(() => part.status.state === 'running');
  await part.stop();
  expect(part.status).toMatchObject({ state: 'stopped', restarts: 1 });
  expect(part.status).not.toHaveProperty('lastEnd');
});
