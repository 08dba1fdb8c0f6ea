import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver } from '../support/screen-driver.js';

const text = (d: Driver) =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map(lineText)
    .join('\n');

const BOTH = [
  { optionId: 'y', name: 'Yes', kind: 'allow_once' },
  { optionId: 'n', name: 'No', kind: 'reject_once' },
];

function asked(): Driver {
  const d = new Driver();
  const newText = Array.from({ length: 80 }, (_, i) => `line ${i}`).join('\n');
  d.event(
    'session/request_permission',
    {
      toolCall: {
        toolCallId: 'c',
        title: 'Write big.txt',
        content: [{ type: 'diff', path: '/big.txt', newText }],
      },
      options: [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }],
    },
    'q1',
  );
  d.now += 300;
  return d;
}

describe('a question on the whole screen', () => {
  it('is read to its end and answered there', () => {
    const d = asked();
    d.type('+');
    expect(text(d)).toContain('line 0');
    expect(text(d)).toMatch(/\d+ more lines/);
    for (let i = 0; i < 10; i++) d.key('pagedown');
    expect(text(d)).toContain('line 79');
    expect(text(d)).not.toContain('more lines');
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer', requestId: 'q1', optionId: 'y' }]);
    expect(d.state.overlay).toBeNull();
  });

  it('goes back with Esc and leaves the question open', () => {
    const d = asked();
    d.type('+');
    d.key('escape');
    expect(d.state.overlay).toBeNull();
    expect(d.effects).toEqual([]);
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer' }]);
  });

  it('goes away when somebody else answers', () => {
    const d = asked();
    d.type('+');
    d.event('_praxis/request/resolved', { requestId: 'q1', by: 'grace' });
    expect(d.state.overlay).toBeNull();
  });
});

describe('a question that somebody else answers first', () => {
  const resolved = (requestId: string, optionId: string, by: string) => ({
    requestId,
    by,
    result: { outcome: { outcome: 'selected', optionId } },
  });

  it('says who answered and what', () => {
    const d = asked();
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'grace'));
    expect(d.state.toast?.text).toBe('grace answered elsewhere: Yes');
    expect(text(d)).toContain('Yes (by grace): Write big.txt');
  });

  it('says nothing of one that was answered before the session was opened here', () => {
    const d = new Driver();
    d.tell({ type: 'opened', sessionId: d.chat.sessionId, view: d.fold.view });
    d.ask('q1');
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'grace'));
    expect(d.state.toast).toBeNull();
  });

  it('takes the key that was pressed at that moment for no text, and text again right after', () => {
    const d = asked();
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'grace'));
    d.type('a');
    expect(d.chat.draft.text).toBe('');
    expect(d.effects).toEqual([]);
    d.now += 300;
    d.type('a');
    expect(d.chat.draft.text).toBe('a');
  });

  it('takes that key for no answer to the next question', () => {
    const d = asked();
    d.ask('q2');
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'grace'));
    d.type('a');
    expect(d.effects).toEqual([]);
    d.now += 300;
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer', requestId: 'q2' }]);
  });

  it('keeps what is written meanwhile', () => {
    const d = asked();
    d.type('z');
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'grace'));
    d.type('ar');
    expect(d.chat.draft.text).toBe('zar');
  });

  it('says so when the answer given here came too late', () => {
    const d = new Driver();
    const toolCall = { toolCallId: 'c', title: 'Do it' };
    d.event('session/request_permission', { toolCall, options: BOTH }, 'q1');
    d.now += 300;
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer', optionId: 'y' }]);
    d.event('_praxis/request/resolved', resolved('q1', 'n', 'grace'));
    expect(d.state.toast?.text).toBe('grace answered elsewhere: No');
  });

  it('says nothing of an answer that counted, nor of a turn that was cancelled', () => {
    const d = asked();
    d.type('a');
    d.event('_praxis/request/resolved', resolved('q1', 'y', 'ada'));
    d.ask('q2');
    d.event('_praxis/request/resolved', {
      requestId: 'q2',
      by: 'cancel',
      result: { outcome: { outcome: 'cancelled' } },
    });
    expect(d.state.toast).toBeNull();
  });
});

describe('a second open question', () => {
  it('gets the keys with as many presses of Tab as it says', () => {
    const d = asked();
    d.ask('q2');
    d.ask('q3');
    d.now += 300;
    expect(text(d)).toContain('Tab: the next one');
    expect(text(d)).toMatch(/Tab to answer[\s\S]*Tab twice to answer/);
    d.key('tab');
    d.type('a');
    expect(d.effects.filter(({ type }) => type === 'answer')).toEqual([]);
    d.now += 300;
    d.type('a');
    expect(d.effects.at(-1)).toMatchObject({ type: 'answer', requestId: 'q2' });
    d.now += 300;
    expect(d.chat.question?.requestId).toBe('q1');
    d.key('tab');
    d.now += 300;
    expect(d.chat.question?.requestId).toBe('q3');
    d.key('tab');
    expect(d.chat.target).toBe('prompt');
    expect(text(d)).toMatch(/Tab to answer[\s\S]*Tab twice to answer/);
    d.key('tab');
    expect(d.chat).toMatchObject({ target: 'question', question: { requestId: 'q1' } });
  });
});

describe('a question with many options', () => {
  it('has a key for ten of them, and says where the others are chosen', () => {
    const d = new Driver();
    const options = Array.from({ length: 12 }, (_, i) => ({
      optionId: `o${i + 1}`,
      name: `Way ${i + 1}`,
      kind: 'allow_once',
    }));
    d.event('session/request_permission', { toolCall: { toolCallId: 'c', title: 'Choose' }, options }, 'q1');
    d.now += 300;
    expect(text(d)).toContain('0 Way 10');
    expect(text(d).replace(/\s*▏?▌?\s*\n[^▌]*▌ /g, ' ')).toContain(
      'Without a key: Way 11, Way 12. On another terminal praxis session attach',
    );
    d.type('0');
    expect(d.effects).toMatchObject([{ type: 'answer', optionId: 'o10' }]);
  });
});

describe('a question that is longer than the screen', () => {
  it('keeps its title in sight, says how much is above it, and shows that with PgUp', () => {
    const d = asked();
    const first = (): string => text(d).split('\n')[2]!;
    expect(text(d)).toContain('a Yes');
    expect(first()).toMatch(/Allow\? Write big\.txt .*\d+ more above · \+ whole/);
    const last = { item: d.chat.view.items.length - 1, line: 1 };
    d.tell({ type: 'scrolled', sessionId: d.chat.sessionId, anchor: last });
    expect(text(d)).toContain('Allow? Write big.txt');
    expect(text(d)).not.toContain('more above');
    expect(text(d)).toContain('line 0');
  });

  it('leaves the word for a new prompt whole at 80 columns', () => {
    const d = asked();
    d.tell({ type: 'resized', columns: 80, rows: 24 });
    expect(text(d)).toContain('Answer above; Tab or any other letter: type');
  });
});

describe('changes side by side', () => {
  it('come by themselves from 140 columns on, and a key turns them over and has that saved', () => {
    const d = new Driver();
    const content = [{ type: 'diff', path: '/a', oldText: 'one\n', newText: 'two\n' }];
    d.event('session/update', {
      update: { sessionUpdate: 'tool_call', toolCallId: 't', title: 'Edit', status: 'failed', content },
    });
    expect(text(d)).not.toMatch(/- one.*\+ two/);
    d.tell({ type: 'resized', columns: 140, rows: 30 });
    expect(text(d)).toMatch(/- one.*\+ two/);
    d.key('alt+v');
    expect(text(d)).not.toMatch(/- one.*\+ two/);
    expect(d.effects).toMatchObject([{ type: 'settings', settings: { diff: 'unified' } }]);
  });
});
