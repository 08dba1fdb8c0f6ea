/** States of the screen that are rare: a prompt that is refused, a person who looks elsewhere, no colours, a screen reader. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MAX_QUEUED_PROMPTS } from '../../../proto/index.js';
import { Person } from '../../support/person.js';
import { KEY } from '../../support/terminal.js';
import { waitUntil } from '../../support/wait.js';
import type { World } from './world.js';

/** A colour of the foreground or the background, alone or among other looks. */
const COLOUR = /\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m/;

export function rareStates(world: World): void {
  it('gives a prompt back that the service refuses, and says why', async () => {
    const p = await world.enter();
    await p.start('Demo agent');
    await p.type(`/hang${KEY.enter}`, '◐ working');
    const { sessionId } = (await world.client.listSessions())[0]!;
    const cursor = await world.client.attach(sessionId, 0, () => undefined);
    for (let i = 0; i < MAX_QUEUED_PROMPTS; i++)
      await world.client.prompt(sessionId, [{ type: 'text', text: `waits ${i}` }]).accepted;
    await cursor.detach();
    await p.see(`${MAX_QUEUED_PROMPTS} in all`);
    await p.type(`one too many${KEY.enter}`, 'Not sent: ');
    await p.see('❯ one too many');
  });

  it('rings and tells the desktop when a session starts to wait while the terminal has no focus', async () => {
    const p = await world.enter();
    await p.start('Demo agent');
    p.terminal.type('\x1b[O');
    await p.type(`/write notes.txt words${KEY.enter}`, 'Allow? Write notes.txt');
    await waitUntil(() => /\x07\x1b\]9;[^\x07]* waits for you\x07/.test(p.terminal.raw));
  });

  it('uses no colour when NO_COLOR is set', async () => {
    const coloured = await world.enter();
    await coloured.start('Demo agent');
    expect(coloured.terminal.raw).toMatch(COLOUR);
    const p = await world.enter({ env: { NO_COLOR: '1' } });
    await p.start('Demo agent');
    await p.type(`/say plainly${KEY.enter}`, '─ done');
    expect(p.terminal.raw).not.toMatch(COLOUR);
  });

  it('says in words what marks and places say, in the plain mode for screen readers', async () => {
    const home = world.system.home.root;
    writeFileSync(join(home, 'tui.json'), JSON.stringify({ plain: true }));
    const p = new Person(world.system, new Set());
    try {
      await p.see(/^ > Demo agent/m);
      await p.see(/connected +0 sessions/);
      await p.type(KEY.enter, 'Working directory');
      await p.type(KEY.enter, 'The agent is ready');
      await p.type(`/say plainly${KEY.enter}`, /^.* plainly$/m);
      await p.see(/ idle$/m);
      expect(p.text).not.toMatch(/[│─▏╭▸●◐]/);
    } finally {
      p.leave();
      writeFileSync(join(home, 'tui.json'), '{}');
    }
  });
}
