import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { secondsOf } from '../../tui/start-form.js';
import { Driver, sessionId } from '../support/screen-driver.js';
import { NODE } from '../support/scripted-client.js';

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

/** The form of an agent that can be driven in `transports`. */
function form(...transports: string[]): Driver {
  const d = new Driver();
  const [demo] = NODE.connectors;
  d.tell({
    type: 'nodes',
    nodes: [{ ...NODE, connectors: [{ ...demo!, ...(transports[0] && { transports }) }] }],
  });
  d.key('escape');
  d.key('enter');
  d.effects = [];
  return d;
}
const start = (more: object) => ({
  type: 'start',
  node: 'laptop',
  connector: 'demo',
  cwd: '/home/me',
  yolo: false,
  promptTimeoutSecs: null,
  transport: null,
  ...more,
});

describe('the form that starts a session', () => {
  it.each([
    ['90 s', 90],
    ['15 min', 900],
    ['15', 900],
    ['2h', 7_200],
    ['24 h', 86_400],
    ['25 h', null],
    ['0', null],
    ['soon', null],
  ])('reads the time-out %s', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it('leaves the time-out and the transport to the node until somebody changes them', () => {
    const d = form('stream', 'pty');
    d.key('enter');
    expect(d.effects).toEqual([start({})]);
  });

  it('is not left for a session that an earlier form has started, nor blamed for one that it could not', () => {
    const d = form();
    d.key('enter');
    d.key('escape');
    d.key('enter');
    d.tell({ type: 'started', sessionId });
    expect(d.state.overlay?.kind).toBe('start');
    expect(d.state.toast?.text).toBe('The session has started.');
    d.tell({ type: 'startFailed', error: 'The directory is not allowed' });
    expect(d.state.overlay).toMatchObject({ error: null });
    expect(d.state.toast?.text).toBe('The directory is not allowed');
    d.key('enter');
    d.tell({ type: 'started', sessionId });
    expect(d.state.overlay).toBeNull();
  });

  it('starts with what was chosen, field by field', () => {
    const d = form('stream', 'pty');
    expect(screen(d)).toMatch(/Driven by +stream {2}pty/);
    d.key('tab');
    d.type(' ');
    d.key('tab');
    d.key('ctrl+u');
    d.type('2 h');
    d.key('tab');
    d.type(' ');
    expect(screen(d)).toContain('[x] YOLO');
    d.key('enter');
    expect(d.effects).toEqual([start({ transport: 'pty', promptTimeoutSecs: 7_200, yolo: true })]);
  });

  it('does not ask how the agent is driven where there is no choice', () => {
    expect(screen(form())).not.toContain('Driven by');
    expect(screen(form('stream'))).not.toContain('Driven by');
  });

  it('says what a time-out looks like, and starts nothing with one that is none', () => {
    const d = form();
    d.key('tab');
    d.key('tab');
    d.key('ctrl+u');
    d.type('for ever');
    d.key('enter');
    expect(d.effects).toEqual([]);
    expect(screen(d)).toContain('90 s, 15 min, 2 h');
  });

  it('says what YOLO means, and that the owner of the node forbids it', () => {
    const d = form();
    expect(screen(d)).toContain('The agent edits files and runs commands without asking you.');
    d.tell({ type: 'nodes', nodes: [{ ...NODE, yolo: 'deny' }] });
    d.key('escape');
    d.key('enter');
    d.key('ctrl+y');
    expect(screen(d)).toContain('[ ] YOLO');
    expect(d.state.toast?.text).toBe('The owner of this node does not allow YOLO.');
  });
});
