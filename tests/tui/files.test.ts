import { describe, expect, it } from 'vitest';
import { directoriesFor, type Listing } from '../../tui/files.js';
import { popupOf } from '../../tui/popup.js';
import { Driver, sessionId } from '../support/screen-driver.js';

const listing = (...names: string[]): Listing => ({
  names: names.map((name) => ({ name: name.replace('/', ''), isDirectory: name.endsWith('/') })),
  truncated: false,
});
/** Answers the newest question for names. */
function answer(d: Driver, given: Listing): object {
  const asked = d.effects.findLast((e) => e.type === 'files');
  if (asked?.type !== 'files') throw new Error('Nothing was asked');
  d.tell({ type: 'files', key: asked.key, listing: given });
  return asked.params;
}
const offered = (d: Driver) => popupOf(d.state)?.items.map((s) => s.text) ?? [];

describe('files after an @ in the prompt', () => {
  it('are those of the directory of the session, asked for once, narrowed while one types', () => {
    const d = new Driver();
    d.type('look at @');
    expect(answer(d, listing('src/', 'setup.ts', 'README.md', '.git/'))).toEqual({
      sessionId,
      path: '',
      prefix: '',
    });
    expect(offered(d)).toEqual(['@src/', '@setup.ts', '@README.md']);
    d.type('s');
    expect(offered(d)).toEqual(['@src/', '@setup.ts']);
    expect(d.effects).toHaveLength(1);
  });

  it('lead into a directory with Enter, and end with a file', () => {
    const d = new Driver();
    d.type('@s');
    answer(d, listing('src/'));
    d.key('enter');
    expect(d.chat.draft.text).toBe('@src/');
    expect(answer(d, listing('a.ts'))).toMatchObject({ path: 'src/' });
    d.key('enter');
    expect(d.chat.draft.text).toBe('@src/a.ts ');
    expect(offered(d)).toEqual([]);
  });

  it('are asked for by what is typed where there are too many', () => {
    const d = new Driver();
    d.type('@z');
    answer(d, { ...(listing('a') as object), truncated: true } as Listing);
    expect(answer(d, listing('zebra'))).toMatchObject({ path: '', prefix: 'z' });
    expect(offered(d)).toEqual(['@zebra']);
  });

  it('have names that one can read as they are, and nothing is offered for an address', () => {
    const d = new Driver();
    d.type('@');
    answer(d, listing('good', 'bad\x1b[2J', 'two words'));
    expect(offered(d)).toEqual(['@good']);
    d.key('ctrl+u');
    d.type('ada@');
    expect(offered(d)).toEqual([]);
  });
});

describe('directories in the start form', () => {
  function form(): Driver {
    const d = new Driver();
    d.key('escape');
    d.key('enter');
    return d;
  }
  const overlay = (d: Driver) => {
    if (d.state.overlay?.kind !== 'start') throw new Error('The form is not open');
    return d.state.overlay;
  };
  const proposed = (d: Driver) => directoriesFor(d.state, overlay(d));

  it('are recent ones first, taken with the arrow and Enter, and the next Enter starts', () => {
    const d = new Driver();
    const base = {
      node: 'laptop',
      connector: 'demo',
      agent: 'Demo',
      title: null,
      state: 'ended' as const,
      reason: null,
    };
    const rest = { yolo: false, queued: 0, seq: 1, epoch: 1, updatedAt: 0 };
    d.tell({
      type: 'sessions',
      whole: true,
      sessions: ['/home/me/new', '/home/me/old', '/home/me/older'].map((cwd, i) => ({
        ...base,
        ...rest,
        sessionId: `s${i}`,
        cwd,
        createdAt: 10 - i,
      })),
    });
    d.key('escape');
    d.key('enter');
    expect(overlay(d).cwd.text).toBe('/home/me/new');
    expect(proposed(d)).toEqual(['/home/me/old', '/home/me/older']);
    d.key('down');
    d.key('down');
    d.key('enter');
    expect(overlay(d).cwd.text).toBe('/home/me/older');
    d.key('enter');
    expect(d.effects).toContainEqual(expect.objectContaining({ type: 'start', cwd: '/home/me/older' }));
  });

  it('are completed with Tab while one types, and Tab leaves the field when there is nothing to complete', () => {
    const d = form();
    d.type('/pro');
    expect(answer(d, listing('project/', 'prose.txt', 'other/'))).toEqual({
      node: 'laptop',
      path: '/home/me/',
      prefix: '',
    });
    expect(proposed(d)).toEqual(['/home/me/project']);
    d.key('tab');
    expect(overlay(d).cwd.text).toBe('/home/me/project/');
    answer(d, listing());
    d.key('tab');
    expect(overlay(d).field).toBe('yolo');
  });
});
