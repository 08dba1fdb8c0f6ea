/** The two lowest lines of the screen: nothing runs into something else, and what is said loses no blank. */
import { describe, expect, it } from 'vitest';
import { lineText, lineWidth } from '../../tui/draw/line.js';
import { footerLine, statusLine } from '../../tui/screens/status.js';
import type { State } from '../../tui/state.js';
import { Driver, sessionId } from '../support/screen-driver.js';

const narrow = (link?: State['link']): Driver => {
  const d = new Driver();
  d.tell({ type: 'resized', columns: 80, rows: 24 });
  if (link) d.tell({ type: 'link', link });
  return d;
};
const refused = (error: string): Driver => {
  const d = narrow();
  d.type('hello');
  d.key('enter');
  d.tell({ type: 'refused', sessionId, ticket: d.chat.sending[0]!.ticket, error });
  return d;
};

describe('the two lowest lines', () => {
  it('keep a long reason apart from the number of sessions', () => {
    const d = narrow({
      kind: 'connecting',
      reason: 'no service at /home/me/a/long/path/run/bus.sock',
      retryAt: 99_000,
    });
    expect(lineText(statusLine(d.state, d.now))).toMatch(/^ ◌ connecting: no service.*… {2}0 sessions $/);
  });

  it('go on with what is said, word for word', () => {
    const text =
      'The node vm is not connected. praxis up on its machine starts it; praxis nodes says which nodes are there';
    const d = refused(text);
    const upper = lineText(statusLine(d.state, d.now)).replace(/ +0 sessions $/, '');
    const lower = lineText(footerLine(d.state)).trimEnd();
    expect(`${upper}${lower}`).toBe(` Not sent: ${text}`);
  });

  it('say with an ellipsis that more was said than has room', () => {
    const lower = footerLine(refused('word '.repeat(40)).state);
    expect(lineText(lower)).toMatch(/^ word .*…$/);
    expect(lineWidth(lower)).toBe(80);
  });
});
