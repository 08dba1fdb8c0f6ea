/** What Claude Code's agents within agents did, as it was recorded, on the screen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../proto/index.js';
import { lineText } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { Driver } from '../support/screen-driver.js';

interface Update {
  method?: string;
  params?: { update: object };
}

function replayed(): Driver {
  const d = new Driver();
  const file = join(packageRoot, 'connectors/claude-code/examples/nested.jsonl');
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { acp } = JSON.parse(line) as { acp?: Update };
    if (acp?.method === 'session/update') d.event(acp.method, { update: acp.params!.update });
  }
  return d;
}

const lines = (d: Driver) => drawScreen(d.state, new ItemLines(() => 0), d.now).lines;
const row = (d: Driver, text: string) => lines(d).find((l) => lineText(l).includes(text))!;

describe('a call within a call of Claude Code', () => {
  it('stands within a coloured rail below the call that made it, which is one line', () => {
    const d = replayed();
    const shown = lines(d).map((l) => lineText(l).trimEnd());
    const parent = shown.findIndex((l) => l.includes('✔ Agent Look around'));
    expect(shown[parent]).toMatch(/▏✔ Agent Look around/);
    expect(shown[parent + 1]).toMatch(/▏│ ✔ ls/);
    expect(row(d, '✔ ls')).toContainEqual({ text: '│ ', style: 'accent' });
    expect(row(d, 'Done.').some((s) => s.text === '│ ')).toBe(false);
  });

  it('stands there too while both are open', () => {
    const d = replayed();
    d.key('ctrl+t');
    d.tell({ type: 'resized', columns: 100, rows: 60 });
    expect(row(d, '✔ ls')).toContainEqual({ text: '│ ', style: 'accent' });
    expect(row(d, '(Bash completed with no output)')).toContainEqual({ text: '│ ', style: 'accent' });
  });

  it('stands there with the question that it asks', () => {
    const d = new Driver();
    const update = (u: object) => d.event('session/update', { update: u });
    update({ sessionUpdate: 'tool_call', toolCallId: 'task', title: 'Task', status: 'in_progress' });
    const _meta = { claudeCode: { parentToolUseId: 'task' } };
    update({ sessionUpdate: 'tool_call', toolCallId: 'ls', title: 'ls', status: 'pending', _meta });
    d.event('session/request_permission', { toolCall: { toolCallId: 'ls' }, options: [] }, 'q1');
    expect(row(d, 'Allow? ls')).toContainEqual({ text: '│ ', style: 'accent' });
  });

  it('stands there when a question named it before the agent said where it belongs', () => {
    const d = new Driver();
    const update = (u: object) => d.event('session/update', { update: u });
    update({ sessionUpdate: 'tool_call', toolCallId: 'task', title: 'Task', status: 'in_progress' });
    d.event('session/request_permission', { toolCall: { toolCallId: 'ls', title: 'ls' }, options: [] }, 'q1');
    const _meta = { claudeCode: { parentToolUseId: 'task' } };
    update({ sessionUpdate: 'tool_call', toolCallId: 'ls', title: 'list files', status: 'pending', _meta });
    expect(row(d, '○ list files')).toContainEqual({ text: '│ ', style: 'accent' });
  });
});
