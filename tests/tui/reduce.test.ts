import { describe, expect, it } from 'vitest';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';

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

  it('says where Ctrl+C acts while the list has the keys', () => {
    const d = new Driver();
    d.key('escape');
    d.key('ctrl+c');
    expect(d.state.toast?.text).toContain('Tab goes to the chat, where Ctrl+C acts');
    expect(d.effects).toEqual([]);
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
    expect(d.effects).toEqual([{ type: 'prompt', sessionId, text: 'hello', ticket: 1, urgent: false }]);
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
