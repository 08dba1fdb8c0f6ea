import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { popupOf } from '../../tui/popup.js';
import { footerLine } from '../../tui/screens/status.js';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';

function withCommands(...names: string[]): Driver {
  const d = new Driver();
  const availableCommands = names.map((name) => ({ name, description: `does ${name}` }));
  d.event('session/update', { update: { sessionUpdate: 'available_commands_update', availableCommands } });
  return d;
}
const offered = (d: Driver) => popupOf(d.state)?.items.map((s) => s.text) ?? [];

describe('the list above the prompt', () => {
  it('offers the commands of the agent and of Praxis after a /, narrowed by what is typed', () => {
    const d = withCommands('review', 'test');
    d.type('/');
    expect(offered(d)).toEqual(expect.arrayContaining(['/review', '/test', '/help', '/status', '/quit']));
    d.type('h');
    expect(offered(d)).toEqual(['/history', '/help']);
    d.type('zz');
    expect(offered(d)).toEqual([]);
  });

  it('has a footer in which no word stands for two keys', () => {
    const d = withCommands();
    d.type('/h');
    const words = lineText(footerLine(d.state))
      .trim()
      .split(/ {2,}/)
      .map((piece) => piece.replace(/^\S+ /, ''));
    expect(words).toContain('hide the list');
    expect(new Set(words).size).toBe(words.length);
  });

  it('moves around the ends with Tab and arrows', () => {
    const d = withCommands();
    d.type('/h');
    const chosen = () => popupOf(d.state)!.items[popupOf(d.state)!.selected]!.text;
    d.key('tab');
    expect(chosen()).toBe('/help');
    d.key('down');
    expect(chosen()).toBe('/history');
    d.key('up');
    expect(chosen()).toBe('/help');
  });

  it('takes the chosen one with Enter without sending it, and sends with a further Enter', () => {
    const d = withCommands('review');
    d.type('/rev');
    d.key('enter');
    expect(d.chat.draft.text).toBe('/review ');
    expect(d.effects).toEqual([]);
    d.key('enter');
    expect(d.effects).toMatchObject([{ type: 'prompt', text: '/review ' }]);
  });

  it('closes with Esc, leaves the text, and opens for the next word that begins with /', () => {
    const d = withCommands();
    d.type('/he');
    d.key('escape');
    expect(offered(d)).toEqual([]);
    expect(d.chat.draft.text).toBe('/he');
    expect(d.state.focus).toBe('chat');
    d.type('l');
    expect(offered(d)).toEqual([]);
    d.key('ctrl+u');
    d.type('/he');
    expect(offered(d)).toEqual(['/help']);
  });

  it('is not there in the middle of a prompt, nor once a command has an argument', () => {
    const d = withCommands('say');
    d.type('look at /usr');
    expect(offered(d)).toEqual([]);
    d.key('ctrl+u');
    d.type('/say hello');
    expect(offered(d)).toEqual([]);
  });
});

describe('a command of Praxis in the prompt', () => {
  it.each([
    ['/help', 'help'],
    ['/status', 'status'],
    ['/sessions', 'sessions'],
  ])('%s opens its window and sends nothing', (text, kind) => {
    const d = withCommands();
    d.type(text);
    d.key('enter');
    expect(d.state.overlay?.kind).toBe(kind);
    expect(d.chat.draft.text).toBe('');
    expect(d.effects.filter((e) => e.type === 'prompt')).toEqual([]);
  });

  it('cancels, closes, saves, detaches and quits', () => {
    const d = withCommands();
    const enter = (text: string) => {
      d.type(text);
      d.key('enter');
    };
    enter('/transcript');
    d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'x' }] });
    enter('/cancel');
    enter('/close');
    d.state = { ...d.state, focus: 'chat' };
    enter('/quit');
    expect(d.effects).toEqual([
      { type: 'transcript', sessionId },
      { type: 'cancel', sessionId },
      { type: 'close', sessionId },
      { type: 'quit' },
    ]);
    enter('/detach');
    expect(d.state.focus).toBe('list');
  });

  it('says why it cannot act', () => {
    const d = withCommands();
    d.type('/cancel');
    d.key('enter');
    expect(d.state.toast?.text).toBe('Nothing is running.');
    d.type('/compact');
    d.key('enter');
    expect(d.state.toast?.text).toBe('This agent does not offer it.');
    expect(d.effects).toEqual([]);
  });

  it('asks the agent to compact where the agent offers that', () => {
    const d = withCommands('compact');
    d.type('/compact');
    d.key('enter');
    expect(d.effects).toMatchObject([{ type: 'prompt', text: '/compact' }]);
  });

  it('takes an earlier prompt from the history', () => {
    const d = withCommands();
    for (const [n, text] of ['first words', 'other things'].entries())
      d.event('_praxis/turn', {
        turnId: turnId.replace('1', String(n + 1)),
        state: 'running',
        prompt: [{ type: 'text', text }],
      });
    d.key('ctrl+r');
    d.type('first');
    d.key('enter');
    expect(d.chat.draft.text).toBe('first words');
    expect(d.state.overlay).toBeNull();
  });
});
