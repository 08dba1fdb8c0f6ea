/** How the screen leaves its terminal: for the shell, and for good in a crash. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Person } from '../../support/person.js';
import { PRAXIS } from '../../support/system.js';
import { KEY, TestTerminal } from '../../support/terminal.js';
import type { World } from './world.js';

export function leaving(w: World): void {
  it('sleeps with Ctrl+Z under a shell that has the terminal meanwhile, and shows after fg what came in between', async () => {
    const { system } = w;
    const { env } = system;
    const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const t = new TestTerminal('bash', ['--norc', '-i'], {
      columns: 100,
      rows: 30,
      cwd: system.work,
      env: { ...Object.fromEntries(defined), PS1: 'shell> ' },
    });
    try {
      await t.waitFor('shell>');
      t.type(`${process.execPath} ${PRAXIS}\r`);
      await t.waitFor('Demo agent');
      t.type(KEY.enter);
      await t.waitFor('Working directory');
      t.type(KEY.enter);
      await t.waitFor('The agent is ready');
      t.type(KEY.ctrl('z'));
      await t.waitFor('Stopped');
      w.tried.add('everywhere ctrl+z');
      expect(t.alternate).toBe(false);
      t.type('echo still$((1+1))here\r');
      await t.waitFor('still2here');
      const [session] = await w.client.listSessions();
      await w.client.prompt(session!.sessionId, [{ type: 'text', text: '/say said while it slept' }]).result;
      t.type('fg\r');
      await t.waitFor(
        (text) => t.alternate && text.includes('said while it slept') && text.includes('─ done'),
      );
      t.type('typed');
      await t.waitFor('❯ typed');
      t.type(KEY.ctrl('q'));
      await t.waitFor('goes on in the background');
      expect(t.alternate).toBe(false);
      t.type('exit\r');
      await t.waitForExit();
    } finally {
      t.kill();
    }
  });

  it('gives the terminal back on a crash and says where the log is; the session goes on', async () => {
    const { system } = w;
    const crash = new URL('../../support/crash-on-signal.mjs', import.meta.url).href;
    const p = new Person(system, w.tried, { env: { NODE_OPTIONS: `--import ${crash}` } });
    try {
      await p.see('Demo agent');
      await p.start('Demo agent');
      await p.type(`/hang${KEY.enter}`, '◐ working');
      process.kill(p.terminal.pid, 'SIGUSR2');
      expect(await p.terminal.waitForExit()).toBe(1);
      await p.see('The screen crashed; the system and its sessions go on.');
      expect(p.terminal.alternate).toBe(false);
      expect(p.terminal.raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(
        p.terminal.raw.lastIndexOf('\x1b[?25l'),
      );
      const folder = join(system.home.root, 'logs');
      const log = readdirSync(folder).find((name) => name.startsWith('tui-crash'))!;
      expect(readFileSync(join(folder, log), 'utf8')).toContain('a crash on request');
      expect((await w.client.listSessions()).map(({ state }) => state)).toEqual(['working']);
    } finally {
      p.leave();
    }
  });
}
