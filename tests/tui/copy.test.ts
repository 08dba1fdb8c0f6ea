import { describe, expect, it } from 'vitest';
import { lineText, span } from '../../tui/draw/line.js';
import { selectedText, withSelection } from '../../tui/selection.js';
import { Driver } from '../support/screen-driver.js';

const say = (d: Driver, messageId: string, text: string) =>
  d.event('session/update', {
    update: { sessionUpdate: 'agent_message_chunk', messageId, content: { type: 'text', text } },
  });

describe('copying by key', () => {
  it('takes the last answer, without escapes, and the last block of code without its fence', () => {
    const d = new Driver();
    say(d, 'a', 'First:\n\n- a list with\n\n  ```ts\n  one();\n  two();\n  ```\n');
    say(d, 'b', 'Last \x1b[31manswer.');
    d.key('alt+c');
    d.key('alt+k');
    expect(d.effects).toMatchObject([
      { type: 'copy', text: 'Last answer.' },
      { type: 'copy', text: 'one();\ntwo();' },
    ]);
  });

  it('takes plain text as it was said', () => {
    const d = new Driver();
    d.event('_praxis/session/opened', { agentInfo: { _meta: { praxis: { text: 'plain' } } } });
    say(d, 'a', '  ```\n  one\n  ```\n\n');
    d.key('alt+c');
    d.key('alt+k');
    expect(d.effects).toMatchObject([{ type: 'copy', text: '  ```\n  one\n  ```\n' }]);
    expect(d.state.toast?.text).toBe('No answer has a block of code.');
  });

  it('says why there is nothing to copy', () => {
    const d = new Driver();
    d.key('alt+c');
    expect(d.state.toast?.text).toBe('The agent has not answered yet.');
    say(d, 'a', 'No code.');
    d.key('alt+k');
    expect(d.state.toast?.text).toBe('No answer has a block of code.');
    expect(d.effects).toEqual([]);
  });
});

describe('selecting with the mouse', () => {
  const lines = ['list │ one two', 'list │ three 你好', 'list │ four'].map((text) => [span(text)]);
  const pane = { left: 7, right: 20 };

  it('takes text from one place to another within the pane, in either direction', () => {
    const from = { row: 0, column: 11 };
    const to = { row: 2, column: 8 };
    expect(selectedText(lines, { from, to, ...pane })).toBe('two\nthree 你好\nfo');
    expect(selectedText(lines, { from: to, to: from, ...pane })).toBe('two\nthree 你好\nfo');
  });

  it('shows what is selected and moves nothing', () => {
    const at = { row: 1, column: 7 };
    const shown = withSelection(lines, { from: at, to: { row: 1, column: 11 }, ...pane }, 20);
    expect(shown.map((l) => lineText(l).trimEnd())).toEqual(lines.map(lineText));
    expect(shown[1]!.filter((s) => s.style === 'selected').map((s) => s.text)).toEqual(['three']);
  });
});
