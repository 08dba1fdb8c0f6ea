import { describe, expect, it } from 'vitest';
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
    expect(d.state.overlay).toMatchObject({ selected: count - 1 });
    d.key('down');
    expect(d.state.overlay).toMatchObject({ selected: 0 });
    d.key('escape');
    expect(d.state.overlay).toBeNull();
    expect(d.effects).toEqual([]);
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
