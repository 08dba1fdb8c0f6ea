/** Everything on the smallest terminal that is taken, and nothing done unseen on one that is smaller. */
import { describe, expect, it } from 'vitest';
import { lineText, lineWidth } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';
import { NODE } from '../support/scripted-client.js';

const info = {
  sessionId,
  node: 'laptop',
  connector: 'demo',
  agent: 'Demo agent',
  cwd: '/home/me/a/directory/with/a/long/name',
  title: 'A session with a rather long title that needs room',
  state: 'working' as const,
  reason: null,
  yolo: false,
  queued: 2,
  seq: 1,
  epoch: 1,
  createdAt: 0,
  updatedAt: 0,
};
const OPTIONS = [
  { optionId: 'y', name: 'Yes, this once', kind: 'allow_once' },
  { optionId: 'z', name: 'Yes, and do not ask again', kind: 'allow_always' },
  { optionId: 'n', name: 'No, and tell the agent what to do', kind: 'reject_once' },
];
const question = {
  toolCall: {
    toolCallId: 'c',
    title: 'Write a file whose name is long: /home/me/a/directory/with/a/long/name/greeting.ts',
    content: [{ type: 'diff', path: '/home/me/greeting.ts', newText: 'line\n'.repeat(30) }],
  },
  options: OPTIONS,
};
const open = {
  requestId: 'q1',
  sessionId,
  node: 'laptop',
  connector: 'demo',
  agent: 'Demo agent',
  title: info.title,
  method: 'session/request_permission',
  at: 0,
  denyAt: null,
  hash: 'h',
  params: question,
};

function small(columns: number, rows: number): Driver {
  const d = new Driver();
  const hint = 'Log in first: run the program once on that machine and follow what it says.';
  const agents = [
    ...NODE.connectors,
    { ...NODE.connectors[0]!, id: 'x', status: 'needs_setup' as const, hint },
  ];
  d.tell({ type: 'nodes', nodes: [{ ...NODE, connectors: agents }] });
  d.tell({ type: 'sessions', sessions: [info], whole: true });
  d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'one' }] });
  d.tell({ type: 'resized', columns, rows });
  d.effects = [];
  return d;
}

const rowsOf = (d: Driver): string[] => {
  const { lines } = drawScreen(d.state, new ItemLines(() => 0), d.now);
  expect(lines.length).toBeLessThanOrEqual(d.state.rows);
  for (const l of lines) expect(lineWidth(l)).toBeLessThanOrEqual(d.state.columns);
  return lines.map((l) => lineText(l).trimEnd());
};
const screen = (d: Driver): string => rowsOf(d).join('\n');

const keys =
  (...names: string[]) =>
  (d: Driver): void => {
    for (const name of names) d.key(name);
  };
function askedWhole(d: Driver): void {
  d.event('session/request_permission', question, 'q1');
  d.now += 2_000;
  d.tell({ type: 'tick' });
  d.type('+');
}
function inbox(d: Driver): void {
  d.key('ctrl+n');
  d.tell({ type: 'inbox', questions: [open] });
}
function status(d: Driver): void {
  d.type('/status');
  d.key('enter');
}
const letter = (window: string, typed: string) => (d: Driver) => {
  d.key(window);
  d.type(typed);
};

const WINDOWS: [string, (d: Driver) => void][] = [
  ['the help', keys('f1')],
  ['the settings', keys('ctrl+s')],
  ['the palette', keys('ctrl+k')],
  ['the nodes', keys('ctrl+l')],
  ['the live sessions', keys('ctrl+w')],
  ['a question before a session is closed', letter('ctrl+w', 'd')],
  ['the name of a session', letter('ctrl+w', 'r')],
  ['the status', status],
  ['the inbox', inbox],
  ['a whole question', askedWhole],
  ['the start form', keys('ctrl+l', 'enter')],
];

describe('the smallest terminal', () => {
  it.each(WINDOWS)('shows %s within the screen, with its frame', (_, go) => {
    const d = small(44, 12);
    go(d);
    expect(d.state.overlay).not.toBeNull();
    const rows = rowsOf(d);
    expect(rows.filter((row) => row.includes('╭'))).toHaveLength(1);
    expect(rows.slice(0, -2).filter((row) => row.includes('╰'))).toHaveLength(1);
  });

  it.each(WINDOWS)('is left from %s by Ctrl+Q', (_, go) => {
    const d = small(44, 12);
    go(d);
    d.key('ctrl+q');
    expect(d.effects.at(-1)).toEqual({ type: 'quit' });
  });

  it('shows the field of the start form that is chosen, and why it did not start', () => {
    const d = small(44, 12);
    d.key('ctrl+l');
    d.key('enter');
    expect(screen(d)).toContain('Working directory');
    d.key('shift+tab');
    expect(screen(d)).toMatch(/▸ (Prompt time-out|Driven by)/);
    d.key('enter');
    d.tell({ type: 'startFailed', error: 'The directory is not allowed. Choose one below /home/me.' });
    expect(screen(d)).toMatch(/The directory is not allowed\.[\s\S]*below[\s\S]*\/home\/me/);
  });

  it('says how much of a window is left out', () => {
    const d = small(44, 12);
    status(d);
    expect(screen(d)).toMatch(/\d+ more lines in a larger terminal/);
  });

  it('shows the values of the settings, and the answers of a whole question', () => {
    const d = small(44, 12);
    d.key('ctrl+s');
    expect(screen(d)).toMatch(/▸ Theme +automatic/);
    d.key('escape');
    askedWhole(d);
    expect(screen(d)).toMatch(/Write a file[\s\S]*a Yes, this once[\s\S]*r No, and tell/);
  });

  it('keeps the prompt of an empty chat in sight below a popup', () => {
    const d = new Driver();
    d.tell({ type: 'resized', columns: 44, rows: 12 });
    d.type('/h');
    expect(screen(d)).toContain('❯ /h');
  });

  it('keeps the prompt in sight below a queue and a popup', () => {
    const d = small(44, 12);
    for (const n of [2, 3, 4, 5, 6]) {
      const prompt = [{ type: 'text', text: `waiting ${n}` }];
      d.event('_praxis/turn', { turnId: turnId.replaceAll('1', String(n)), state: 'queued', prompt });
    }
    d.type('/h');
    expect(screen(d)).toContain('❯ /h');
    expect(screen(d)).toMatch(/▸ \/h/);
    d.key('alt+q');
    expect(screen(d)).toContain('▸ queued   waiting 6');
  });
});

describe('a terminal that is too small', () => {
  it.each([
    [20, 5],
    [40, 10],
    [1, 1],
  ])('of %i×%i says so, and how to leave', (columns, rows) => {
    const d = small(columns, rows);
    const said = rowsOf(d).join('');
    if (columns > 1) {
      expect(said).toMatch(/^Ctrl\+Q leaves/);
      expect(said).toContain(`${columns}×${rows}`);
      // No word is cut.
      expect(
        rowsOf(d)
          .map((row) => row.trim())
          .join(' '),
      ).toContain('The terminal is too small: Praxis needs');
    }
    d.key('ctrl+q');
    expect(d.effects).toEqual([{ type: 'quit' }]);
  });

  it('answers no question and runs no command that nobody sees', () => {
    const d = small(100, 30);
    d.event('session/request_permission', question, 'q1');
    d.now += 2_000;
    d.tell({ type: 'tick' });
    d.now += 2_000;
    d.tell({ type: 'resized', columns: 40, rows: 10 });
    d.type('a');
    d.key('ctrl+c');
    d.key('enter');
    d.key('ctrl+w');
    expect(d.effects).toEqual([]);
    expect(d.state.overlay).toBeNull();
    d.tell({ type: 'resized', columns: 100, rows: 30 });
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer', requestId: 'q1', optionId: 'y' }]);
  });

  it('keeps what is written and pasted', () => {
    const d = small(40, 10);
    d.type('one ');
    d.tell({ type: 'input', event: { type: 'paste', text: 'two\nthree' } });
    expect(d.chat.draft.text).toBe('one two\nthree');
  });

  it.each(WINDOWS)('draws and takes every key over %s without an end of the program', (_, go) => {
    const d = small(100, 30);
    go(d);
    for (const [columns, rows] of [
      [20, 5],
      [40, 10],
      [44, 12],
      [72, 12],
    ] as const)
      for (const key of ['up', 'down', 'pagedown', 'pageup', 'tab', 'left', 'enter', 'escape', 'delete']) {
        const before = d.state;
        d.tell({ type: 'resized', columns, rows });
        d.key(key);
        d.type('jx7');
        rowsOf(d);
        d.state = before;
      }
  });
});
