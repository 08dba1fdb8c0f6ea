import { describe, expect, it } from 'vitest';
import { SessionFold } from '../../client/index.js';
import { parseFrame } from '../../proto/index.js';
import type { Effect, Message } from '../../tui/effects.js';
import { reduce } from '../../tui/reduce.js';
import { currentChat, initialState, type State } from '../../tui/state.js';
import { NODE } from '../support/scripted-client.js';

const sessionId = '5b0f7f3a-6a56-4c53-9d4a-6f1f3f6f4c1e';
const turnId = '11111111-1111-4111-8111-111111111111';

/** A screen with one open session, driven by messages alone. */
class Driver {
  readonly fold = new SessionFold(sessionId);
  effects: Effect[] = [];
  now = 10_000;
  state: State = initialState({ me: 'ada', here: null, link: { kind: 'connected' }, columns: 100, rows: 30 });
  #seq = 0;

  constructor() {
    this.tell({ type: 'nodes', nodes: [NODE] });
    this.tell({ type: 'opened', sessionId, view: this.fold.view });
    this.state = { ...this.state, current: sessionId, focus: 'chat' };
    this.event('_praxis/session/state', { state: 'idle' });
  }

  tell(message: Message): void {
    const { state, effects } = reduce(this.state, message, this.now);
    this.state = state;
    this.effects.push(...effects);
  }
  key(name: string): void {
    this.tell({ type: 'input', event: { type: 'key', name } });
  }
  type(text: string): void {
    this.tell({ type: 'input', event: { type: 'text', text } });
  }
  event(method: string, params: object, id?: string): void {
    this.#seq++;
    const frame = parseFrame(
      JSON.stringify({ jsonrpc: '2.0', id, method, params: { sessionId, ...params } }),
    );
    this.fold.apply({ sessionId, seq: this.#seq, epoch: 1, at: this.now, frame });
    this.tell({ type: 'changed', sessionId });
  }
  ask(id: string): void {
    const options = [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }];
    this.event('session/request_permission', { toolCall: { toolCallId: id, title: 'Do it' }, options }, id);
  }
  get chat() {
    return currentChat(this.state)!;
  }
}

describe('the state of the screen', () => {
  it('does not let a key that was meant for the prompt answer a question that has just appeared', () => {
    const d = new Driver();
    d.ask('q1');
    expect(d.chat.target).toBe('question');
    d.type('a');
    expect(d.effects).toEqual([]);
    d.now += 300;
    d.type('a');
    expect(d.effects).toEqual([{ type: 'answer', sessionId, requestId: 'q1', optionId: 'y' }]);
  });

  it('leaves the keys with who is writing when a question appears', () => {
    const d = new Driver();
    d.type('I am wri');
    d.ask('q1');
    d.now += 5_000;
    d.tell({ type: 'tick' });
    d.type('a');
    expect(d.chat.draft.text).toBe('I am wria');
    expect(d.effects).toEqual([]);
    d.key('tab');
    d.type('a');
    expect(d.effects).toMatchObject([{ type: 'answer' }]);
  });

  it('gives the keys to a question once the prompt is empty and quiet', () => {
    const d = new Driver();
    d.type('x');
    d.ask('q1');
    d.key('backspace');
    d.tell({ type: 'tick' });
    expect(d.chat.target).toBe('prompt');
    d.now += 1_000;
    d.tell({ type: 'tick' });
    expect(d.chat.target).toBe('question');
  });

  it('takes the second of two questions on, with a pause before its keys work', () => {
    const d = new Driver();
    d.ask('q1');
    d.ask('q2');
    d.now += 300;
    d.type('aa');
    expect(d.effects).toHaveLength(1);
    d.now += 300;
    d.type('a');
    expect(d.effects).toMatchObject([{ requestId: 'q1' }, { requestId: 'q2' }]);
  });

  it('reaches every option of a question: the first of a kind by its letter, further ones by their number', () => {
    const d = new Driver();
    const options = ['once', 'always', 'always for the tool', 'always for the server'].map((name, i) => ({
      optionId: name,
      name,
      kind: i === 0 ? 'allow_once' : 'allow_always',
    }));
    const toolCall = { toolCallId: 'c', title: 'Do it' };
    for (const [id, key] of [
      ['q1', 'A'],
      ['q2', '3'],
      ['q3', '4'],
    ] as const) {
      d.event('session/request_permission', { toolCall, options }, id);
      d.now += 300;
      d.type(key);
      d.event('_praxis/request/resolved', { requestId: id, by: 'ada' });
    }
    expect(d.effects.map((e) => (e.type === 'answer' ? e.optionId : e.type))).toEqual([
      'always',
      'always for the tool',
      'always for the server',
    ]);
  });

  it('says so when the agent does not offer an answer', () => {
    const d = new Driver();
    d.ask('q1');
    d.now += 300;
    d.type('R');
    expect(d.state.toast?.text).toBe('The agent does not offer that answer here.');
    expect(d.effects).toEqual([]);
  });

  it('cancels with Ctrl+C while a turn runs and closes when none does', () => {
    const d = new Driver();
    d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'x' }] });
    d.key('ctrl+c');
    d.event('_praxis/turn', { turnId, state: 'ended', stopReason: 'cancelled' });
    d.now += 2_000;
    d.key('ctrl+c');
    expect(d.effects).toEqual([
      { type: 'cancel', sessionId },
      { type: 'close', sessionId },
    ]);
  });

  it('does not close a session with a Ctrl+C that was meant for a turn that has just ended', () => {
    const d = new Driver();
    d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'x' }] });
    d.event('_praxis/turn', { turnId, state: 'ended', stopReason: 'end_turn' });
    d.now += 200;
    d.key('ctrl+c');
    expect(d.effects).toEqual([]);
    expect(d.state.toast?.text).toContain('Ctrl+C again closes the session');
    d.key('ctrl+c');
    expect(d.effects).toEqual([{ type: 'close', sessionId }]);
  });

  it('asks for a second Ctrl+C when a draft would be lost, and any other key takes the first back', () => {
    const d = new Driver();
    d.type('draft');
    d.key('ctrl+c');
    d.type('!');
    d.key('ctrl+c');
    expect(d.effects).toEqual([]);
    d.key('ctrl+c');
    expect(d.effects).toEqual([{ type: 'close', sessionId }]);
  });

  it('keeps a prompt as sending until its turn is among the events, and never shows it twice', () => {
    const d = new Driver();
    d.type('hello');
    d.key('enter');
    expect(d.effects).toEqual([{ type: 'prompt', sessionId, text: 'hello', ticket: 1 }]);
    d.tell({ type: 'sent', sessionId, ticket: 1, turnId });
    expect(d.chat.sending).toHaveLength(1);
    d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'hello' }] });
    expect(d.chat.sending).toHaveLength(0);
  });

  it('recalls earlier prompts with ↑ and gives the draft back with ↓', () => {
    const d = new Driver();
    for (const text of ['one', 'two'])
      d.event('_praxis/turn', {
        turnId: text === 'one' ? turnId : turnId.replace('1', '2'),
        state: 'running',
        prompt: [{ type: 'text', text }],
      });
    d.type('mine');
    d.key('up');
    expect(d.chat.draft.text).toBe('two');
    d.key('up');
    expect(d.chat.draft.text).toBe('one');
    d.key('up');
    expect(d.chat.draft.text).toBe('one');
    d.key('down');
    d.key('down');
    expect(d.chat.draft.text).toBe('mine');
  });

  it('does not send to a session that has ended, and says why', () => {
    const d = new Driver();
    d.event('_praxis/session/state', { state: 'ended', reason: 'closed' });
    d.type('x');
    d.key('enter');
    expect(d.effects).toEqual([]);
    expect(d.state.toast?.text).toContain('has ended');
  });

  it('moves over agents and sessions only, and stays within the list', () => {
    const d = new Driver();
    d.key('escape');
    d.key('up');
    expect(d.state.selected).toBe('agent laptop demo');
    d.key('down');
    d.key('down');
    expect(d.state.selected).toBe('agent laptop codex');
  });
});
