/** The keys of the list and of the windows over it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Context } from '../../../tui/bindings.js';
import { gone, type Person } from '../../support/person.js';
import { KEY } from '../../support/terminal.js';
import { chosen, type World } from './world.js';

const changed = (p: Person) => {
  const before = chosen(p.text);
  return (text: string): boolean => chosen(text) !== '' && chosen(text) !== before;
};
const again = (line: string) => (text: string) => chosen(text) === line;

/** Keys that go down, each followed by one that goes up again. */
async function downAndUp(p: Person, context: Context, pairs: [down: string, up: string][]): Promise<void> {
  for (const [down, up] of pairs) {
    const top = chosen(p.text);
    await p.press(context, down, changed(p));
    await p.press(context, up, again(top));
  }
}

/** Opens a window as often as there are keys that close it. */
async function closedBy(
  p: Person,
  context: Context,
  keys: string[],
  title: string,
  open: () => Promise<void>,
): Promise<void> {
  for (const key of keys) {
    if (!p.text.includes(title)) await open();
    await p.press(context, key, gone(title));
  }
}

export function windows(w: World): void {
  it('goes through the list, opens what is chosen, and says why nothing is open', async () => {
    const p = await w.enter();
    await p.press('list', 'down', /▸ Scripted/);
    await p.press('list', 'up', /▸ Demo agent/);
    await p.press('list', 'j', /▸ Scripted/);
    await p.press('list', 'k', /▸ Demo agent/);
    await p.type(KEY.tab, 'No session is open yet: choose an agent and press Enter.');
    for (const key of ['enter', 'right', 'l']) {
      await p.press('list', key, '╭─ Start Demo agent');
      await p.press('start', 'escape', gone('╭─ Start'));
    }
    await w.session('Somewhere else');
    await p.see('● Somewhere else');
    await p.choose('● Somewhere else');
    await p.type(KEY.enter, 'Ask the agent something');
    await p.type(KEY.escape, 'Enter open');
    await p.press('list', 'tab', 'Enter send');
  });

  it('opens every window from anywhere by its key', async () => {
    const p = await w.enter();
    const windows: [key: string, title: string][] = [
      ['f1', '╭─ Keys'],
      ['ctrl+h', '╭─ Keys'],
      ['ctrl+s', '╭─ Settings'],
      ['ctrl+k', '╭─ Commands'],
      ['ctrl+w', '╭─ Live sessions'],
      ['ctrl+l', '╭─ Nodes'],
      ['ctrl+n', '╭─ What waits for you'],
      ['?', '╭─ Keys'],
    ];
    for (const [key, title] of windows) {
      await p.press('everywhere', key, title);
      await p.type(KEY.escape, gone(title));
    }
    await p.press('everywhere', 'alt+m', 'COPY MODE');
    expect(p.terminal.raw).toMatch(/\x1b\[\?1002l/);
    await p.type('\x1bm', gone('COPY MODE'));
    await p.press('everywhere', 'ctrl+q', 'goes on in the background');
    expect(await p.terminal.waitForExit()).toBe(0);
  });

  it('scrolls the keys and closes them', async () => {
    const p = await w.enter();
    await p.type('?', 'Here: List of nodes');
    for (const [down, up] of [
      ['down', 'up'],
      ['j', 'k'],
      ['pagedown', 'pageup'],
      [' ', 'pageup'],
    ] as const) {
      await p.press('help', down, gone('Here: List of nodes'));
      await p.press('help', up, 'Here: List of nodes');
    }
    await closedBy(p, 'help', ['escape', '?', 'f1', 'ctrl+h', 'q'], '╭─ Keys', () => p.type('?', '╭─ Keys'));
  });

  it('shows the nodes with their agents, filters them, and starts a session or shows theirs', async () => {
    await w.session('On this node');
    const p = await w.enter();
    const open = () => p.type(KEY.ctrl('l'), '╭─ Nodes');
    await open();
    await downAndUp(p, 'nodes', [
      ['down', 'up'],
      ['j', 'k'],
    ]);
    await p.press('nodes', 's', '╭─ Live sessions');
    expect(p.text).toContain('On this node');
    await p.type(KEY.escape, gone('╭─ Live sessions'));
    if (!p.text.includes('╭─ Nodes')) await open();
    await p.press('nodes', 'enter', '╭─ Start Demo agent');
    await p.type(KEY.escape, gone('╭─ Start'));
    if (!p.text.includes('╭─ Nodes')) await open();
    await p.press('nodes', '/', 'Filter:');
    await p.type('here', 'Filter: here');
    const top = chosen(p.text);
    await p.press('nodesFilter', 'down', changed(p));
    await p.press('nodesFilter', 'up', again(top));
    for (const key of ['escape', 'ctrl+l']) {
      if (!p.text.includes('Filter:')) await p.type('/', 'Filter:');
      await p.press('nodesFilter', key, gone('Filter:'));
    }
    await p.type('/scrip', (text) => chosen(text).startsWith('Scripted'));
    await p.press('nodesFilter', 'enter', '╭─ Start Scripted');
    await p.type(KEY.escape, gone('╭─ Start'));
    await closedBy(p, 'nodes', ['escape', 'ctrl+l', 'q'], '╭─ Nodes', open);
  });

  it('starts a session in a directory that is completed, with YOLO off until it is turned on', async () => {
    for (const name of ['alpha', 'apple', 'beta']) mkdirSync(join(w.system.work, name), { recursive: true });
    const p = await w.enter();
    await p.type(KEY.enter, 'Working directory');
    expect(p.text).toContain('[ ] YOLO');
    await p.press('start', 'ctrl+y', '[x] YOLO');
    await p.type(KEY.ctrl('y'), '[ ] YOLO');
    await p.type(`${KEY.ctrl('u')}${w.system.work}/a`, /work\/apple/);
    await p.press('start', 'down', /▸ \S+\/alpha/);
    await p.type(KEY.down, /▸ \S+\/apple/);
    await p.press('start', 'up', /▸ \S+\/alpha/);
    await p.press('start', 'tab', /\/work\/alpha\/ /);
    await p.type(KEY.tab, 'Space turns it on or off');
    await p.press('start', 'shift+tab', gone('Space turns it on or off'));
    await p.press('start', 'enter', 'The agent is ready');
    const [session] = await w.client.listSessions();
    expect(session).toMatchObject({ cwd: join(w.system.work, 'alpha'), yolo: false });
  });

  it('opens, filters and closes from the live sessions, one that works after a question', async () => {
    for (const title of ['Alpha', 'Alphabet']) await w.session(title);
    await w.session('Busy', '/hang');
    const p = await w.enter();
    await p.type(KEY.ctrl('w'), /│ ▸ ◐ working .*Busy/);
    await downAndUp(p, 'sessions', [
      ['down', 'up'],
      ['j', 'k'],
    ]);
    await p.press('sessions', 'd', 'It is working: its prompt is cancelled.');
    await p.press('confirm', 'n', gone('is cancelled.'));
    await p.type('d', 'is cancelled.');
    await p.press('confirm', 'escape', gone('is cancelled.'));
    await p.type('d', 'is cancelled.');
    await p.press('confirm', 'y', gone('Busy'));
    await p.press('sessions', 'e', /○ ended +Busy/);
    await p.type('e', gone('Busy'));
    await p.press('sessions', '/', 'Filter:');
    await p.type('alp', /Filter: alp/);
    const top = chosen(p.text);
    await p.press('filter', 'down', changed(p));
    await p.press('filter', 'up', again(top));
    await p.press('filter', 'escape', gone('Filter:'));
    await p.type('/bet', 'Filter: bet');
    await p.press('filter', 'ctrl+w', gone('Filter:'));
    await p.type('/bet', (text) => text.includes('Filter: bet') && !/│.*Alpha /.test(text));
    await p.press('filter', 'enter', 'Ask the agent something');
    expect(p.text).toContain('Alphabet');
    await p.type(KEY.ctrl('w'), '╭─ Live sessions');
    await p.press('sessions', 'enter', gone('╭─ Live sessions'));
    await closedBy(p, 'sessions', ['escape', 'ctrl+w'], '╭─ Live sessions', () =>
      p.type(KEY.ctrl('w'), '╭─ Live sessions'),
    );
    await p.type(KEY.ctrl('w'), '2 sessions');
    await p.type('d', '1 session');
    await p.press('sessions', 'delete', 'No session is alive.');
  });

  it('finds everything by name in the palette, and says why something cannot act', async () => {
    const p = await w.enter();
    await p.type(KEY.ctrl('k'), '╭─ Commands');
    await downAndUp(p, 'pick', [
      ['down', 'up'],
      ['tab', 'shift+tab'],
      ['ctrl+n', 'up'],
    ]);
    await p.type('save transcript', /▸ Save the transcript +No session is open\./);
    await p.type(`${KEY.ctrl('u')}settin`, /▸ Settings/);
    await p.press('pick', 'enter', '╭─ Settings');
    await p.type(KEY.escape, gone('╭─ Settings'));
    await closedBy(p, 'pick', ['escape', 'ctrl+k'], '╭─ Commands', () =>
      p.type(KEY.ctrl('k'), '╭─ Commands'),
    );
  });

  it('changes a setting either way, at once', async () => {
    const p = await w.enter();
    await p.type(KEY.ctrl('s'), '╭─ Settings');
    await downAndUp(p, 'settings', [
      ['down', 'up'],
      ['j', 'k'],
      ['tab', 'shift+tab'],
    ]);
    await p.press('settings', 'enter', /▸ Theme +dark, 256 colours/);
    await p.see((text) => text.includes('dark, 256') && p.terminal.raw.includes('38;5;117'));
    await p.press('settings', 'right', /▸ Theme +light, 256 colours/);
    await p.press('settings', ' ', /▸ Theme +the terminal's own 16 colours/);
    await p.press('settings', 'left', /▸ Theme +light, 256 colours/);
    await closedBy(p, 'settings', ['escape', 'ctrl+s', 'q'], '╭─ Settings', () =>
      p.type(KEY.ctrl('s'), '╭─ Settings'),
    );
  });
}
