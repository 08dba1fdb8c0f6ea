import { describe, expect, it } from 'vitest';
import { newId, type SessionInfo } from '../../proto/index.js';
import { clipboard, notification, title } from '../../tui/signals.js';
import { Driver, sessionId } from '../support/screen-driver.js';

const info: SessionInfo = {
  sessionId,
  node: 'laptop',
  connector: 'demo',
  agent: 'Demo agent',
  cwd: '/home/me',
  title: 'Fix the build',
  state: 'working',
  reason: null,
  yolo: false,
  queued: 0,
  seq: 1,
  epoch: 1,
  createdAt: 0,
  updatedAt: 0,
};

function withSession(state: SessionInfo['state']): Driver {
  const d = new Driver();
  d.tell({ type: 'sessions', sessions: [{ ...info, state }], whole: true });
  return d;
}
const change = (d: Driver, more: Partial<SessionInfo>) =>
  d.tell({ type: 'sessions', sessions: [{ ...info, ...more }], whole: false });
const focus = (d: Driver, focused: boolean) => d.tell({ type: 'input', event: { type: 'focus', focused } });
const calls = (d: Driver) => d.effects.flatMap((e) => (e.type === 'call' ? [e.text] : []));

describe('calling a person', () => {
  it.each([
    ['working', { state: 'waiting' }, 'Fix the build on laptop waits for you'],
    ['working', { state: 'idle' }, 'Fix the build on laptop is done'],
    ['working', { state: 'lost' }, 'Fix the build on laptop is lost'],
    ['idle', { state: 'ended', reason: 'timeout' }, 'Fix the build on laptop has ended'],
  ] as const)(
    'happens when a session that was %s becomes %o while the terminal has no focus',
    (from, to, text) => {
      const d = withSession(from);
      focus(d, false);
      change(d, to);
      expect(calls(d)).toEqual([text]);
    },
  );

  it('does not happen for the session that is looked at, and does for another one', () => {
    const d = withSession('working');
    change(d, { state: 'waiting' });
    expect(calls(d)).toEqual([]);
    d.state = { ...d.state, current: null };
    change(d, { state: 'working' });
    change(d, { state: 'waiting' });
    expect(calls(d)).toHaveLength(1);
  });

  it('happens for a session that was started here and waits before the first word of it has come, and for no other', () => {
    const d = new Driver();
    focus(d, false);
    change(d, { sessionId: newId(), state: 'waiting' });
    expect(calls(d)).toEqual([]);
    change(d, { state: 'waiting' });
    expect(calls(d)).toEqual(['Fix the build on laptop waits for you']);
  });

  it('does not happen between queued prompts, for a session that was closed, or for what was so before', () => {
    const d = withSession('working');
    focus(d, false);
    change(d, { state: 'idle', queued: 2 });
    change(d, { state: 'ended', reason: 'closed' });
    d.tell({ type: 'sessions', sessions: [{ ...info, state: 'ended', reason: 'timeout' }], whole: true });
    expect(calls(d)).toEqual([]);
  });

  it('rings and tells the desktop as the settings say', () => {
    const d = withSession('working');
    d.state = { ...d.state, settings: { ...d.state.settings, bell: false, notify: 'osc777' } };
    focus(d, false);
    change(d, { state: 'waiting' });
    expect(d.effects).toMatchObject([{ type: 'call', bell: false, notify: 'osc777' }]);
  });
});

describe('what is sent to the terminal', () => {
  it('is a notification in the form that the terminal knows', () => {
    expect(notification('a; b', 'auto', { TERM: 'xterm-256color' })).toBe('\x1b]9;a; b\x07');
    expect(notification('a; b', 'auto', { TERM: 'foot' })).toBe('\x1b]777;notify;Praxis;a, b\x07');
    expect(notification('a', 'off', {})).toBe('');
  });

  it('goes through tmux, and no title of a session can end it early', () => {
    expect(notification('a', 'osc9', { TMUX: 'x' })).toBe('\x1bPtmux;\x1b\x1b]9;a\x07\x1b\\');
    expect(notification('a\x07\x1b]0;EVIL\x07b', 'osc9', {})).toBe('\x1b]9;ab\x07');
  });

  it('is text for the clipboard that holds nothing but letters of base64', () => {
    expect(clipboard('grüße\x1b\x07', {})).toBe(
      `\x1b]52;c;${Buffer.from('grüße\x1b\x07').toString('base64')}\x07`,
    );
  });
});

describe('the title of the terminal', () => {
  it('counts the sessions that wait and work, and holds no word of an agent', () => {
    expect(title(0, 0)).toBe('\x1b]2;praxis\x07');
    expect(title(2, 3)).toBe('\x1b]2;praxis · 2 waiting · 3 working\x07');
  });
});
