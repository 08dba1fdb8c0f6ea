import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';

const waiting = (n: number): string => turnId.replaceAll('1', String(n));
const text = (words: string) => [{ type: 'text', text: words }];

/** A session in which one prompt runs and "two", "three" and "four" wait. */
function busy(): Driver {
  const d = new Driver();
  d.event('_praxis/turn', { turnId, state: 'running', prompt: text('one') });
  for (const [n, words] of [
    [2, 'two'],
    [3, 'three'],
    [4, 'four'],
  ] as const)
    d.event('_praxis/turn', { turnId: waiting(n), state: 'queued', prompt: text(words) });
  return d;
}

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('the prompts that wait', () => {
  it('are removed, put first, and run at once by their keys', () => {
    const d = busy();
    d.key('alt+q');
    expect(screen(d)).toContain('▸ queued   four');
    d.type('d');
    d.event('_praxis/turn', { turnId: waiting(4), state: 'removed' });
    expect(screen(d)).toContain('▸ queued   three');
    d.type('n');
    d.type('!');
    expect(d.effects).toEqual([
      { type: 'queue', sessionId, turnId: waiting(4), change: { kind: 'remove' } },
      { type: 'queue', sessionId, turnId: waiting(3), change: { kind: 'next' } },
      { type: 'queue', sessionId, turnId: waiting(3), change: { kind: 'now', running: turnId } },
    ]);
  });

  it('are edited where prompts are written, and the draft that was there comes back', () => {
    const d = busy();
    d.type('my draft');
    d.key('alt+q');
    d.key('up');
    d.key('enter');
    expect(d.chat.draft.text).toBe('three');
    expect(screen(d)).toMatch(/✎ editing {2}three[\s\S]*✎ three/);
    d.type(' and more');
    d.key('enter');
    expect(d.effects).toEqual([
      { type: 'queue', sessionId, turnId: waiting(3), change: { kind: 'edit', text: 'three and more' } },
    ]);
    expect(d.chat.draft.text).toBe('my draft');
  });

  it('stay as they were when the edit is left', () => {
    const d = busy();
    d.key('alt+q');
    d.type('e');
    d.type('!!');
    d.key('escape');
    expect(d.effects).toEqual([]);
    expect(d.chat.draft.text).toBe('');
    expect(d.state.focus).toBe('chat');
  });

  it('take no key that was meant for one that has just begun to run', () => {
    const d = busy();
    d.key('alt+q');
    d.key('up');
    d.key('up');
    expect(screen(d)).toContain('▸ queued   two');
    d.event('_praxis/turn', { turnId, state: 'ended', stopReason: 'end_turn' });
    d.event('_praxis/turn', { turnId: waiting(2), state: 'running' });
    d.type('d');
    expect(d.effects).toEqual([]);
    expect(d.chat.draft.text).toBe('');
    expect(d.state.toast?.text).toBe('That prompt does not wait any more.');
    d.now += 300;
    d.type('d');
    expect(d.chat.draft.text).toBe('d');
  });

  it('turn into a draft when they begin to run while they are edited', () => {
    const d = busy();
    d.key('alt+q');
    d.key('up');
    d.key('up');
    d.key('enter');
    d.type(' words');
    d.event('_praxis/turn', { turnId, state: 'ended', stopReason: 'end_turn' });
    d.event('_praxis/turn', { turnId: waiting(2), state: 'running' });
    expect(d.chat.editing).toBeNull();
    expect(d.chat.draft.text).toBe('two words');
    expect(d.state.toast?.text).toContain('does not wait any more');
  });

  it('give what was written back when the service does not take the change', () => {
    const d = busy();
    d.tell({ type: 'editRefused', sessionId, text: 'two words', error: 'The prompt does not wait any more' });
    expect(d.chat.draft.text).toBe('two words');
    expect(d.state.toast?.text).toBe('Not changed: The prompt does not wait any more');
  });

  it('keep the keys when a question appears, and letters that are no keys of theirs are typed', () => {
    const d = busy();
    d.key('alt+q');
    d.ask('q1');
    d.now += 1_000;
    d.type('d');
    expect(d.effects).toMatchObject([{ type: 'queue' }]);
    d.type('hello');
    expect(d.chat.draft.text).toBe('hello');
    expect(d.effects).toHaveLength(1);
  });

  it('say why there is nothing to choose', () => {
    const d = new Driver();
    d.key('alt+q');
    expect(d.state.toast?.text).toBe('No prompt waits.');
  });

  it('are overtaken by a prompt that is sent now', () => {
    const d = busy();
    d.type('stop, do this');
    d.key('ctrl+x');
    expect(d.effects).toMatchObject([{ type: 'prompt', text: 'stop, do this', urgent: true }]);
  });

  it('are not overtaken by a command of ours', () => {
    const d = busy();
    d.type('/status ');
    d.key('ctrl+x');
    expect(d.state.overlay?.kind).toBe('status');
    expect(d.effects).toEqual([]);
  });

  it('are said to be unsent while the connection is away, never sent', () => {
    const d = busy();
    d.tell({ type: 'link', link: { kind: 'connecting', reason: 'The broker is away' } });
    d.type('later');
    d.key('enter');
    d.key('alt+q');
    expect(screen(d)).toContain('↑ unsent   later');
  });
});
