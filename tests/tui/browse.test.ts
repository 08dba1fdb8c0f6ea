import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver, sessionId } from '../support/screen-driver.js';

function withTools(): Driver {
  const d = new Driver();
  for (const name of ['first', 'second']) {
    const content = [{ type: 'content', content: { type: 'text', text: `output of ${name}` } }];
    const update = {
      sessionUpdate: 'tool_call',
      toolCallId: name,
      title: name,
      status: 'completed',
      content,
    };
    d.event('session/update', { update });
    const said = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `after ${name}` } };
    d.event('session/update', { update: said });
  }
  return d;
}
const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('going through the transcript with the keys', () => {
  it('opens one tool call and leaves the others folded', () => {
    const d = withTools();
    d.key('alt+up');
    expect(screen(d)).toContain('▸✔ second');
    d.key('up');
    expect(screen(d)).toContain('▸✔ first');
    d.key('enter');
    expect(screen(d)).toContain('output of first');
    expect(screen(d)).not.toContain('output of second');
    d.key('enter');
    expect(screen(d)).not.toContain('output of first');
    expect(d.effects).toContainEqual({ type: 'reveal', sessionId });
  });

  it('folds a call that was opened because it failed', () => {
    const d = withTools();
    d.event('session/update', {
      update: { sessionUpdate: 'tool_call_update', toolCallId: 'second', status: 'failed' },
    });
    expect(screen(d)).toContain('output of second');
    d.key('alt+up');
    d.key('enter');
    expect(screen(d)).not.toContain('output of second');
  });

  it('copies all of one', () => {
    const d = withTools();
    d.key('alt+up');
    d.type('y');
    expect(d.effects.at(-1)).toMatchObject({ type: 'copy', text: 'second\n\noutput of second' });
  });

  it('goes back to the prompt below the last one, and when something is typed', () => {
    const d = withTools();
    d.key('alt+up');
    d.key('down');
    expect(d.chat.target).toBe('prompt');
    d.key('alt+up');
    d.type('hello');
    expect(d.chat.draft.text).toBe('hello');
    expect(d.chat.target).toBe('prompt');
  });

  it('says why there is nowhere to go', () => {
    const d = new Driver();
    d.key('alt+up');
    expect(d.state.toast?.text).toBe('There is nothing that is folded yet.');
  });
});
