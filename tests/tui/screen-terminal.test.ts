/** What the screen does with its terminal: lends it, copies, rings, colours it, bears its sizes, gives it back. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chat, everyTestAlone, home, inTerminal, open, program, start } from '../support/scripted-screen.js';
import { KEY } from '../support/terminal.js';
import { waitUntil } from '../support/wait.js';

everyTestAlone();

describe('the terminal of the screen', () => {
  it('lets a person write the prompt in $EDITOR and takes exactly what was saved', async () => {
    const editor = join(home, 'editor.sh');
    const script = '#!/bin/sh\ncp "$2" "$(dirname "$0")/seen"\nprintf "one\\n\\n  two  \\n" >"$2"\n';
    writeFileSync(editor, script, { mode: 0o755 });
    const t = await chat({ env: { EDITOR: `${editor} --wait`, VISUAL: '' } });
    t.type('a draft');
    await t.waitFor('❯ a draft');
    t.type(KEY.ctrl('e'));
    await t.waitFor(/❯ one\n.*\n.* {2}two/);
    expect(readFileSync(join(home, 'seen'), 'utf8')).toBe('a draft');
    t.type(`${KEY.ctrl('u')}end`);
    await t.waitFor(/❯ one\n.*\n.*end/);
    expect(t.alternate).toBe(true);
  });

  it('gives the terminal to the editor alone, and keeps the draft when that fails', async () => {
    const editor = join(home, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\necho in the editor; read answer; exit 3\n', { mode: 0o755 });
    const t = await chat({ env: { VISUAL: editor } });
    t.type('a draft');
    await t.waitFor('❯ a draft');
    t.type(KEY.ctrl('e'));
    await t.waitFor('in the editor');
    expect(t.alternate).toBe(false);
    t.type('x\r');
    await t.waitFor('The draft is as it was');
    await t.waitFor('❯ a draft');
    expect(t.alternate).toBe(true);
  });

  it('copies what is selected with the mouse and the last answer by a key, through the terminal', async () => {
    const t = await chat();
    t.type(`some words${KEY.enter}`);
    await t.waitFor('You said: some words');
    const row =
      t
        .text()
        .split('\n')
        .findIndex((l) => l.includes('You said')) + 1;
    const column = t.text().split('\n')[row - 1]!.indexOf('You said') + 1;
    t.type(`\x1b[<0;${column};${row}M\x1b[<32;${column + 7};${row}M\x1b[<0;${column + 7};${row}m`);
    await t.waitFor('The selection is on the clipboard');
    expect(t.raw).toContain(`\x1b]52;c;${Buffer.from('You said').toString('base64')}\x07`);
    t.type('\x1bc');
    await t.waitFor('The last answer is on the clipboard');
    expect(t.raw).toContain(`\x1b]52;c;${Buffer.from('You said: some words').toString('base64')}\x07`);
  });

  it('rings and tells the desktop when a session waits while the terminal has no focus', async () => {
    const t = await chat();
    t.type('\x1b[O');
    t.type(`ask${KEY.enter}`);
    await t.waitFor('Allow?');
    await waitUntil(() => t.raw.includes('\x07\x1b]9;Demo agent'));
    expect(t.raw).toMatch(/\x07\x1b\]9;Demo agent \w+ on laptop waits for you\x07/);
  });

  it('changes its theme in the settings, and knows it, and other keys, the next time', async () => {
    let t = await open();
    expect(t.raw).not.toContain('38;5;117');
    t.type(KEY.ctrl('s'));
    await t.waitFor('Settings');
    t.type(KEY.enter);
    await t.waitFor('dark, 256 colours');
    const file = join(home, 'tui.json');
    const saved = JSON.parse(readFileSync(file, 'utf8'));
    expect(saved.theme).toBe('dark');
    t.kill();
    writeFileSync(file, JSON.stringify({ ...saved, keys: { help: 'f3', nonsense: 'x' } }));
    t = start({ columns: 80, rows: 24 });
    await t.waitFor('tui.json: nonsense is no command.');
    expect(t.raw).toContain('38;5;117');
    t.type('\x1bOR');
    await t.waitFor('List of nodes, agents and sessions');
  });

  it('survives a storm of resizes while text streams, down to a size that is too small', async () => {
    const t = await chat();
    t.type(`stream 400${KEY.enter}`);
    await t.waitFor(/word\d+ /);
    for (const [columns, rows] of [
      [80, 24],
      [132, 50],
      [30, 8],
      [61, 20],
      [200, 60],
      [20, 5],
      [80, 24],
    ] as const)
      t.resize(columns, rows);
    await t.waitFor('word400');
    t.resize(30, 8);
    await t.waitFor(/too\s+small/);
    t.resize(80, 24);
    await t.waitFor('word400');
    expect(
      Math.max(
        ...t
          .text()
          .split('\n')
          .map((l) => l.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  it('takes a paste whose end never comes as text, and keys again after it', async () => {
    const t = await chat();
    t.type('\x1b[200~one\rtwo');
    await t.waitFor(/❯ one\n.*two/);
    t.type(KEY.ctrl('q'));
    expect(await t.waitForExit()).toBe(0);
  });

  it('uses no colour when NO_COLOR is set', async () => {
    const t = await open({ env: { NO_COLOR: '1' } });
    expect(t.raw).not.toMatch(/\x1b\[[0-9;]*[34][0-7]m/);
  });
});

describe('the end of the screen', () => {
  it.each([
    ['the start form', KEY.enter, 'SIGTERM', 143],
    ['the palette', KEY.ctrl('k'), 'Ctrl+Q', 0],
    ['the inbox', KEY.ctrl('n'), 'SIGHUP', 129],
  ] as const)('gives the terminal back from %s', async (_, key, end, code) => {
    const t = await open();
    t.type(key);
    await t.waitFor('╭─');
    if (end === 'Ctrl+Q') t.type(KEY.ctrl('q'));
    else process.kill(t.pid, end);
    expect(await t.waitForExit()).toBe(code);
    expect(t.alternate).toBe(false);
    expect(t.raw).toMatch(/\x1b\[\?1002l[\s\S]*\x1b\[\?2004l/);
    expect(t.raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(t.raw.lastIndexOf('\x1b[?25l'));
  });

  it('sleeps with Ctrl+Z, gives the terminal to the shell meanwhile, and is whole again after fg', async () => {
    const t = inTerminal('bash', ['--norc', '-i'], { env: { PS1: 'shell> ' } });
    await t.waitFor('shell>');
    t.type(`${process.execPath} --import tsx ${program}\r`);
    await t.waitFor('Demo agent');
    t.type(KEY.ctrl('z'));
    await t.waitFor('Stopped');
    expect(t.alternate).toBe(false);
    t.type('echo still$((1+1))here\r');
    await t.waitFor('still2here');
    t.type('fg\r');
    await t.waitFor((text) => t.alternate && text.includes('Demo agent') && !text.includes('Stopped'));
    t.type(KEY.enter);
    await t.waitFor('Working directory');
    t.type(`${KEY.escape}`);
    await t.waitFor((text) => !text.includes('Working directory'));
    t.type(KEY.ctrl('q'));
    await t.waitFor('goes on in the background');
    t.type('exit\r');
    await t.waitForExit();
  });

  it('leaves with Ctrl+Q, gives the terminal back and says that the system goes on', async () => {
    const t = await open();
    t.type(KEY.ctrl('q'));
    expect(await t.waitForExit()).toBe(0);
    await t.waitFor('goes on in the background');
    expect(t.alternate).toBe(false);
    expect(t.raw).toMatch(/\x1b\[\?2004l[\s\S]*$/);
    expect(t.raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(t.raw.lastIndexOf('\x1b[?25l'));
  });

  it('does not say that the system goes on when it is not connected to it', async () => {
    const t = await start({ env: { LINK: '1' } });
    await t.waitFor('connecting: the broker closed the connection');
    t.type(KEY.ctrl('q'));
    expect(await t.waitForExit()).toBe(0);
    await t.waitFor('Praxis was not reached: praxis status says what runs here.');
    expect(t.raw).not.toContain('goes on in the background');
  });

  it('gives the terminal back on SIGTERM', async () => {
    const t = await open();
    process.kill(t.pid, 'SIGTERM');
    expect(await t.waitForExit()).toBe(143);
    expect(t.alternate).toBe(false);
  });

  it('gives the terminal back on a crash and says where the log is', async () => {
    const t = await open({ env: { CRASH: '1' } });
    expect(await t.waitForExit()).toBe(1);
    await t.waitFor('The screen crashed; the system and its sessions go on.');
    expect(t.alternate).toBe(false);
    const [log] = readdirSync(join(home, 'logs'));
    expect(readFileSync(join(home, 'logs', log!), 'utf8')).toContain('a crash on request');
  });
});
