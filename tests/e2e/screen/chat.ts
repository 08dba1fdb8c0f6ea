/** The keys of the chat: the prompt and its popup, the transcript, the search. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gone, type Person } from '../../support/person.js';
import { KEY } from '../../support/terminal.js';
import { rowOf, said, type World } from './world.js';

const clipboard = (text: string): string => `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;

/** The line of the popup that is chosen. */
const offered = (text: string): string => /▸ ([/@]\S*)/.exec(text)?.[1] ?? '';

export function chat(w: World): void {
  const enter = async (env: Record<string, string> = {}): Promise<Person> => {
    const p = await w.enter({ env });
    await p.start('Demo agent');
    return p;
  };
  const file = (name: string, text: string) => writeFileSync(join(w.system.work, name), text);

  it('writes several lines, sends, queues behind what runs, cancels, goes back to the list, and closes', async () => {
    const p = await enter();
    await p.type('one', '❯ one');
    let row = rowOf(p.text, '❯ one');
    for (const key of ['shift+enter', 'alt+enter', 'ctrl+j']) {
      const before = row;
      await p.press('chat', key, (text) => rowOf(text, '❯ one') === before - 1);
      row = before - 1;
    }
    await p.type(`two${KEY.ctrl('u')}`, 'Enter send');
    await p.type('\x7f\x7f\x7f\x1b\x7f', 'Ask the agent something');
    await p.type('/say words that stay && /hang', '❯ /say words');
    await p.press('chat', 'enter', said('words that stay'));
    await p.see('◐ working');
    await p.type('/say the second', '❯ /say the second');
    await p.type(KEY.enter, /queued +\/say the second/);
    await p.press('chat', 'ctrl+c', '⊘ cancelled');
    await p.see(said('the second'));
    await p.see('● idle');
    await p.press('chat', 'escape', 'Enter open');
    await p.type(KEY.tab, 'Enter send');
    await p.type('a draft', '❯ a draft');
    await p.type(KEY.ctrl('c'), 'Ctrl+C again closes the session');
    await p.type(KEY.ctrl('c'), '0 sessions');
  });

  it('scrolls, follows the end again, and opens what is folded', async () => {
    const p = await enter();
    file('notes.txt', 'the words of the notes\n');
    await p.type(`/stream 400 40${KEY.enter}`, /\.400$/m);
    await p.see((text) => text.includes('● idle') && text.includes('▸ ●'));
    const bottom = p.text;
    await p.press('chat', 'pageup', 'more below');
    await p.press('chat', 'pagedown', gone('more below'));
    await p.press('chat', 'shift+up', 'more below');
    await p.press('chat', 'shift+down', gone('more below'));
    expect(p.text).toBe(bottom);
    await p.type(KEY.pageUp, 'more below');
    await p.press('chat', 'ctrl+g', gone('more below'));
    await p.type(`/read notes.txt${KEY.enter}`, '✔ Read notes.txt');
    await p.press('chat', 'ctrl+t', 'the words of the notes');
    await p.slash('details', gone('the words of the notes'));
  });

  it('goes through tool calls with the keys, opens one and copies it', async () => {
    const p = await enter();
    file('one.txt', 'words of the first\n');
    file('two.txt', 'words of the second\n');
    await p.type(`/read one.txt && /read two.txt${KEY.enter}`, '✔ Read two.txt');
    await p.see('● idle');
    const on = (name: string): RegExp => new RegExp(`▸✔ Read ${name}`);
    await p.press('chat', 'alt+up', on('two.txt'));
    for (const [up, down] of [
      ['up', 'down'],
      ['k', 'j'],
      ['alt+up', 'alt+down'],
    ] as const) {
      await p.press('browse', up, on('one.txt'));
      await p.press('browse', down, on('two.txt'));
    }
    await p.press('browse', 'enter', 'words of the second');
    await p.press('browse', ' ', gone('words of the second'));
    await p.pressUntil('browse', 'y', () => /\x1b\]52;c;\S+\x07/.test(p.terminal.raw));
    for (const key of ['escape', 'q', 'tab']) {
      if (!on('two.txt').test(p.text)) await p.type('\x1b[1;3A', on('two.txt'));
      await p.press('browse', key, gone('▸✔'));
    }
  });

  it('names the session, and goes back to the one before', async () => {
    const p = await enter();
    await p.slash('rename', '╭─ Name');
    await p.type('My first', 'My first');
    await p.press('rename', 'enter', gone('╭─ Name'));
    await p.see(/Demo agent +My first/);
    await p.slash('rename', '╭─ Name');
    await p.press('rename', 'escape', gone('╭─ Name'));
    await w.session('The second');
    await p.type(KEY.ctrl('w'), /The second/);
    await p.type('/seco', 'Filter: seco');
    await p.type(KEY.enter, /Demo agent +The second/);
    await p.press('everywhere', 'alt+l', /Demo agent +My first/);
    await p.type(KEY.ctrl('w'), '╭─ Live sessions');
    await p.press('sessions', 'r', '╭─ Name');
    await p.type(KEY.escape, gone('╭─ Name'));
  });

  it('shows a change in one column or side by side, and copies an answer and its code', async () => {
    const p = await enter();
    file('change.txt', 'old words\n');
    await p.type(`/write change.txt new words${KEY.enter}`, 'a allow once');
    await p.see(gone('Tab to answer'));
    const sideBySide = /old words.*new words/;
    await p.press('chat', 'alt+v', sideBySide);
    await p.type('a', '● idle');
    await p.type(KEY.ctrl('t'), sideBySide);
    await p.slash('diff', (text) => !sideBySide.test(text));
    await p.type('/echo ', '❯ /echo');
    p.terminal.paste('an answer\n\n```ts\nconst x = 1;\n```\n');
    await p.type(KEY.enter, /│[▏ ]│ const x = 1;/);
    await p.pressUntil('chat', 'alt+k', () => p.terminal.raw.includes(clipboard('const x = 1;')));
    await p.press('chat', 'alt+c', 'The last answer is on the clipboard');
    await p.type(`/say another${KEY.enter}`, said('another'));
    await p.type(`/copy${KEY.enter}`, () => p.terminal.raw.includes(clipboard('another')));
    w.tried.add('/copy');
  });

  it('saves the transcript, takes an earlier prompt again, and writes one in an editor', async () => {
    const editor = join(w.system.root, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nprintf "from the editor" >"$1"\n', { mode: 0o755 });
    const p = await enter({ VISUAL: editor });
    await p.type(`/say hello${KEY.enter}`, said('hello'));
    await p.see('● idle');
    await p.press('chat', 'ctrl+alt+w', 'The transcript is in');
    const folder = join(w.system.home.root, 'transcripts');
    expect(readFileSync(join(folder, readdirSync(folder).at(-1)!), 'utf8')).toContain('hello');
    await p.press('chat', 'ctrl+r', '╭─ Prompts that were sent');
    await p.type(KEY.enter, '❯ /say hello');
    await p.type(KEY.ctrl('u'), 'Ask the agent something');
    await p.press('chat', 'ctrl+e', '❯ from the editor');
    await p.type(KEY.ctrl('u'), 'Ask the agent something');
    await p.slash('editor', '❯ from the editor');
    await p.type(KEY.ctrl('u'), 'Ask the agent something');
    await p.slash('history', '╭─ Prompts that were sent');
    await p.type(KEY.escape, gone('╭─ Prompts'));
  });

  it('does what a / command says', async () => {
    const p = await enter();
    await p.slash('transcript', 'The transcript is in');
    await p.slash('compact', 'This agent does not offer it.');
    await p.slash('mouse', 'COPY MODE');
    await p.type('\x1bm', gone('COPY MODE'));
    const windows: [name: string, title: string][] = [
      ['help', '╭─ Keys'],
      ['settings', '╭─ Settings'],
      ['sessions', '╭─ Live sessions'],
      ['nodes', '╭─ Nodes'],
    ];
    for (const [name, title] of windows) {
      await p.slash(name, title);
      await p.type(KEY.escape, gone(title));
    }
    for (const key of ['escape', 'enter', 'q']) {
      await p.slash('status', '╭─ Status');
      await p.press('status', key, gone('╭─ Status'));
    }
    await p.slash('find', 'Find ❯');
    await p.type(KEY.escape, gone('Find ❯'));
    await p.slash('detach', 'Enter open');
    await p.type(KEY.tab, 'Enter send');
    await p.type(`/hang${KEY.enter}`, '◐ working');
    await p.slash('cancel', '⊘ cancelled');
    await p.slash('close', '0 sessions');
    await p.start('Demo agent');
    await p.slash('quit', 'goes on in the background');
    expect(await p.terminal.waitForExit()).toBe(0);
  });

  it('offers commands and files while they are typed', async () => {
    const p = await enter();
    mkdirSync(join(w.system.work, 'papers'), { recursive: true });
    file('papers.txt', '');
    await p.type('/', ' in all');
    const first = offered(p.text);
    const moved = (text: string) => offered(text) !== '' && offered(text) !== first;
    const back = (text: string) => offered(text) === first;
    await p.press('popup', 'tab', moved);
    await p.press('popup', 'shift+tab', back);
    await p.press('popup', 'down', moved);
    await p.press('popup', 'up', back);
    await p.press('popup', 'escape', gone(' in all'));
    expect(p.text).toMatch(/❯ \/$/m);
    await p.type(`${KEY.ctrl('u')}/stat`, '▸ /status');
    await p.press('popup', 'enter', gone('▸ /status'));
    expect(p.text).toContain('❯ /status');
    await p.type(`${KEY.ctrl('u')}look at @pap`, '@papers.txt');
    await p.type(KEY.enter, '❯ look at @papers/');
  });

  it('searches the transcript, and goes from match to match', async () => {
    const p = await enter();
    await p.type(
      `/say a needle here && /say and a needle there && /say a needle again${KEY.enter}`,
      '─ done',
    );
    await p.press('chat', 'ctrl+f', 'Find ❯');
    await p.type('needle', /[36] of [36]/);
    const count = Number(/\d+ of (\d+)/.exec(p.text)![1]);
    const at = (n: number) => `${n} of ${count}`;
    await p.press('search', 'up', at(count - 1));
    await p.press('search', 'down', at(count));
    await p.press('search', 'enter', 'n next');
    await p.press('found', 'n', at(1));
    await p.press('found', 'N', at(count));
    await p.press('found', 'up', at(count - 1));
    await p.press('found', 'down', at(count));
    await p.press('found', 'enter', at(1));
    await p.press('found', '/', 'Enter done');
    await p.type(KEY.enter, 'n next');
    await p.press('found', 'ctrl+f', 'Enter done');
    await p.press('search', 'escape', gone('Find ❯'));
    for (const key of ['escape', 'q']) {
      await p.type(`${KEY.ctrl('f')}needle${KEY.enter}`, 'n next');
      await p.press('found', key, gone('Find ❯'));
    }
  });
}
