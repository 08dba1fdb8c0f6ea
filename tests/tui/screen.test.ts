import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEY, type TerminalOptions, TestTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait.js';

const program = new URL('../support/scripted-tui.ts', import.meta.url).pathname;
let home = '';
let terminal: TestTerminal;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ptui-'));
});
afterEach(() => {
  terminal.kill();
  rmSync(home, { recursive: true, force: true });
});

async function open(options: TerminalOptions = {}): Promise<TestTerminal> {
  terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], {
    columns: 100,
    rows: 30,
    ...options,
    env: { PRAXIS_HOME: home, ...options.env },
  });
  await terminal.waitFor('connected');
  await terminal.waitFor('Demo agent');
  return terminal;
}

async function chat(options: TerminalOptions = {}): Promise<TestTerminal> {
  const t = await open(options);
  t.type(KEY.enter);
  await t.waitFor('Working directory');
  t.type(KEY.enter);
  await t.waitFor('Ask the agent something');
  return t;
}

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

  it('sends a prompt and shows the reply', async () => {
    const t = await chat();
    t.type(`hello there${KEY.enter}`);
    await t.waitFor('You said: hello there');
    await t.waitFor('done');
  });

  it('draws a prompt as sending until it is accepted', async () => {
    const t = await chat();
    t.type(`late words${KEY.enter}`);
    await t.waitFor('sending  late words');
    expect(t.text()).not.toContain('┃ late words');
    await t.waitFor('┃ late words');
    await t.waitFor((text) => !text.includes('sending'));
  });

  it('gives a refused prompt back and says why', async () => {
    const t = await chat();
    t.type(`refuse this${KEY.enter}`);
    await t.waitFor('Not sent: The queue is full');
    await t.waitFor('❯ refuse this');
  });

  it('queues prompts while the agent works, cancels with Ctrl+C and keeps the partial reply', async () => {
    const t = await chat();
    t.type(`wait${KEY.enter}`);
    await t.waitFor('Partial words that stay.');
    t.type(`second prompt${KEY.enter}`);
    await t.waitFor('queued   second prompt');
    t.type(KEY.ctrl('c'));
    await t.waitFor('cancelled');
    await t.waitFor('You said: second prompt');
    expect(t.text()).toContain('Partial words that stay.');
  });

  it('edits a waiting prompt, and lets another run before it', async () => {
    const t = await chat();
    t.type(`wait${KEY.enter}`);
    await t.waitFor('Partial words that stay.');
    t.type(`first words${KEY.enter}`);
    await t.waitFor('queued   first words');
    t.type(`second words${KEY.enter}`);
    await t.waitFor('queued   second words');
    t.type('\x1bq');
    await t.waitFor('▸ queued   second words');
    t.type('n');
    await t.waitFor(/second words[\s\S]*first words/);
    t.type(`${KEY.down}${KEY.enter}`);
    await t.waitFor('✎ first words');
    t.type(` changed${KEY.enter}`);
    await t.waitFor('queued   first words changed');
    t.type(KEY.ctrl('c'));
    await t.waitFor(/You said: second words[\s\S]*You said: first words changed/);
  });

  it('shows a permission question with its whole diff and answers it with a key', async () => {
    const t = await chat();
    t.type(`ask${KEY.enter}`);
    await t.waitFor('Allow? Change greeting.ts');
    await t.waitFor("+   return 'Good morning ' + name;");
    await t.waitFor(/1 waiting/);
    // The keys work once the screen offers them.
    await t.waitFor((text) => text.includes('a allow once') && !text.includes('Tab to answer'));
    t.type('a');
    await t.waitFor('You chose once.');
    await t.waitFor('Allow once by ada');
  });

  it('answers a question in the inbox', async () => {
    const t = await chat();
    t.type(`ask${KEY.enter}`);
    await t.waitFor('Allow? Change greeting.ts');
    t.type(KEY.ctrl('n'));
    await t.waitFor('What waits for you');
    await t.waitFor("return 'Good morning ' + name;");
    // The keys answer after a moment; until then the letter does nothing.
    await t.waitFor((text) => {
      if (text.includes('No session waits for you.')) return true;
      t.type('a');
      return false;
    });
    t.type(KEY.escape);
    await t.waitFor('You chose once.');
  });

  it('lets a person type while a question is open, without answering it', async () => {
    const t = await chat();
    t.type(`ask${KEY.enter}`);
    await t.waitFor((text) => text.includes('Allow?') && !text.includes('Tab to answer'));
    t.type('first, and also');
    await t.waitFor('❯ first, and also');
    await t.waitFor('Tab to answer');
    t.type(KEY.enter);
    await t.waitFor('queued   first, and also');
    t.type(KEY.tab);
    await t.waitFor((text) => !text.includes('Tab to answer'));
    t.type('r');
    await t.waitFor('You chose no.');
    await t.waitFor('You said: first, and also');
  });

  it('writes several lines with Shift+Enter, Alt+Enter and Ctrl+J, and recalls prompts with ↑', async () => {
    const t = await chat();
    t.type(`one${KEY.shiftEnter}two${KEY.altEnter}three${KEY.ctrl('j')}four`);
    await t.waitFor(/❯ one\n.*two\n.*three\n.*four/);
    t.type(KEY.enter);
    await t.waitFor('Ask the agent something');
    t.type(KEY.up);
    await t.waitFor(/❯ one\n.*two\n.*three\n.*four/);
  });

  it('leaves nothing behind a character that this terminal takes for narrower', async () => {
    const t = await chat();
    t.type('👍');
    // xterm counts it as one column, by its table of 2010; what was in the second one must be gone.
    await t.waitFor(/❯ 👍\s*$/m);
  });

  it('takes a paste of 200 kB exactly and sends nothing by itself', async () => {
    const t = await chat();
    const text = `length ${'0123456789 äöü 你好\n'.repeat(10_000)}`;
    t.paste(text);
    await t.waitFor('0123456789 äöü 你好');
    expect(t.text()).not.toContain('running');
    t.type(KEY.enter);
    await t.waitFor(`The prompt had ${text.length} characters, ${text.split('\n').length} lines.`);
  });

  it('lets no word of an agent reach the terminal as a command', async () => {
    const t = await chat();
    t.type(`escape${KEY.enter}`);
    await t.waitFor('before');
    await t.waitFor('after end');
    expect(t.title).not.toContain('EVIL');
    expect(t.raw).not.toContain(']52;');
    expect(t.raw).not.toContain('EVIL');
    expect(t.text()).toContain('laptop');
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

  it('closes an idle session with Ctrl+C, after a second press when there is a draft', async () => {
    const t = await chat();
    t.type('a draft');
    await t.waitFor('❯ a draft');
    t.type(KEY.ctrl('c'));
    await t.waitFor('Ctrl+C again closes the session');
    expect(t.text()).toContain('1 session');
    t.type(KEY.ctrl('c'));
    await t.waitFor('0 sessions');
    await t.waitFor('This session has ended.');
  });

  it('follows the end of a stream, stays where a person scrolled to, and returns with Ctrl+G', async () => {
    const t = await chat();
    t.type(`tour${KEY.enter}`);
    await t.waitFor('One test still expects');
    t.type(KEY.pageUp);
    await t.waitFor('more below');
    await t.waitFor('tour');
    t.type(`stream 300${KEY.enter}`);
    await t.waitFor('word300');
    t.type(KEY.wheelUp(60, 10));
    await t.waitFor('more below');
    t.type(KEY.ctrl('g'));
    await t.waitFor((text) => !text.includes('more below') && text.includes('word300'));
  });

  it('finds words above the visible part with Ctrl+F, counts them, and goes from one to the next', async () => {
    const t = await chat();
    t.type(`tour${KEY.enter}`);
    await t.waitFor('One test still expects');
    t.type(`stream 300${KEY.enter}`);
    await t.waitFor('word300');
    t.type(`${KEY.ctrl('f')}one edit is`);
    await t.waitFor('1 of 1');
    await t.waitFor('one edit is enough');
    t.type(`${KEY.ctrl('u')}greeting`);
    await t.waitFor(/(\d+) of \1/);
    t.type(`${KEY.enter}n`);
    await t.waitFor(/ 1 of \d+/);
    t.type(KEY.escape);
    await t.waitFor('Ask the agent something');
  });

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
    terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], {
      env: { PRAXIS_HOME: home },
    });
    t = terminal;
    await t.waitFor('tui.json: nonsense is no command.');
    expect(t.raw).toContain('38;5;117');
    t.type('\x1bOR');
    await t.waitFor('List of nodes, agents and sessions');
  });

  it('survives a storm of resizes while text streams, down to a size that is too small', async () => {
    const t = await chat();
    t.type(`stream 400${KEY.enter}`);
    await t.waitFor('word10 ');
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
    terminal = new TestTerminal(process.execPath, ['--import', 'tsx', program], {
      columns: 100,
      env: { PRAXIS_HOME: home, LINK: '1' },
    });
    await terminal.waitFor('connecting: the broker closed the connection, next try in');
  });

  it('uses no colour when NO_COLOR is set', async () => {
    const t = await open({ env: { NO_COLOR: '1' } });
    expect(t.raw).not.toMatch(/\x1b\[[0-9;]*[34][0-7]m/);
  });
});

describe('the end of the screen', () => {
  it('sleeps with Ctrl+Z, gives the terminal to the shell meanwhile, and is whole again after fg', async () => {
    terminal = new TestTerminal('bash', ['--norc', '-i'], {
      columns: 100,
      rows: 30,
      env: { PRAXIS_HOME: home, PS1: 'shell> ' },
    });
    const t = terminal;
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
