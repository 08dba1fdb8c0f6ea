import { describe, expect, it } from 'vitest';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver } from '../support/screen-driver.js';
import { LOST_NODE, NODE } from '../support/scripted-client.js';

const missing = { id: 'gemini', title: 'Gemini CLI', version: null, status: 'missing', hint: null } as const;

function opened(): Driver {
  const d = new Driver();
  d.now = 100_000;
  const laptop = { ...NODE, connectors: [...NODE.connectors, missing] };
  d.tell({ type: 'nodes', nodes: [laptop, { ...LOST_NODE, lastSeen: 40_000 }] });
  d.key('ctrl+l');
  return d;
}

const screen = (d: Driver): string =>
  drawScreen(d.state, new ItemLines(() => 0), d.now)
    .lines.map((l) => lineText(l).trimEnd())
    .join('\n');

describe('the window of nodes', () => {
  it('shows each machine with its system and each agent with its version, or what it needs', () => {
    const d = opened();
    expect(d.effects).toEqual([{ type: 'refresh' }]);
    expect(screen(d)).toMatch(/● laptop {2}linux · praxis 0\.1\.0 +0 sessions/);
    expect(screen(d)).toMatch(/○ build-box .* lost, last seen 1 min ago/);
    expect(screen(d)).toMatch(/▸ Demo agent +1\.0 +ready/);
    expect(screen(d)).toMatch(/Codex +needs setup {2}Run codex login on laptop\./);
    expect(screen(d)).toContain('not found: Gemini CLI');
  });

  it('opens the start form of the chosen agent, on its node', () => {
    const d = opened();
    d.key('down');
    d.key('down');
    d.key('enter');
    expect(d.state.overlay).toMatchObject({ kind: 'start', node: 'build-box', connector: 'claude' });
    expect(screen(d)).toContain('The node build-box is lost; it may come back.');
  });

  it('leaves what the filter names: the agents of one name, or all of a node', () => {
    const d = opened();
    d.type('/claude');
    expect(screen(d)).toContain('Claude Code');
    expect(screen(d)).not.toMatch(/Codex +needs setup {2}/);
    d.key('escape');
    d.type('/laptop');
    expect(screen(d)).toMatch(/Demo agent +1\.0 +ready/);
    expect(screen(d)).not.toContain('last seen');
  });

  it('goes on to the sessions of the chosen node', () => {
    const d = opened();
    d.type('s');
    expect(d.state.overlay).toMatchObject({ kind: 'sessions', filter: { text: 'laptop' } });
  });

  it('goes back to where one was', () => {
    const d = opened();
    d.key('escape');
    expect(d.state.overlay).toBeNull();
    expect(d.state.focus).toBe('chat');
  });
});
