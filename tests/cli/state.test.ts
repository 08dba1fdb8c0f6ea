import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lastWords, logSize, rotate } from '../../cli/up/logs.js';
import { claimState, liveState, noteStarting, stateFile, type UpState } from '../../cli/up/state.js';
import { takeDown } from '../../cli/up/stop.js';
import { type Home, homeOf, refOf } from '../../proto/index.js';
import { isRunning } from '../support/processes.js';

let root: string;
let home: Home;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pxst-'));
  home = homeOf({ PRAXIS_HOME: root });
});
afterEach(() => rmSync(root, { recursive: true }));

const stateOf = (supervisor: UpState['supervisor']): UpState => ({
  supervisor,
  version: '1',
  since: 0,
  parts: {},
});
const mine = () => stateOf(refOf(process.pid));

it('lets one supervisor claim a home', () => {
  expect(claimState(home, mine())).toEqual({ left: null });
  expect(claimState(home, mine())).toBeUndefined();
  expect(liveState(home)).toEqual(mine());
});

it('lets the next one take over what a dead one left, even when its pid is in use again', () => {
  const dead = stateOf({ pid: process.pid, start: 'long ago' });
  expect(claimState(home, dead)).toEqual({ left: null });
  expect(liveState(home)).toBeUndefined();
  expect(claimState(home, mine())).toEqual({ left: dead });
});

it('takes down a supervisor that has not claimed the home yet, and nothing twice', async () => {
  const supervisor = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  noteStarting(home, supervisor.pid!);
  expect(await takeDown(home, () => undefined)).toBe(true);
  expect(isRunning(supervisor.pid!)).toBe(false);
  // A pid that was given to another program names nobody.
  noteStarting(home, process.pid);
  const file = join(home.run, 'starting', `${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: 'long ago' }));
  expect(await takeDown(home, () => undefined)).toBe(false);
  expect(existsSync(file)).toBe(false);
});

it('takes a file that was cut off for nobody', () => {
  claimState(home, mine());
  writeFileSync(stateFile(home), '{"superv');
  expect(claimState(home, mine())).toEqual({ left: null });
});

it('finds the sentence that matters at the end of a log', () => {
  const log = join(root, 'x.log');
  expect(lastWords(log)).toBeUndefined();
  writeFileSync(log, '{"msg":"started"}\nError: no such table\n    at f (x.js:1:2)\n\nNode.js v20.20.2\n');
  expect(lastWords(log)).toBe('Error: no such table');
  writeFileSync(log, 'noise\n{"level":50,"msg":"cannot open","err":{"message":"EACCES"}}\n');
  expect(lastWords(log)).toBe('cannot open: EACCES');
});

it('takes nothing for a trouble that was before this run, or that is only news', () => {
  const log = join(root, 'x.log');
  writeFileSync(log, 'Error: of yesterday\n');
  const began = logSize(log);
  expect(lastWords(log, began)).toBeUndefined();
  writeFileSync(log, '{"level":30,"msg":"service started"}\n', { flag: 'a' });
  expect(lastWords(log, began)).toBeUndefined();
  writeFileSync(log, 'Error: of today\n');
  expect(lastWords(log, began)).toBe('Error: of today');
});

it('moves a log away when it is large, and its writer goes on', () => {
  const log = join(root, 'x.log');
  writeFileSync(log, 'x'.repeat(20));
  rotate(log, 10);
  writeFileSync(log, 'y', { flag: 'a' });
  expect(lastWords(log)).toBe('y');
  expect(lastWords(`${log}.1`)).toBe('x'.repeat(20));
});
