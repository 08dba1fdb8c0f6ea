import { describe, expect, it } from 'vitest';
import type { OpenApproval } from '../../proto/index.js';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver, sessionId } from '../support/screen-driver.js';

const other = sessionId.replace('5b', '6c');

const question = (requestId: string, more: Partial<OpenApproval> = {}): OpenApproval => ({
  requestId,
  sessionId: other,
  node: 'build-box',
  connector: 'codex',
  agent: 'Codex',
  title: 'Upgrade the compiler',
  method: 'session/request_permission',
  at: 4_000,
  denyAt: null,
  hash: `hash of ${requestId}`,
  params: {
    toolCall: {
      toolCallId: requestId,
      title: `Run ${requestId}`,
      rawInput: { command: `make ${requestId}` },
    },
    options: [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ],
  },
  ...more,
});

/** The inbox with `questions`, after the moment in which its keys do not answer yet. */
function opened(...questions: OpenApproval[]): Driver {
  const d = new Driver();
  d.key('ctrl+n');
  d.tell({ type: 'inbox', questions });
  d.now += 300;
  d.effects = [];
  return d;
}

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('what waits for a person', () => {
  it('is asked of the service when it is opened, and shows where each question comes from and all of what it allows', () => {
    const d = new Driver();
    d.key('ctrl+n');
    expect(d.effects).toEqual([{ type: 'inbox' }]);
    expect(screen(d)).toContain('Asking the service');
    d.tell({ type: 'inbox', questions: [question('all'), question('install')] });
    expect(screen(d)).toContain('2 questions wait for you');
    expect(screen(d)).toMatch(/▸ Run all {2}Upgrade the compiler.*Codex on build-box {2}6 s/);
    expect(screen(d)).toContain('$ make all');
    expect(screen(d)).toMatch(/a Yes {3}r No/);
  });

  it('is answered by the same keys as in a chat, bound to the arguments that were shown', () => {
    const d = opened(question('all'), question('install'));
    d.type('a');
    expect(d.effects).toEqual([{ type: 'choose', requestId: 'all', optionId: 'yes', hash: 'hash of all' }]);
    expect(screen(d)).toContain('$ make install');
  });

  it('does not let a key that was meant for one question answer the next', () => {
    const d = opened(question('all'), question('install'));
    d.type('rr');
    expect(d.effects).toHaveLength(1);
    d.now += 300;
    d.type('r');
    expect(d.effects).toMatchObject([{ requestId: 'all' }, { requestId: 'install', optionId: 'no' }]);
    expect(screen(d)).toContain('No session waits for you.');
  });

  it('does not answer a question that took the place of one that was answered elsewhere', () => {
    const d = opened(question('all'), question('install'));
    d.tell({ type: 'inbox', questions: [question('install')] });
    d.type('a');
    expect(d.effects).toEqual([]);
    expect(d.state.toast?.text).toBe('The question was answered elsewhere or withdrawn.');
  });

  it('shows a question again when its answer was refused', () => {
    const d = opened(question('all'));
    d.type('a');
    d.tell({ type: 'chooseRefused', requestId: 'all', error: 'The arguments are others now' });
    expect(screen(d)).toContain('$ make all');
    expect(d.state.toast?.text).toBe('Not answered: The arguments are others now');
    expect(d.effects.at(-1)).toEqual({ type: 'inbox' });
  });

  it('looks at the session where a question names no more than an announced call', () => {
    const d = new Driver();
    d.key('ctrl+n');
    const bare = { toolCall: { toolCallId: 'c1' }, options: [] };
    d.tell({ type: 'inbox', questions: [question('all', { params: bare })] });
    expect(d.effects).toContainEqual({ type: 'attach', sessionId: other });
  });

  it('says so when the agent asks by a method that it does not know, and opens the session with Enter', () => {
    const params = { mode: 'url', message: 'Which branch?', url: 'https://example.org', elicitationId: 'e' };
    const d = opened(question('all', { method: 'elicitation/create', params }));
    expect(screen(d)).toMatch(/▸ Which branch\? {2}Upgrade the compiler/);
    expect(screen(d)).toContain(
      'The agent asks by elicitation/create; that is not answered here. Enter opens',
    );
    d.type('a');
    expect(d.state.toast?.text).toMatch(/^This question cannot be answered here\. Enter opens its session/);
    d.key('enter');
    expect(d.state.current).toBe(other);
  });

  it('offers no key for a question where none waits', () => {
    const d = opened();
    expect(screen(d)).toContain('No session waits for you.');
    expect(screen(d)).toMatch(/\n Esc close /);
    expect(screen(d)).not.toContain('Enter open session');
  });

  it('counts no seconds in plain mode, where each would be read out', () => {
    const d = opened(question('all'));
    d.state = { ...d.state, settings: { ...d.state.settings, plain: true } };
    expect(screen(d)).toContain('Codex on build-box  0 min');
    expect(screen(d)).not.toMatch(/\d s\b/);
  });

  it('is read again while it is open, and no longer afterwards', () => {
    const d = opened(question('all'));
    d.tell({ type: 'tick' });
    expect(d.effects).toEqual([{ type: 'inbox' }]);
    // Not answered yet: perhaps the connection is away.
    d.tell({ type: 'tick' });
    expect(d.effects).toHaveLength(1);
    d.tell({ type: 'inbox', questions: null });
    expect(screen(d)).toContain('$ make all');
    d.tell({ type: 'tick' });
    expect(d.effects).toHaveLength(2);
    d.tell({ type: 'inbox', questions: [] });
    d.key('escape');
    d.tell({ type: 'tick' });
    expect(d.effects).toHaveLength(2);
  });
});
