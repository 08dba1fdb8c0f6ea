import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigError, type Home, homeOf, lockHome } from '../../proto/index.js';

let home: Home;
let file: string;
beforeEach(() => {
  home = homeOf({ PRAXIS_HOME: mkdtempSync(join(tmpdir(), 'px-lock-')) });
  file = join(home.run, 'service.lock');
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

it('refuses a second service on the same home, and says which process has it', () => {
  const unlock = lockHome(home, 'service');
  expect(() => lockHome(home, 'service')).toThrow(ConfigError);
  expect(() => lockHome(home, 'service')).toThrow(`process ${process.pid}`);
  unlock();
  expect(existsSync(file)).toBe(false);
  lockHome(home, 'service')();
});

it('takes over the lock of a service that was killed', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  mkdirSync(home.run, { recursive: true });
  for (const left of [JSON.stringify({ pid: child.pid, start: '1' }), 'rubbish', '{}']) {
    writeFileSync(file, left);
    lockHome(home, 'service')();
  }
});

it.skipIf(!existsSync('/proc/self/stat'))(
  'is not fooled by another process that has got the same pid',
  () => {
    mkdirSync(home.run, { recursive: true });
    writeFileSync(file, JSON.stringify({ pid: process.pid, start: '1' }));
    lockHome(home, 'service')();
  },
);
