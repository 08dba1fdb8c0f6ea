import { describe, expect, it } from 'vitest';
import type { SessionInfo } from '../../proto/index.js';
import { choices } from '../../tui/choices.js';
import { fuzzyRank } from '../../tui/fuzzy.js';
import { Driver, sessionId } from '../support/screen-driver.js';

function shown(d: Driver) {
  if (d.state.overlay?.kind !== 'pick') throw new Error('The palette is not open');
  return choices(d.state, d.state.overlay);
}

describe('the palette', () => {
  it('finds commands by some letters of their names, with the key beside them', () => {
    const d = new Driver();
    d.key('ctrl+k');
    d.type('savtr');
    expect(shown(d)[0]).toMatchObject({ name: 'Save the transcript', note: 'Ctrl+Alt+W  /transcript' });
    d.key('enter');
    expect(d.effects).toEqual([{ type: 'transcript', sessionId }]);
    expect(d.state.overlay).toBeNull();
  });

  it('says of a command why it cannot act, and stays', () => {
    const d = new Driver();
    d.key('ctrl+k');
    d.type('cancel the running');
    expect(shown(d)[0]).toMatchObject({ why: 'Nothing is running.' });
    d.key('enter');
    expect(d.state.toast?.text).toBe('Nothing is running.');
    expect(d.state.overlay?.kind).toBe('pick');
  });

  it('starts an agent by its name', () => {
    const d = new Driver();
    d.key('ctrl+k');
    d.type('start demo');
    d.key('enter');
    expect(d.state.overlay).toMatchObject({ kind: 'start', connector: 'demo' });
  });

  it('goes around the ends, and Esc chooses nothing', () => {
    const d = new Driver();
    d.key('ctrl+k');
    const count = shown(d).length;
    d.key('up');
    expect(d.state.overlay).toMatchObject({ selected: shown(d)[count - 1]!.id });
    d.key('down');
    expect(d.state.overlay).toMatchObject({ selected: shown(d)[0]!.id });
    d.key('escape');
    expect(d.state.overlay).toBeNull();
    expect(d.effects).toEqual([]);
  });
});

describe('what the palette chooses', () => {
  const session = (n: number, title: string): SessionInfo => ({
    ...{
      sessionId: sessionId.replace(/^.{4}/, String(1_000 + n)),
      node: 'laptop',
      connector: 'demo',
      agent: 'Demo',
      title,
    },
    ...{
      cwd: '/',
      state: 'idle',
      reason: null,
      yolo: false,
      queued: 0,
      seq: 1,
      epoch: 1,
      createdAt: n,
      updatedAt: n,
    },
  });

  it.each([
    ['quit', 'Quit'],
    ['help', 'Show the keys'],
    ['settings', 'Settings'],
    ['copy', 'Copy the last answer'],
    ['close the', 'Close the session'],
    ['nodes', 'Show nodes and agents'],
    ['find', 'Search the transcript'],
  ])('is the best match for %s, typed at once', (typed, name) => {
    const d = new Driver();
    d.tell({
      type: 'sessions',
      sessions: [session(1, 'The quiet nodes'), session(2, 'Close it')],
      whole: true,
    });
    d.key('ctrl+k');
    d.type(typed);
    expect(shown(d)[0]?.name).toBe(name);
  });

  it('stays what was gone to when others come before it, and is nothing else when it goes', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [session(1, 'Alpha one'), session(2, 'Alpha two')], whole: true });
    d.key('ctrl+k');
    d.type('open alpha');
    d.key('down');
    const chosen = shown(d)[1]!;
    d.tell({ type: 'sessions', sessions: [session(3, 'Alpha')], whole: false });
    expect(shown(d)[1]!.id).not.toBe(chosen.id);
    const gone: SessionInfo = { ...d.state.sessions.get(chosen.id)!, state: 'ended' };
    d.tell({ type: 'sessions', sessions: [gone], whole: false });
    d.key('enter');
    expect(d.state.toast?.text).toBe('That has just left the list.');
    d.key('enter');
    expect(d.state.current).toBe(session(3, '').sessionId);
  });
});

describe('finding by letters', () => {
  const names = ['Close the session', 'Copy the last answer', 'Cancel the running prompt', 'Show the keys'];
  const find = (letters: string) => fuzzyRank(letters, names, (n) => n);

  it('puts what begins words and stands together first', () => {
    expect(find('copy')[0]).toBe('Copy the last answer');
    expect(find('cts')[0]).toBe('Close the session');
    expect(find('keys')).toEqual(['Show the keys']);
  });

  it('finds nothing where a letter is missing, and everything for no letters', () => {
    expect(find('xyz')).toEqual([]);
    expect(find('')).toEqual(names);
  });
});
