/** A node that starts after a kill -9 ends the agents of the one before, and no other process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GROUP_MARK, Groups, groupAlive } from '../../node-agent/groups.js';
import { waitUntil } from '../support/wait.js';

let dir: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pxg-'));
});
afterEach(() => {
  for (const { pid } of started.splice(0))
    try {
      process.kill(-pid!, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  rmSync(dir, { recursive: true, force: true });
});

/** A shell that leads a group, with one child. `mark` is in the environment of both. */
async function group(mark: string): Promise<ChildProcess> {
  const leader = spawn('/bin/sh', ['-c', 'sleep 600 & echo up; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, [GROUP_MARK]: mark },
  });
  started.push(leader);
  await new Promise((resolve) => leader.stdout!.once('data', resolve));
  return leader;
}

it('a recorded group is ended whole', async () => {
  const { pid } = await group('mark-of-the-test');
  new Groups(dir).record(pid!, 'mark-of-the-test');
  expect(new Groups(dir).reap()).toEqual([pid]);
  await waitUntil(() => !groupAlive(pid!));
  expect(readdirSync(dir)).toEqual([]);
});

it('what its dead leader left is ended', async () => {
  const leader = await group('mark-of-the-test');
  new Groups(dir).record(leader.pid!, 'mark-of-the-test');
  const gone = new Promise((resolve) => leader.once('exit', resolve));
  process.kill(leader.pid!, 'SIGKILL');
  await gone;
  expect(groupAlive(leader.pid!)).toBe(true);
  expect(new Groups(dir).reap()).toEqual([leader.pid]);
  await waitUntil(() => !groupAlive(leader.pid!));
});

it('a process that has the pid by now, but is another, is left alone', async () => {
  const { pid } = await group('mark-of-another');
  writeFileSync(
    join(dir, `${pid}.json`),
    JSON.stringify({ pgid: pid, startTime: '1', mark: 'mark-of-the-test' }),
  );
  expect(new Groups(dir).reap()).toEqual([]);
  expect(groupAlive(pid!)).toBe(true);
  expect(readdirSync(dir)).toEqual([]);
});

it('a record cut short by the crash harms nobody', () => {
  writeFileSync(join(dir, '4711.json'), '{"pgid":47');
  expect(new Groups(dir).reap()).toEqual([]);
});
