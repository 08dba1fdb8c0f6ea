import { describe, expect, it } from 'vitest';
import type { ApprovalItem, Item, TextItem, ToolFacts } from '../../client/index.js';
import { diffLines } from '../../tui/diff.js';
import { lineText, lineWidth } from '../../tui/draw/line.js';
import { type ItemContext, ItemLines } from '../../tui/items/index.js';

const base = { id: 'i1', version: 1, at: 0 };
const facts: ToolFacts = {
  toolCallId: 'c',
  title: 'Edit greeting.ts',
  toolKind: 'edit',
  content: [],
  locations: [],
  rawInput: null,
  rawOutput: null,
};
const context: ItemContext = {
  width: 48,
  expanded: false,
  me: 'ada',
  answering: false,
  answerHint: 'Tab to answer',
  unfold: 'Ctrl+T',
  sideBySide: false,
  agent: 'Demo agent',
  progress: null,
};

const draw = (item: Item, more: Partial<ItemContext> = {}) =>
  new ItemLines(() => 0).lines(item, { ...context, ...more });
const shown = (item: Item, more: Partial<ItemContext> = {}) =>
  draw(item, more).map((l) => lineText(l).trimEnd());

const diff = {
  type: 'diff' as const,
  path: '/src/a.ts',
  oldText: 'one\ntwo\nthree\n',
  newText: 'one\n2\nthree\n',
};
const approval = (more: Partial<ApprovalItem>): ApprovalItem => ({
  ...base,
  kind: 'approval',
  requestId: 'q',
  depth: 0,
  tool: { ...facts, title: 'Run rm', rawInput: { command: 'rm -rf build' } },
  options: [
    { optionId: '1', name: 'Allow once', kind: 'allow_once' },
    { optionId: '2', name: 'Reject', kind: 'reject_once' },
  ],
  state: 'open',
  chosen: null,
  by: null,
  ...more,
});

const message = (more: Partial<TextItem>): TextItem => ({
  ...base,
  kind: 'message',
  messageId: null,
  text: '',
  open: false,
  depth: 0,
  plain: false,
  ...more,
});

/** Names that every JavaScript object has. */
const INHERITED = ['constructor', '__proto__', 'toString'];

describe('what an agent may not do to the screen', () => {
  it.each(INHERITED)(
    'a turn that ends with the reason %s is shown like one that ends with any other',
    (reason) => {
      const ended = { elapsedMs: 1, stopReason: reason, usage: null, error: null };
      expect(shown({ ...base, kind: 'end', ...ended } as Item).join('')).toContain(reason);
      const asked = { text: 'hi', by: null, state: 'ended', startedAt: 1, model: null, end: ended };
      expect(shown({ ...base, kind: 'prompt', ...asked } as unknown as Item).join('')).toContain(
        '⊘ Demo agent',
      );
    },
  );

  it.each(INHERITED)('a plan whose entry has the state %s is shown', (status) => {
    const entries = [{ content: 'look', priority: 'high', status }];
    expect(shown({ ...base, kind: 'plan', entries } as Item).join('')).toContain('look');
  });

  it.each([
    ['output', [{ type: 'text' as const, text: `${'x'.repeat(9_999)}\n`.repeat(400) }]],
    ['change', [{ type: 'diff' as const, path: '/a', oldText: null, newText: 'a\n'.repeat(150_000) }]],
  ])('the %s of a call may have very many lines', (_name, content) => {
    const item: Item = { ...base, ...facts, kind: 'tool', status: 'failed', endedAt: 1, depth: 0, content };
    expect(draw(item, { expanded: true }).length).toBeGreaterThan(100);
    expect(draw(item, { expanded: true, sideBySide: true }).length).toBeGreaterThan(100);
  });

  it('a very long line of output is cut, and says so', () => {
    const content = [{ type: 'text' as const, text: 'x'.repeat(8_000_000) }];
    const item: Item = { ...base, ...facts, kind: 'tool', status: 'failed', endedAt: 1, depth: 0, content };
    const lines = shown(item, { expanded: true });
    expect(lines.length).toBeLessThan(1_000);
    expect(lines.join('')).toContain('… 7990000');
  });
});

describe('items on the screen', () => {
  it('leave a message that is still written as it was while a key waits, and say so', () => {
    const items = new ItemLines(() => 0);
    const said = (text: string, version: number, open = true) => message({ text, version, open });
    const seen = (item: Item) => items.lines(item, context).map(lineText).join('\n');
    items.hurried = true;
    expect(seen(said('one', 1))).toBe('one');
    expect(items.isOld).toBe(false);
    expect(seen(said('one two', 2))).toBe('one');
    expect(items.isOld).toBe(true);
    expect(seen(said('one two three', 3, false))).toBe('one two three');
    items.hurried = false;
    items.isOld = false;
    expect(seen(said('one two three four', 4))).toBe('one two three four');
    expect(items.isOld).toBe(false);
  });

  it('show plain text as a terminal would: its marks, its blanks, its lines', () => {
    const text = '\n# x *a* __init__\n    indented\x1b[31m\r\na\tb\n\n- one\n- two\n'.concat(
      `${'1234567 '.repeat(7)}\n`,
    );
    expect(draw(message({ plain: true, text })).map(lineText)).toEqual([
      '',
      '# x *a* __init__',
      '    indented',
      'a       b',
      '',
      '- one',
      '- two',
      '1234567 1234567 1234567 1234567 1234567 1234567 ',
      '1234567 ',
    ]);
  });

  it('show plain text that is still written as the whole of it', () => {
    const text = 'a\r\n\x1b]0;title\n你好\n\n  b\rc\n'.repeat(3);
    const whole = draw(message({ plain: true, text }));
    const items = new ItemLines(() => 0);
    for (let n = 1; n < text.length; n++)
      items.lines(message({ plain: true, text: text.slice(0, n), version: n }), context);
    const grown = items.lines(message({ plain: true, text, version: text.length }), context);
    expect(grown.map(lineText)).toEqual(whole.map(lineText));
  });

  it('draw of plain text that grows only what is new', () => {
    const items = new ItemLines(() => 0);
    const lines = 'line\n'.repeat(5_000);
    const before = items.lines(message({ plain: true, text: lines, version: 1 }), context);
    const after = items.lines(message({ plain: true, text: `${lines}more`, version: 2 }), context);
    expect(after).toHaveLength(before.length + 1);
    expect(after.every((l, i) => i >= before.length || l === before[i])).toBe(true);
  });

  it('show a tool call on one line, with the size of its change', () => {
    const item: Item = {
      ...base,
      ...facts,
      kind: 'tool',
      status: 'completed',
      endedAt: 1,
      depth: 0,
      content: [diff],
    };
    expect(shown(item)).toEqual(['✔ Edit greeting.ts                    +1 −1 done']);
  });

  it('show a change side by side where asked, the old beside the new', () => {
    const item: Item = {
      ...base,
      ...facts,
      kind: 'tool',
      status: 'failed',
      endedAt: 1,
      depth: 0,
      content: [diff],
    };
    expect(shown(item, { sideBySide: true, expanded: true })).toEqual([
      '✘ Edit greeting.ts                  +1 −1 failed',
      '│ /src/a.ts',
      '│   one                 │   one',
      '│ - two                 │ + 2',
      '│   three               │   three',
    ]);
    for (const l of draw(item, { sideBySide: true, expanded: true, width: 21 }))
      expect(lineWidth(l)).toBeLessThanOrEqual(21);
  });

  it('open a tool call when asked', () => {
    const item: Item = {
      ...base,
      ...facts,
      kind: 'tool',
      status: 'failed',
      endedAt: 1,
      depth: 0,
      content: [diff],
    };
    expect(shown(item, { expanded: true })).toEqual([
      '✘ Edit greeting.ts                  +1 −1 failed',
      '│ /src/a.ts',
      '│   one',
      '│ - two',
      '│ + 2',
      '│   three',
    ]);
    const done: Item = { ...item, status: 'completed' };
    expect(shown(done)).toHaveLength(1);
    expect(shown(done, { expanded: true })).toHaveLength(6);
  });

  it('show an open question with the whole command and the keys that answer it', () => {
    expect(shown(approval({}), { answering: true })).toEqual([
      '▌ Allow? Run rm',
      '▌ $ rm -rf build',
      '▌',
      '▌ a Allow once   r Reject',
    ]);
    expect(shown(approval({})).at(-1)).toBe('▌ Tab to answer');
  });

  it('shows bidirectional overrides in a command that asks for permission', () => {
    const tool = { ...facts, rawInput: { command: 'ls \u202egnihton' } };
    expect(shown(approval({ tool })).join('\n')).toContain('$ ls <U+202E>gnihton');
  });

  it('show an answered question in one line, with who answered', () => {
    const option = { optionId: '1', name: 'Allow once', kind: 'allow_once' as const };
    expect(shown(approval({ state: 'selected', chosen: option, by: 'yolo' }))).toEqual([
      '✔ Allow once (by yolo): Run rm',
    ]);
    expect(shown(approval({ state: 'cancelled', by: 'cancel' }))).toEqual(['⊘ cancelled: Run rm']);
    expect(shown(approval({ state: 'selected', chosen: option, by: 'ada' }))).toEqual([
      '✔ Allow once (by you): Run rm',
    ]);
  });

  it('of many lines are folded to their first ones, and whole when they are opened', () => {
    const of = (text: string) =>
      ({ ...base, kind: 'prompt', by: null, state: 'ended', startedAt: null, model: null, text }) as Item;
    const lines = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1}`);
    const folded = shown(of(lines(2_000).join('\n')));
    expect(folded).toEqual(['you', ...lines(8), '… 2000 lines in all: Ctrl+T'].map((l) => `┃ ${l}`));
    expect(shown(of(lines(2_000).join('\n')), { expanded: true })).toHaveLength(2_001);
    expect(shown(of(lines(20).join('\n')))).toHaveLength(21);
    const long = shown(of('word '.repeat(2_000)));
    expect(long).toHaveLength(10);
    expect(long.at(-1)).toBe('┃ … 10000 characters in all: Ctrl+T');
    const echo = shown(message({ kind: 'echo', text: lines(50).join('\n') }));
    expect(echo.at(-1)).toBe('┃ … 50 lines in all: Ctrl+T');
  });

  it('name who prompted, and say how far a turn is', () => {
    const item: Item = {
      ...base,
      kind: 'prompt',
      turnId: 't',
      by: 'bob',
      state: 'cancelling',
      content: [],
      text: 'Go\non',
      startedAt: null,
      model: null,
      end: null,
    };
    expect(shown(item)).toEqual(['┃ bob                                 cancelling', '┃ Go', '┃ on']);
    expect(shown({ ...item, by: 'ada', state: 'ended' })[0]).toBe('┃ you');
  });

  it('begin the block of an agent with its name, its model, how far it is and what it took', () => {
    const item: Item = {
      ...base,
      kind: 'prompt',
      turnId: 't',
      by: 'ada',
      state: 'running',
      content: [],
      text: 'Go',
      startedAt: 0,
      model: 'Opus',
      end: null,
    };
    const progress = { glyph: '?', style: 'warning' as const, elapsed: '7 s' };
    expect(shown(item, { progress }).slice(2)).toEqual([
      '',
      '? Demo agent  Opus                           7 s',
    ]);
    const end = {
      ...base,
      kind: 'end' as const,
      turnId: 't',
      stopReason: 'end_turn',
      error: null,
      elapsedMs: 61_000,
      usage: { inputTokens: 12_345, outputTokens: 67, totalTokens: null },
    };
    expect(shown({ ...item, state: 'ended', end }, { width: 60 }).at(-1)).toBe(
      '✔ Demo agent  Opus               12k in · 67 out · 1 min 1 s',
    );
    const failed = { ...end, stopReason: null, error: { code: 1, message: 'no' } };
    expect(shown({ ...item, state: 'ended', end: failed }).at(-1)).toMatch(/^✘ Demo agent/);
  });

  it('keep the time that a failed turn took together where its error is broken', () => {
    const error = { code: 1, message: 'The agent ended with exit code 0' };
    const item: Item = {
      ...base,
      kind: 'end',
      turnId: 't',
      stopReason: null,
      error,
      elapsedMs: 300,
      usage: null,
    };
    for (const width of [36, 38, 40])
      expect(shown(item, { width })).toEqual(['✘ The agent ended with exit code 0', ' · 0.3 s']);
  });

  it('put what an agent did that another one started within a rail for each', () => {
    const item: Item = { ...base, ...facts, kind: 'tool', status: 'completed', endedAt: 1, depth: 2 };
    expect(shown(item)).toEqual(['│ │ ✔ Edit greeting.ts                      done']);
    expect(shown(message({ depth: 1, text: 'one **two**' }))).toEqual(['│ one two']);
  });

  it('fold a thought to its newest line while it is written', () => {
    const item: Item = {
      ...base,
      kind: 'thought',
      messageId: null,
      depth: 0,
      plain: false,
      text: 'First.\nSecond.',
      open: true,
    };
    expect(shown(item)).toEqual(['✻ Thinking: Second.']);
    expect(shown({ ...item, open: false })).toEqual(['✻ Thought: First.']);
    expect(shown(item, { expanded: true })).toEqual(['✻ Thought', '  First.', '  Second.']);
  });

  it('show a plan with its progress', () => {
    const entries = ['completed', 'in_progress', 'pending'].map((status) => ({
      content: status,
      priority: 'high',
      status,
    }));
    expect(shown({ ...base, kind: 'plan', entries })).toEqual([
      'Plan 1/3 ━━━━╌╌╌╌╌╌╌╌',
      '  ✔ completed',
      '  ▸ in_progress',
      '  · pending',
    ]);
  });

  it('say how a turn ended', () => {
    const item: Item = {
      ...base,
      kind: 'end',
      turnId: 't',
      stopReason: 'end_turn',
      error: null,
      elapsedMs: 1_400,
      usage: null,
    };
    expect(shown(item)).toEqual(['─ done · 1.4 s']);
    expect(shown({ ...item, stopReason: 'cancelled' })).toEqual(['⊘ cancelled · 1.4 s']);
    expect(shown({ ...item, error: { code: 1004, message: 'The agent ended' } })).toEqual([
      '✘ The agent ended · 1.4 s',
    ]);
  });

  it('of a kind that is not known are a name, and all of it where they are opened', () => {
    const item: Item = { ...base, kind: 'other', label: '_auth/status', text: '{"status":"ok"}' };
    expect(shown(item)).toEqual(['· _auth/status']);
    expect(shown(item, { expanded: true })).toEqual(['· _auth/status {"status":"ok"}']);
  });

  it('never exceed the width, however odd the text', () => {
    const text = '\x1b[31m你好👍\u202e\t'.repeat(30);
    const items: Item[] = [
      message({ text }),
      message({ text, plain: true }),
      { ...base, kind: 'notice', severity: 'error', text },
      { ...base, kind: 'other', label: text, text },
      {
        ...base,
        ...facts,
        kind: 'tool',
        title: text,
        status: 'failed',
        endedAt: 1,
        depth: 0,
        content: [
          { type: 'text', text },
          { ...diff, newText: text },
        ],
      },
      approval({ tool: { ...facts, title: text, rawInput: { command: text } } }),
    ];
    for (const width of [10, 33, 80])
      for (const item of items)
        for (const l of draw(item, { width })) {
          expect(lineWidth(l)).toBeLessThanOrEqual(width);
          expect(lineText(l)).not.toMatch(/[\x00-\x1f]/);
        }
  });

  it('are drawn once until they change', () => {
    const store = new ItemLines(() => 0);
    const item = message({ text: 'a', open: true });
    const before = store.lines(item, context);
    expect(store.lines(item, context)).toBe(before);
    item.text = 'ab';
    item.version++;
    expect(store.lines(item, context).map(lineText)).toEqual(['ab']);
  });
});

describe('a diff', () => {
  it('leaves out what is far from a change', () => {
    const before = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    const after = before.with(20, 'changed');
    const lines = diffLines(before.join('\n'), after.join('\n'));
    expect(lines.map((l) => l.kind)).toEqual([
      'gap',
      'same',
      'same',
      'same',
      'removed',
      'added',
      'same',
      'same',
      'same',
      'gap',
    ]);
    expect(lines[0]!.count).toBe(17);
  });

  it('marks the words that changed in a changed line', () => {
    const [removed, added] = diffLines('const a = 1;', 'const a = 2;');
    expect(removed!.text.slice(...removed!.changed!)).toBe('1');
    expect(added!.text.slice(...added!.changed!)).toBe('2');
  });

  it('shows a new file as added whole', () => {
    expect(diffLines(null, 'a\nb\n')).toEqual([
      { kind: 'added', text: 'a' },
      { kind: 'added', text: 'b' },
    ]);
  });
});
