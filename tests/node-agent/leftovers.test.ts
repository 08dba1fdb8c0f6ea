/** All that a program started ends with it; a node that starts after a kill -9 ends the agents of the one before; and no other process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../node-agent/clock.js';
import { FAMILY_MARK, Family } from '../../node-agent/family.js';
import { Groups } from '../../node-agent/groups.js';
import { Processes, statOf } from '../../node-agent/proc.js';
import { isRunning } from '../support/processes.js';
import { waitUntil } from '../support/wait.js';

let dir: string;
const started: ChildProcess[] = [];
const strays: number[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pxg-'));
});
afterEach(() => {
  for (const pid of [...started.splice(0).map(({ pid }) => -pid!), ...strays.splice(0)])
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  rmSync(dir, { recursive: true, force: true });
});

interface Leader {
  process: ChildProcess;
  pid: number;
  child: number;
}

/** A shell that leads a group, and its child, which sleeps. `mark` is in the environment of both, unless `how` takes it out. */
async function leader(mark: string, how = '', then = 'exec sleep 600'): Promise<Leader> {
  const process_ = spawn('/bin/sh', ['-c', `${how} sh -c 'echo $$; ${then}' & wait`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, [FAMILY_MARK]: mark },
  });
  started.push(process_);
  const child = Number(await new Promise((resolve) => process_.stdout!.once('data', resolve)));
  strays.push(child);
  return { process: process_, pid: process_.pid!, child };
}

async function kill({ process: process_, pid }: Leader): Promise<void> {
  const gone = new Promise((resolve) => process_.once('exit', resolve));
  process.kill(pid, 'SIGKILL');
  await gone;
}

const CLEARED = 'env -i PATH="$PATH"';
const WAYS = [
  ['stays with it', ''],
  ['clears its environment', CLEARED],
  ['leaves its group', 'setsid'],
  ['leaves its group and clears its environment', `setsid ${CLEARED}`],
] as const;

describe('a program that is ended takes along a child that', () => {
  it.each(WAYS)('%s', async (_what, how) => {
    const { pid, child } = await leader('mark-of-the-test', how);
    await new Groups(dir).record(pid, 'mark-of-the-test').end();
    expect([pid, child].filter(isRunning)).toEqual([]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each(WAYS.slice(0, 3))('%s, also when the program has died by itself', async (_what, how) => {
    const one = await leader('mark-of-the-test', how);
    const family = new Groups(dir).record(one.pid, 'mark-of-the-test');
    await kill(one);
    expect(isRunning(one.child)).toBe(true);
    await family.end();
    expect(isRunning(one.child)).toBe(false);
  });

  it('left its group and cleared its environment, also when the program has died, if it was seen', async () => {
    const one = await leader('mark-of-the-test', `setsid ${CLEARED}`);
    const family = new Groups(dir).record(one.pid, 'mark-of-the-test');
    family.look();
    await kill(one);
    await family.end();
    expect(isRunning(one.child)).toBe(false);
  });

  it('leaves its group with a cleared environment just when it is ended', async () => {
    const fifo = join(dir, 'go');
    execFileSync('mkfifo', [fifo]);
    const { pid, child } = await leader('mark', CLEARED, `read go < ${fifo}; exec setsid sleep 600`);
    let leaves = async () => {
      leaves = async () => undefined;
      writeFileSync(fifo, 'go\n');
      return waitUntil(() => statOf(child)!.pgid !== pid);
    };
    // Between the look at everybody and the signals.
    const look = async () => {
      const processes = new Processes();
      await leaves();
      return processes;
    };
    const options = { clock: systemClock, look, isOther: () => false, onGone: () => undefined };
    await new Family(pid, 'mark', options).end();
    expect(isRunning(child)).toBe(false);
  });

  it('ignores SIGTERM', async () => {
    const one = await leader('mark-of-the-test', 'setsid sh -c \'trap "" TERM; exec "$@"\' -');
    await new Groups(dir).record(one.pid, 'mark-of-the-test').end();
    expect(isRunning(one.child)).toBe(false);
  });
});

it('a program that is ended leaves the families of others alone', async () => {
  const groups = new Groups(dir);
  const [one, other] = [await leader('mark-of-the-one', 'setsid'), await leader('mark-of-another', 'setsid')];
  const family = groups.record(one.pid, 'mark-of-the-one');
  groups.record(other.pid, 'mark-of-another');
  await family.end();
  expect([one.pid, one.child, other.pid, other.child].filter(isRunning)).toEqual([other.pid, other.child]);
});

it.each(WAYS)('what an earlier node left is ended: a program with a child that %s', async (_what, how) => {
  const { pid, child } = await leader('mark-of-the-test', how);
  new Groups(dir).record(pid, 'mark-of-the-test');
  expect(new Groups(dir).reap()).toEqual([pid]);
  await waitUntil(() => ![pid, child].some(isRunning));
  expect(readdirSync(dir)).toEqual([]);
});

it.each([WAYS[0], WAYS[2]])(
  'what an earlier node left is ended: of a dead program the child that %s',
  async (_what, how) => {
    const one = await leader('mark-of-the-test', how);
    new Groups(dir).record(one.pid, 'mark-of-the-test');
    await kill(one);
    expect(isRunning(one.child)).toBe(true);
    expect(new Groups(dir).reap()).toEqual([one.pid]);
    await waitUntil(() => !isRunning(one.child));
  },
);

it('a process that has the pid by now, but is another, is left alone', async () => {
  const { pid, child } = await leader('mark-of-another');
  writeFileSync(
    join(dir, `${pid}.json`),
    JSON.stringify({ pgid: pid, startTime: 1, mark: 'mark-of-the-test' }),
  );
  expect(new Groups(dir).reap()).toEqual([]);
  expect([pid, child].filter(isRunning)).toEqual([pid, child]);
  expect(readdirSync(dir)).toEqual([]);
});

it('a record cut short by the crash harms nobody', () => {
  writeFileSync(join(dir, '4711.json'), '{"pgid":47');
  expect(new Groups(dir).reap()).toEqual([]);
});
