/** The lists and windows of the screen, in a terminal. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chat, everyTestAlone, home, open, start } from '../support/scripted-screen.js';
import { KEY } from '../support/terminal.js';

everyTestAlone();

describe('the screen in a terminal', () => {
  it('shows nodes and agents, and why one cannot be used', async () => {
    const t = await open();
    expect(t.text()).toMatch(/● laptop/);
    expect(t.text()).toMatch(/○ build-box\s+lost/);
    expect(t.text()).toMatch(/Codex\s+needs setup/);
    t.type(KEY.down);
    await t.waitFor(/Run codex login on\s.*\n\s*laptop\./);
  });

  it('starts a session in a directory that it proposes, with YOLO off until it is turned on', async () => {
    const t = await open();
    t.type(KEY.enter);
    await t.waitFor('/home/me/src');
    await t.waitFor('without asking you');
    expect(t.text()).toContain('[ ] YOLO');
    t.type(`${KEY.tab} `);
    await t.waitFor('[x] YOLO');
    t.type(KEY.enter);
    await t.waitFor('YOLO');
    await t.waitFor('The agent is ready');
  });

  it('says in the form why a session could not be started', async () => {
    const t = await open();
    t.type(KEY.enter);
    await t.waitFor('Working directory');
    t.type(`${KEY.ctrl('u')}/forbidden${KEY.enter}`);
    await t.waitFor('The directory is not allowed. Choose one below /home/me.');
    t.type(KEY.escape);
    await t.waitFor((text) => !text.includes('Working directory'));
  });

  it('goes back to the list with Esc while the agent works on, and resumes from Ctrl+W', async () => {
    const t = await chat();
    t.type(`wait${KEY.enter}`);
    await t.waitFor('working');
    t.type(KEY.escape);
    await t.waitFor('Enter open');
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    await t.waitFor(/◐ working/);
    t.type(KEY.enter);
    await t.waitFor('Ctrl+C cancel');
    expect(t.text()).toContain('Partial words that stay.');
  });

  it('discards a session from the overlay, one that works after a confirm, and filters the overlay', async () => {
    const t = await chat();
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    t.type('/zzz');
    await t.waitFor('No session fits the filter.');
    t.type(KEY.escape);
    await t.waitFor((text) => !text.includes('Filter'));
    t.type('d');
    await t.waitFor('No session is alive.');
    t.type(KEY.escape);
    await t.waitFor((text) => text.includes('0 sessions') && !text.includes('No session is alive.'));
    t.type(`${KEY.ctrl('l')}${KEY.enter}`);
    await t.waitFor('Working directory');
    t.type(KEY.enter);
    await t.waitFor('Ask the agent something');
    t.type(`wait${KEY.enter}`);
    await t.waitFor('working');
    t.type(KEY.ctrl('w'));
    await t.waitFor(/Status +Queued +Title +Agent +Node +Id +Age/);
    t.type('d');
    await t.waitFor('It is working: its prompt is cancelled.');
    t.type('n');
    await t.waitFor((text) => !text.includes('is cancelled.'));
    t.type('dy');
    await t.waitFor('No session is alive.');
  });

  it('shows all keys with F1', async () => {
    const t = await open();
    t.type('\x1bOP');
    await t.waitFor('List of nodes, agents and sessions');
    t.type(KEY.escape);
    await t.waitFor((text) => !text.includes('List of nodes'));
  });

  it('saves the transcript with Ctrl+Alt+W', async () => {
    const t = await chat();
    t.type(`tour${KEY.enter}`);
    await t.waitFor('One test still expects');
    t.type('\x1b\x17');
    await t.waitFor('The transcript is in');
    const [file] = readdirSync(join(home, 'transcripts'));
    const text = readFileSync(join(home, 'transcripts', file!), 'utf8');
    expect(text).toContain('# Greet by time of day');
    expect(text).toContain('✘ **npm test** (failed)');
  });

  it('says how the connection is and when it tries again', async () => {
    await start({ env: { LINK: '1' } }).waitFor('connecting: the broker closed the connection, next try in');
  });
});
