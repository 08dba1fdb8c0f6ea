/** A chat on the screen, in a terminal: what is typed, what the agent says and asks. */
import { describe, expect, it } from 'vitest';
import { chat, everyTestAlone } from '../support/scripted-screen.js';
import { KEY } from '../support/terminal.js';

everyTestAlone();

describe('a chat in a terminal', () => {
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
    await t.waitFor('Allow once (by you)');
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
});
