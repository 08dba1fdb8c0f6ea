/** How a node finds agents' programs: real files, real processes, and a clock for what comes from time to time. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Catalog, PROBE_MS } from '../../node-agent/catalog.js';
import { systemClock } from '../../node-agent/clock.js';
import type { Connector } from '../../node-agent/connector.js';
import { Groups } from '../../node-agent/groups.js';
import { Programs } from '../../node-agent/programs.js';
import type { ConnectorInfo } from '../../proto/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { processesWith } from '../support/processes.js';
import { waitUntil } from '../support/wait.js';

let home: string;
let programs: Programs;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pxp-'));
  programs = new Programs({ groups: new Groups(join(home, 'groups')), clock: systemClock, home });
});
afterEach(async () => {
  await programs.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A program that notes each run in the file `runs`. */
function program(body: string, name = 'agent', age = 0): string {
  const path = join(home, 'bin', name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho run >> ${home}/runs\n${body}\n`);
  chmodSync(path, 0o755);
  const at = new Date(Date.now() - age * 1_000);
  utimesSync(path, at, at);
  return path;
}
const runs = () => readFileSync(join(home, 'runs'), 'utf8').trim().split('\n').length;
const find = (names: string[], ms = 10_000) => programs.find({ names, version: ['--version'], ms });

it('takes the first program that is there, below the home directory too, with its version', async () => {
  const path = program('echo "agent version v1.22.3-beta (abc)"');
  expect(await find(['no-such-program', '~/bin/agent'])).toEqual({ path, version: '1.22.3' });
  expect(await find(['no-such-program'])).toBeUndefined();
});

it('does not take a file that may not be executed', async () => {
  chmodSync(program('echo 1.0'), 0o644);
  expect(await find(['~/bin/agent'])).toBeUndefined();
});

it('asks a program again only when its file has changed', async () => {
  program('echo 1.0', 'agent', 60);
  await Promise.all([find(['~/bin/agent']), find(['~/bin/agent'])]);
  await find(['~/bin/agent']);
  expect(runs()).toBe(1);
  program('echo 2.0');
  expect((await find(['~/bin/agent']))?.version).toBe('2.0');
  expect(runs()).toBe(2);
});

it.each([
  ['hangs', 'PXP_MARK=$0 exec sleep 600'],
  ['tells none', 'echo what?'],
  ['fails', 'exit 3'],
])('goes without the version of a program that %s', async (_what, body) => {
  const path = program(body);
  expect(await find(['~/bin/agent'], 300)).toEqual({ path });
  expect(processesWith(`PXP_MARK=${path}`)).toEqual([]);
});

it('leaves no program running when the node stops', async () => {
  const path = program('export PXP_MARK=$0; sleep 600');
  const asked = find(['~/bin/agent'], 60_000);
  await waitUntil(() => processesWith(`PXP_MARK=${path}`).length > 0);
  await programs.stop();
  expect(processesWith(`PXP_MARK=${path}`)).toEqual([]);
  expect(await asked).toEqual({ path });
});

it('tells of a connector when it is known, and again when it has changed', async () => {
  let version = '1';
  let known: (info: ConnectorInfo) => void = () => undefined;
  const slow: Connector = {
    id: 'slow',
    info: () =>
      new Promise((resolve) => {
        known = resolve;
      }),
    open: async () => ({ command: ['true'], env: {} }),
  };
  const quick: Connector = {
    ...slow,
    id: 'quick',
    info: async () => ({ id: 'quick', title: 'Quick', version, status: 'ready', hint: null }),
  };
  const clock = new ManualClock();
  let changes = 0;
  const catalog = new Catalog({ connectors: [slow, quick], clock, onChange: () => void changes++ });
  const states = () => catalog.list().map(({ status }) => status);
  expect(states()).toEqual(['checking', 'checking']);
  const started = catalog.start();
  await waitUntil(() => changes === 1);
  expect(states()).toEqual(['checking', 'ready']);
  known({ id: 'slow', title: 'Slow', version: null, status: 'missing', hint: 'install it' });
  await started;
  expect(states()).toEqual(['missing', 'ready']);

  version = '2';
  await catalog.connectors[1]!.open({ sessionId: 's', cwd: home, yolo: false, interactive: false });
  await waitUntil(() => catalog.list()[1]!.version === '2');
  version = '3';
  clock.advance(PROBE_MS);
  await waitUntil(() => catalog.list()[1]!.version === '3');
  expect(changes).toBe(4);
  catalog.stop();
});
