import { describe, expect, it } from 'vitest';
import type { SessionInfo } from '../../proto/index.js';
import { lineText } from '../../tui/draw/line.js';
import { directoriesFor } from '../../tui/files.js';
import { listRows } from '../../tui/screens/list.js';
import { startOverlay } from '../../tui/start-form.js';
import { Driver, sessionId } from '../support/screen-driver.js';
import { NODE } from '../support/scripted-client.js';

const session = (n: number, state: SessionInfo['state']): SessionInfo => ({
  sessionId: sessionId.replace(/^.{4}/, String(1_000 + n)),
  node: 'node1',
  connector: 'demo',
  agent: 'Demo agent',
  cwd: '/home/me',
  title: `Session ${n}`,
  state,
  reason: null,
  yolo: false,
  queued: 0,
  seq: 1,
  epoch: 1,
  createdAt: 100 - n,
  updatedAt: 0,
});

/** The list of somebody with five nodes and twenty sessions, two of which wait. */
function many(): Driver {
  const d = new Driver();
  d.tell({ type: 'nodes', nodes: [1, 2, 3, 4, 5].map((n) => ({ ...NODE, name: `node${n}` })) });
  const sessions = Array.from({ length: 20 }, (_, n) => session(n, n > 17 ? 'waiting' : 'idle'));
  d.tell({ type: 'sessions', sessions, whole: false });
  d.key('escape');
  return d;
}
const list = (d: Driver, height = 22): string[] =>
  listRows(d.state, 30, height).map(({ line }) => lineText(line).trimEnd());

describe('the list of somebody with many sessions and nodes', () => {
  it('shows who waits first, and the nodes, at any size', () => {
    const lines = list(many());
    expect(lines).toHaveLength(22);
    expect(lines[0]).toMatch(/^ Sessions +2 waiting$/);
    expect(lines[1]).toContain('? Session 18');
    expect(lines[2]).toContain('? Session 19');
    expect(lines[9]).toMatch(/… \d+ more/);
    expect(lines[11]).toContain('Nodes');
    expect(lines.join('\n')).toContain('Demo agent');
  });

  it('begins at the session that was started last, and stays there whatever comes to the top', () => {
    const d = many();
    expect(list(d).join('\n')).toContain('▸ ● Session 0');
    d.tell({ type: 'sessions', sessions: [{ ...session(30, 'waiting'), createdAt: 900 }], whole: false });
    d.tell({
      type: 'sessions',
      sessions: [{ ...session(0, 'idle') }, { ...session(31, 'idle'), createdAt: 999 }],
      whole: true,
    });
    expect(list(d).join('\n')).toContain('▸ ● Session 0');
    d.key('enter');
    expect(d.state.current).toBe(session(0, 'idle').sessionId);
  });

  it('leaves somebody at the agents who found no session', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [], whole: false });
    d.tell({ type: 'sessions', sessions: [{ ...session(1, 'idle'), node: 'laptop' }], whole: false });
    d.key('escape');
    expect(list(d).join('\n')).toContain('▸ Demo agent');
  });

  it('shows no start that failed, and proposes no directory of one', () => {
    const d = many();
    const failed: SessionInfo = { ...session(40, 'ended'), node: 'node1', cwd: '/no/such', reason: 'failed' };
    d.tell({ type: 'sessions', sessions: [{ ...failed, state: 'starting', reason: null }], whole: false });
    d.tell({ type: 'sessions', sessions: [failed], whole: false });
    expect([...d.state.sessions.values()].map(({ title }) => title)).not.toContain('Session 40');
    const ended: SessionInfo = {
      ...failed,
      sessionId: failed.sessionId.replace('5b', '6b'),
      reason: 'closed',
      cwd: '/a',
    };
    d.tell({
      type: 'sessions',
      sessions: [failed, { ...session(1, 'idle') }, { ...ended, title: 'Old' }],
      whole: true,
    });
    d.state = startOverlay(d.state, { ...NODE, name: 'node1' }, NODE.connectors[0]!);
    const { overlay } = d.state;
    expect(overlay?.kind === 'start' && directoriesFor(d.state, overlay)).not.toContain('/no/such');
  });

  it('keeps the selection in sight in its part, and leaves the other part where it is', () => {
    const d = many();
    for (let i = 0; i < 22; i++) d.key('down');
    expect(list(d)[1]).toContain('? Session 18');
    expect(list(d).join('\n')).toMatch(/▸ /);
    for (let i = 0; i < 15; i++) d.key('up');
    expect(list(d).join('\n')).toMatch(/▸ ● Session/);
    expect(list(d).join('\n')).toContain('● node1');
  });

  it('selects what is clicked on, and opens it with a second click', () => {
    const d = many();
    const key = listRows(d.state, 30, 22)[2]!.key!;
    d.tell({ type: 'clicked', key });
    expect(list(d)[2]).toContain('▸ ? Session 19');
    expect(d.state.current).toBe(sessionId);
    d.tell({ type: 'clicked', key });
    expect(d.state.current).toBe(session(19, 'waiting').sessionId);
  });

  it('leaves the keys to the chat when that is clicked on', () => {
    const d = many();
    d.tell({ type: 'clicked', key: null });
    expect(d.state.focus).toBe('chat');
  });

  it('shows all of both where there is room', () => {
    const lines = list(many(), 60);
    expect(lines.join('\n')).toContain('Session 17');
    expect(lines.join('\n')).toContain('node5');
    expect(lines.join('\n')).not.toContain('more');
  });
});
