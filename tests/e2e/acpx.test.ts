/** acpx drives `praxis acp --connector demo` through new, prompt, permission, cancel and close; every frame keeps to ACP v1. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acpx, framesOf, problemsOf } from '../support/acpx.js';
import { overBothBrokers } from '../support/brokers.js';
import type { System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { Watch } from '../support/watch.js';

overBothBrokers('acpx', (start) => {
  let system: System;
  beforeAll(async () => {
    system = await start();
  });
  afterAll(() => system.stop());
  const demo = (...args: string[]) => acpx(system, 'demo', ...args);
  const file = (name: string) => join(system.work, name);

  it('runs one prompt, and every frame of it keeps to the schema', async () => {
    const run = await demo('--format', 'json', 'exec', '/plan && /say hi there');
    expect(run.code).toBe(0);
    const { problems, checked } = problemsOf(run);
    expect(problems).toEqual([]);
    expect(checked).toBeGreaterThan(10);
    expect(framesOf(run).at(-1)?.result).toMatchObject({ stopReason: 'end_turn' });
  });

  it('makes a session, asks before it runs a tool, cancels, closes', async () => {
    const made = await demo('sessions', 'new');
    expect(made.code).toBe(0);
    const sessionId = made.stdout.trim();

    const allowed = await demo('--approve-all', '--format', 'json', 'prompt', '/run echo made > made.txt');
    expect(allowed.code).toBe(0);
    expect(problemsOf(allowed).problems).toEqual([]);
    expect(readFileSync(file('made.txt'), 'utf8')).toBe('made\n');

    const denied = await demo('--deny-all', 'prompt', '/run echo no > denied.txt');
    expect(denied.stdout).toContain('[done] end_turn');
    expect(existsSync(file('denied.txt'))).toBe(false);

    const watch = await Watch.attach(await system.client(), sessionId);
    const running = demo('prompt', '/say started && /hang');
    await waitUntil(() => watch.texts.join('').includes('started'), 20_000);
    expect((await demo('cancel')).code).toBe(0);
    expect((await running).stdout).toContain('[done] cancelled');

    expect((await demo('sessions', 'close')).code).toBe(0);
    await waitUntil(() => watch.notifications('_praxis/session/state').at(-1)?.state === 'ended');
  }, 60_000);
});
