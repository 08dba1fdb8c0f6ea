import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../client/index.js';
import { parseFrame, type SessionInfo } from '../../proto/index.js';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { keyMap } from '../../tui/keys.js';
import { rebound } from '../../tui/rebind.js';
import { drawScreen } from '../../tui/screens/index.js';
import { OpenSessions } from '../../tui/sessions.js';
import { overlaySessions } from '../../tui/state.js';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';
import { LOST_NODE, NODE } from '../support/scripted-client.js';

const info = (more: Partial<SessionInfo>): SessionInfo => ({
  sessionId,
  node: 'laptop',
  connector: 'demo',
  agent: 'Demo agent',
  cwd: '/home/me',
  title: 'A session',
  state: 'idle',
  reason: null,
  yolo: false,
  queued: 0,
  seq: 1,
  epoch: 1,
  createdAt: 0,
  updatedAt: 0,
  ...more,
});
const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('an open session', () => {
  it('says to the service what the screen does not answer, so that the agent does not wait for it', async () => {
    const said: unknown[] = [];
    let watcher = (_: SessionEvent): void => undefined;
    const sessions = new OpenSessions({
      client: {
        newSession: () => Promise.reject(new Error('not here')),
        attach: async (id, seq, onEvent) => {
          watcher = onEvent;
          return { sessionId: id, seq, detach: async () => undefined };
        },
        answer: (...args) => void said.push(args),
      },
      opened: () => undefined,
      changed: () => undefined,
      caughtUp: () => undefined,
    });
    await sessions.attach(sessionId);
    const ask = (seq: number, id: string, method: string) => {
      const params = { sessionId, message: 'Which branch?', mode: 'form' };
      const frame = parseFrame(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      watcher({ sessionId, seq, epoch: 1, at: 0, frame });
    };
    ask(1, 'q1', 'session/request_permission');
    ask(2, 'q2', 'elicitation/create');
    expect(said).toMatchObject([[sessionId, 'q2', { error: { code: -32601 } }]]);
    expect(sessions.view(sessionId)?.items.at(-1)).toMatchObject({
      kind: 'notice',
      text: expect.stringContaining('Which branch?'),
    });
  });
});

describe('the list of sessions', () => {
  it('is read anew when the connection is back, and when a node is lost or comes back', () => {
    const d = new Driver();
    d.tell({ type: 'link', link: { kind: 'connecting' } });
    expect(d.effects).toEqual([]);
    d.tell({ type: 'link', link: { kind: 'connected' } });
    d.tell({ type: 'nodes', nodes: [NODE, LOST_NODE] });
    expect(d.effects).toEqual([{ type: 'refresh' }]);
    d.tell({ type: 'nodes', nodes: [NODE, { ...LOST_NODE, state: 'live' }] });
    expect(d.effects).toEqual([{ type: 'refresh' }, { type: 'refresh' }]);
  });

  it('shows first whose name fits a filter best, then what fits otherwise in the order of the list', () => {
    const d = new Driver();
    const other = (n: number, more: Partial<SessionInfo>): SessionInfo =>
      info({ sessionId: sessionId.replace('5', String(n)), ...more });
    const sessions = [
      other(1, { title: 'Other work', cwd: '/home/me/flaky', state: 'waiting' }),
      other(2, { title: 'Fold a key of the map', state: 'waiting' }),
      other(3, { title: 'Find the flaky test', state: 'idle' }),
    ];
    d.tell({ type: 'sessions', sessions, whole: true });
    d.key('ctrl+w');
    d.type('/flaky');
    expect(overlaySessions(d.state).map((s) => s.title)).toEqual([
      'Find the flaky test',
      'Fold a key of the map',
      'Other work',
    ]);
  });

  it('forgets what the service does not know any more', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [info({})], whole: true });
    d.tell({ type: 'sessions', sessions: [], whole: true });
    expect(screen(d)).toContain('0 sessions');
  });

  it('shows sessions that have ended on request, after those that live', () => {
    const d = new Driver();
    const sessions = [
      info({ state: 'ended', title: 'Yesterday' }),
      info({ sessionId: sessionId.replace('5', '6'), title: 'Today' }),
    ];
    d.tell({ type: 'sessions', sessions, whole: true });
    d.key('ctrl+w');
    expect(screen(d)).not.toMatch(/ended +Yesterday/);
    d.type('e');
    expect(screen(d)).toMatch(/idle +Today[\s\S]*ended +Yesterday/);
    d.key('down');
    d.type('d');
    expect(d.effects.at(-1)).toEqual({ type: 'archive', sessionId });
    expect(d.state.toast?.text).toContain('praxis session restore');
    d.key('down');
    d.key('enter');
    expect(d.state.current).toBe(sessionId);
  });

  it('says in the footer what its keys do, in the words of the help', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [info({})], whole: true });
    d.key('ctrl+w');
    expect(screen(d)).toContain('Enter open  d close  / filter  r name  e ended too  Esc back');
    d.tell({ type: 'sessions', sessions: [info({ state: 'ended' })], whole: true });
    expect(screen(d)).toContain('\n / filter  e ended too  Esc back');
    d.type('e');
    expect(screen(d)).toContain('Enter open  d put away  / filter  r name  e live only  Esc back');
  });

  it('closes what was chosen and nothing that took its place', () => {
    const d = new Driver();
    const id = (n: number) => sessionId.replace('5', String(n));
    const [first, second] = [
      info({ sessionId: id(1), createdAt: 2 }),
      info({ sessionId: id(2), createdAt: 1 }),
    ];
    d.tell({ type: 'sessions', sessions: [first, second], whole: true });
    d.key('ctrl+w');
    d.effects = [];
    // Another one comes to the top.
    d.tell({ type: 'sessions', sessions: [info({ sessionId: id(3), createdAt: 3 })], whole: false });
    // The chosen one ends.
    d.tell({ type: 'sessions', sessions: [{ ...first, state: 'ended' }], whole: false });
    const closed = () => d.effects.filter((e) => e.type === 'close');
    d.type('d');
    expect(closed()).toEqual([]);
    expect(d.state.toast?.text).toBe('That session has just left the list.');
    d.type('d');
    expect(closed()).toEqual([{ type: 'close', sessionId: id(3) }]);
  });

  it('goes on to the neighbour of what was closed', () => {
    const d = new Driver();
    const sessions = [3, 2, 1].map((n) =>
      info({ sessionId: sessionId.replace('5', String(n)), title: `Session ${n}`, createdAt: n }),
    );
    d.tell({ type: 'sessions', sessions, whole: true });
    d.key('ctrl+w');
    d.key('down');
    d.type('d');
    d.tell({ type: 'sessions', sessions: [{ ...sessions[1]!, state: 'ended' }], whole: false });
    expect(screen(d)).toMatch(/▸ ● idle +Session 1/);
  });
});

describe('a session', () => {
  it('gets a name from the person, from the chat and from the list, and an empty one gives it back to the agent', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [info({ title: 'By the agent' })], whole: true });
    d.type('/rename');
    d.key('enter');
    expect(screen(d)).toContain('Name of the session');
    d.key('ctrl+u');
    d.type('Mine ');
    d.key('enter');
    d.effects = d.effects.filter((e) => e.type === 'rename');
    expect(d.effects).toEqual([{ type: 'rename', sessionId, title: 'Mine' }]);
    d.key('ctrl+w');
    d.type('r');
    d.key('ctrl+u');
    d.key('enter');
    expect(d.effects.at(-1)).toEqual({ type: 'rename', sessionId, title: null });
    expect(d.state.overlay?.kind).toBe('sessions');
  });

  it('is one key away from the one that was open before, there and back', () => {
    const d = new Driver();
    d.key('alt+l');
    expect(d.state.toast?.text).toBe('There is no session that was open before.');
    const other = sessionId.replace('5', '6');
    d.tell({ type: 'opened', sessionId: other, view: d.fold.view });
    d.tell({ type: 'sessions', sessions: [info({}), info({ sessionId: other })], whole: true });
    d.key('ctrl+w');
    d.key('down');
    d.key('enter');
    expect(d.state.current).toBe(other);
    d.key('alt+l');
    expect(d.state.current).toBe(sessionId);
    d.key('alt+l');
    expect(d.state.current).toBe(other);
  });
});

describe('the status of a session', () => {
  it('names the model and how the agent is driven, where they are known', () => {
    const d = new Driver();
    d.tell({ type: 'sessions', sessions: [info({ transport: 'pty' })], whole: true });
    const configOptions = [
      { id: 'm', category: 'model', currentValue: 'o', options: [{ value: 'o', name: 'Opus' }] },
    ];
    d.event('session/update', { update: { sessionUpdate: 'config_option_update', configOptions } });
    d.type('/status');
    d.key('enter');
    expect(screen(d)).toMatch(/Model +Opus/);
    expect(screen(d)).toMatch(/Driven by +pty/);
  });
});

describe('the chat', () => {
  it('says where a session is that cannot answer now', () => {
    const d = new Driver();
    const opened = { node: 'build-box', connector: 'claude', cwd: '/', yolo: false };
    d.event('_praxis/session/opened', opened);
    d.tell({ type: 'nodes', nodes: [{ ...LOST_NODE }] });
    expect(screen(d)).toContain('build-box is lost; you can send when it is back');
    d.tell({ type: 'nodes', nodes: [{ ...LOST_NODE, state: 'live' }] });
    d.event('_praxis/session/state', { state: 'lost' });
    expect(screen(d)).toContain('The session is lost; a prompt brings it back');
  });

  it('saves no transcript before all of it is there', () => {
    const d = new Driver();
    d.tell({ type: 'opened', sessionId, view: d.fold.view });
    d.key('ctrl+alt+w');
    expect(d.effects).toEqual([]);
    expect(d.state.toast?.text).toBe('The transcript is still being loaded.');
    d.tell({ type: 'caughtUp', sessionId });
    d.key('ctrl+alt+w');
    expect(d.effects).toEqual([{ type: 'transcript', sessionId }]);
  });

  it('names keys as they were bound by the person', () => {
    const d = new Driver();
    d.state = { ...d.state, keys: keyMap(rebound({ mouse: 'f5', answer: 'f6' }).bindings) };
    d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'x' }] });
    d.type('typing');
    d.ask('q1');
    expect(screen(d)).toContain('F6 to answer');
    d.key('f5');
    expect(d.state.toast?.text).toContain('F5 ends it');
  });
});
