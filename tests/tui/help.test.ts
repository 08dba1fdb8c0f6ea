import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver } from '../support/screen-driver.js';

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('the help', () => {
  it.each([
    ['in the list', (d: Driver) => d.key('escape'), 'Here: List of nodes, agents and sessions'],
    ['in the chat while nothing is written', () => undefined, 'Here: Chat'],
    ['in the live sessions', (d: Driver) => d.key('ctrl+w'), 'Here: Live sessions'],
    ['in the nodes', (d: Driver) => d.key('ctrl+l'), 'Here: Nodes'],
    ['at a question', (d: Driver) => d.ask('q1'), 'Here: A question of the agent'],
    ['in the inbox', (d: Driver) => d.key('ctrl+n'), 'Here: What waits for you'],
    ['in the settings', (d: Driver) => d.key('ctrl+s'), 'Here: Settings'],
  ])('begins with the keys of where one is when ? is pressed %s', (_, go, heading) => {
    const d = new Driver();
    go(d);
    d.type('?');
    expect(screen(d)).toMatch(new RegExp(`╭─ Keys ─+╮.*\\n.*${heading}`));
  });

  it('is opened by Ctrl+H from the middle of a prompt, where ? is written', () => {
    const d = new Driver();
    d.type('why');
    d.type('?');
    expect(d.chat.draft.text).toBe('why?');
    d.key('ctrl+h');
    expect(d.state.overlay?.kind).toBe('help');
    d.key('ctrl+h');
    expect(d.chat.draft.text).toBe('why?');
    expect(d.state.overlay).toBeNull();
  });

  it('leaves Ctrl+H to Backspace when the person gave it another key', () => {
    const d = new Driver();
    const bindings = d.state.keys.bindings.map((b) => (b.command === 'help' ? { ...b, keys: ['f1'] } : b));
    d.state = { ...d.state, keys: { bindings, commandFor: () => undefined } };
    d.type('why');
    d.key('ctrl+h');
    expect(d.chat.draft.text).toBe('wh');
  });

  it('gives the window back that it covered', () => {
    const d = new Driver();
    d.key('ctrl+l');
    d.type('?');
    d.key('escape');
    expect(d.state.overlay?.kind).toBe('nodes');
  });
});
