import { describe, expect, it } from 'vitest';
import type { OpenApproval } from '../../proto/index.js';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver, sessionId } from '../support/screen-driver.js';

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

const ALL = {
  name: { type: 'string', title: 'Your name', description: 'As on the badge', minLength: 2 },
  age: { type: 'integer', title: 'Age', minimum: 1 },
  sure: { type: 'boolean', title: 'Sure' },
  size: {
    type: 'string',
    title: 'Size',
    oneOf: [
      { const: 's', title: 'Small', description: 'fits a child' },
      { const: 'm', title: 'Medium' },
    ],
  },
  langs: {
    type: 'array',
    title: 'Languages',
    items: { type: 'string', enum: ['ts', 'py', 'go'] },
    maxItems: 2,
  },
};

const params = (properties: object, required: string[] = [], message = 'Who are you?') => ({
  mode: 'form',
  message,
  requestedSchema: { type: 'object', properties, required },
});

/** A chat whose agent asks with a form that has the keys. */
function asked(properties: object, required: string[] = [], id = 'q1'): Driver {
  const d = new Driver();
  d.event('elicitation/create', params(properties, required), id);
  d.now += 300;
  return d;
}

const keys = (d: Driver, ...names: string[]) => {
  for (const name of names) d.key(name);
};

const answer = (answer: object, requestId = 'q1', hash: string | null = null) => ({
  type: 'answerForm',
  requestId,
  answer,
  hash,
});

describe('a form of an agent', () => {
  it('stands in the transcript with what it asks for, and opens with Enter', () => {
    const d = asked(ALL, ['name']);
    expect(screen(d)).toContain('Answer? Who are you?');
    expect(screen(d)).toContain('Your name (required): text');
    expect(screen(d)).toContain('Size: Small, Medium');
    expect(screen(d)).toContain('Enter to fill it in');
    d.key('enter');
    expect(screen(d)).toContain('─ Who are you? ─');
    expect(screen(d)).toContain('As on the badge');
    expect(screen(d)).toContain('( ) Small  fits a child');
    expect(screen(d)).toContain('[ ] ts');
    expect(screen(d)).toContain('Send the answers');
  });

  it('is filled in by keys alone: text, number, yes or no, one choice, several', () => {
    const d = asked(ALL, ['name']);
    d.key('enter');
    d.type('Ada');
    d.key('enter');
    d.type('36');
    keys(d, 'enter', 'enter'); // yes
    keys(d, 'down', 'enter'); // Medium
    d.type(' ');
    keys(d, 'down', 'down');
    d.type(' ');
    expect(screen(d)).toContain('(•) yes');
    expect(screen(d)).toContain('(•) Medium');
    expect(screen(d)).toContain('[x] go');
    expect(d.effects).toEqual([]);
    keys(d, 'down', 'enter');
    const content = { name: 'Ada', age: 36, sure: true, size: 'm', langs: ['ts', 'go'] };
    expect(d.effects).toEqual([answer({ action: 'accept', content })]);
    expect(d.state.overlay).toBeNull();
    expect(d.chat.target).toBe('prompt');
  });

  it('leaves out what is not answered, and takes a choice back', () => {
    const d = asked(ALL);
    d.key('enter');
    keys(d, 'down', 'down'); // sure: yes
    d.type('  ');
    for (let i = 0; i < 7; i++) d.key('down');
    d.key('enter');
    expect(d.effects).toEqual([answer({ action: 'accept', content: {} })]);
  });

  it('names the key that chooses only where there is something to choose', () => {
    const d = asked({ name: { type: 'string' }, sure: { type: 'boolean' } });
    const isNamed = () => screen(d).includes('Space choose');
    keys(d, 'enter');
    expect(isNamed()).toBe(false);
    keys(d, 'down');
    expect(isNamed()).toBe(true);
    keys(d, 'down', 'down');
    expect(isNamed()).toBe(false);
  });

  it('begins with what the agent proposes', () => {
    const d = asked({
      name: { type: 'string', default: 'Ada' },
      sure: { type: 'boolean', default: false },
      langs: { type: 'array', items: { type: 'string', enum: ['ts', 'py'] }, default: ['py'] },
    });
    d.key('enter');
    keys(d, 'down', 'down', 'down', 'down', 'down', 'enter');
    const content = { name: 'Ada', sure: false, langs: ['py'] };
    expect(d.effects).toEqual([answer({ action: 'accept', content })]);
  });

  it('says what is wrong beside each field, goes to the first of them, and sends nothing', () => {
    const d = asked(ALL, ['name', 'size']);
    d.key('enter');
    d.type('A');
    d.key('down');
    d.type('many');
    for (let i = 0; i < 8; i++) d.key('down');
    d.key('enter');
    expect(d.effects).toEqual([]);
    expect(screen(d)).toContain('must have at least 2 characters');
    expect(screen(d)).toContain('must be a number');
    expect(screen(d)).toContain('must be answered');
    d.type('da');
    expect(screen(d)).not.toContain('at least 2 characters');
    expect(screen(d)).toContain('must be a number');
  });

  it('shows the whole question above it, also in characters that are two columns wide', () => {
    const d = new Driver();
    d.event('elicitation/create', params(ALL, [], '你想喝什么饮料？'), 'q1');
    d.now += 300;
    d.key('enter');
    expect(screen(d)).toContain('╭─ 你想喝什么饮料？ ───');
  });

  it('does not let a pattern of the agent that never ends hold the screen', () => {
    const d = asked({ a: { type: 'string', pattern: '^(a+)+$' }, b: { type: 'string', pattern: '^x$' } });
    d.key('enter');
    d.type(`${'a'.repeat(40)}!`);
    d.key('down');
    d.type('y');
    keys(d, 'down', 'enter');
    expect(d.effects).toEqual([]);
    expect(screen(d)).toContain('must be like ^x$');
    expect(screen(d)).not.toContain('must be like ^(a+)+$');
  });

  it('is declined or cancelled where it stands', () => {
    for (const [ups, action] of [
      [1, 'cancel'],
      [2, 'decline'],
    ] as const) {
      const d = asked({ name: { type: 'string' } }, ['name']);
      d.key('enter');
      for (let i = 0; i < 4 - ups; i++) d.key('down');
      d.key('enter');
      expect(d.effects).toEqual([answer({ action })]);
      expect(d.state.overlay).toBeNull();
    }
  });

  it('stays open when its window is closed, with what was written in it', () => {
    const d = asked({ name: { type: 'string' } });
    d.key('enter');
    d.type('Ad');
    d.key('escape');
    expect(d.state.overlay).toBeNull();
    expect(d.effects).toEqual([]);
    d.key('enter');
    d.type('a');
    keys(d, 'down', 'enter');
    expect(d.effects).toEqual([answer({ action: 'accept', content: { name: 'Ada' } })]);
  });

  it('goes away when somebody else answers, and says who', () => {
    const d = asked({ name: { type: 'string' } });
    d.key('enter');
    d.event('_praxis/request/resolved', {
      requestId: 'q1',
      by: 'grace',
      result: { action: 'accept', content: { name: 'Ada' } },
    });
    expect(d.state.overlay).toBeNull();
    expect(d.state.toast?.text).toBe('grace answered the form elsewhere.');
    expect(screen(d)).toContain('✔ Answered (by grace): Who are you?  name: Ada');
  });

  it('comes back with its answers when the service did not take them', () => {
    const d = asked({ name: { type: 'string' } });
    d.key('enter');
    d.type('Ada');
    keys(d, 'down', 'enter');
    d.tell({ type: 'chooseRefused', requestId: 'q1', error: 'No' });
    expect(d.state.toast?.text).toBe('Not answered: No');
    expect(screen(d)).toContain('Answer? Who are you?');
    d.effects = [];
    keys(d, 'tab', 'enter', 'down', 'enter');
    expect(d.effects).toEqual([answer({ action: 'accept', content: { name: 'Ada' } })]);
  });

  it('leaves the prompt to who goes on typing, and is reached with Tab', () => {
    const d = asked({ name: { type: 'string' } });
    d.type('well');
    expect(d.chat.draft.text).toBe('well');
    expect(screen(d)).toContain('Tab to answer');
    d.key('tab');
    d.key('enter');
    expect(d.state.overlay?.kind).toBe('form');
    expect(d.effects).toEqual([{ type: 'reveal', sessionId }].slice(1));
  });

  it('asks only whether where it has no fields', () => {
    const d = asked({});
    d.key('enter');
    expect(screen(d)).toContain('Accept');
    d.key('enter');
    expect(d.effects).toEqual([answer({ action: 'accept', content: {} })]);
  });

  it('keeps the row that has the keys in sight, on the smallest screen too', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`f${i}`, { type: 'string', title: `Field ${i}` }]),
    );
    const d = asked(many);
    d.tell({ type: 'resized', columns: 44, rows: 12 });
    d.key('enter');
    expect(screen(d)).toContain('Field 0');
    expect(screen(d)).toMatch(/… 5\d more lines below/);
    for (let i = 0; i < 30; i++) d.key('down');
    expect(screen(d)).toContain('▸ Send the answers');
    expect(screen(d)).not.toContain('Field 3 ');
    expect(screen(d)).not.toContain('more lines');
  });

  it('shows nothing that a terminal would obey', () => {
    const d = asked({ 'a\u001b[31m': { type: 'string', title: 'T\u001b]0;x\u0007', enum: ['\u001b[2J'] } });
    d.key('enter');
    expect(screen(d)).not.toMatch(/[\u001b\u0007]/);
  });
});

describe('a form in the inbox', () => {
  it('says that it was taken back when its turn was cancelled', () => {
    const d = asked({ name: { type: 'string' } });
    d.key('ctrl+n');
    const here = { ...open('q1'), sessionId };
    d.tell({ type: 'inbox', questions: [here] });
    d.event('_praxis/request/resolved', { requestId: 'q1', by: 'cancel', result: { action: 'cancel' } });
    d.tell({ type: 'inbox', questions: [] });
    expect(d.state.toast?.text).toBe('The form was taken back.');
  });

  const other = sessionId.replace('5b', '6c');
  const open = (requestId: string, more: object = {}): OpenApproval => ({
    ...{ requestId, sessionId: other, node: 'box', connector: 'codex', agent: 'Codex', title: null },
    ...{ method: 'elicitation/create', at: 4_000, denyAt: null, hash: `hash of ${requestId}` },
    params: params({ name: { type: 'string', title: 'Your name' } }, ['name'], `Form ${requestId}`),
    ...more,
  });

  it('is filled in there, bound to what was shown, and the next question follows', () => {
    const d = new Driver();
    d.key('ctrl+n');
    d.tell({ type: 'inbox', questions: [open('one', { denyAt: d.now + 60_300 }), open('two')] });
    d.now += 300;
    expect(screen(d)).toContain('▸ Form one');
    expect(screen(d)).toContain('cancelled by itself in 1 min');
    expect(screen(d)).toContain('Your name (required): text');
    d.effects = [];
    d.type('f');
    d.type('Ada');
    keys(d, 'down', 'enter');
    expect(d.effects).toEqual([answer({ action: 'accept', content: { name: 'Ada' } }, 'one', 'hash of one')]);
    expect(screen(d)).toContain('▸ Form two');
    d.type('f');
    d.key('escape');
    expect(screen(d)).toContain('▸ Form two');
  });

  it('goes away when it is not in the list any more', () => {
    const d = new Driver();
    d.key('ctrl+n');
    d.tell({ type: 'inbox', questions: [open('one')] });
    d.type('f');
    expect(d.state.overlay?.kind).toBe('form');
    d.tell({ type: 'inbox', questions: [] });
    expect(d.state.overlay?.kind).toBe('inbox');
    expect(d.state.toast?.text).toBe('The question was answered elsewhere or withdrawn.');
  });
});
