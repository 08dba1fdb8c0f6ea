import { describe, expect, it } from 'vitest';
import { lineText, span } from '../../tui/draw/line.js';
import { ItemLines } from '../../tui/items/index.js';
import { drawScreen } from '../../tui/screens/index.js';
import { currentMatch, hitsIn, marked, occurrences } from '../../tui/search.js';
import { Driver, sessionId, turnId } from '../support/screen-driver.js';

function withWords(): Driver {
  const d = new Driver();
  const say = (text: string) =>
    d.event('session/update', {
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
    });
  const tool = (toolCallId: string, output: string) =>
    d.event('session/update', {
      update: {
        sessionUpdate: 'tool_call',
        toolCallId,
        title: 'Read notes',
        status: 'completed',
        content: [{ type: 'content', content: { type: 'text', text: output } }],
      },
    });
  d.event('_praxis/turn', { turnId, state: 'running', prompt: [{ type: 'text', text: 'find the needle' }] });
  tool('t1', 'hay\na Needle in it\nhay');
  say('No needle here, but another needle there.');
  return d;
}
const at = (d: Driver) => {
  const match = currentMatch(d.chat)!;
  return `${match.item}.${match.nth} of ${d.chat.search!.matches.length}`;
};

describe('the search in a transcript', () => {
  it('finds while it is typed, folded parts too, and begins with the newest', () => {
    const d = withWords();
    d.key('ctrl+f');
    d.type('needle');
    expect(at(d)).toBe('2.1 of 4');
    expect(d.effects).toEqual([{ type: 'reveal', sessionId }]);
    expect(d.chat.draft.text).toBe('');
  });

  it('goes to the next and the previous match with arrows, and with n and N after Enter, around the ends', () => {
    const d = withWords();
    d.key('ctrl+f');
    d.type('needle');
    d.key('up');
    expect(at(d)).toBe('2.0 of 4');
    d.key('enter');
    d.type('N');
    expect(at(d)).toBe('1.0 of 4');
    d.type('nnn');
    expect(at(d)).toBe('0.0 of 4');
  });

  it('counts what is said meanwhile and stays where it is', () => {
    const d = withWords();
    d.key('ctrl+f');
    d.type('needle');
    d.event('session/update', {
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: ' needle' } },
    });
    d.tell({ type: 'tick' });
    expect(at(d)).toBe('2.1 of 5');
  });

  it('says that nothing is found, and gives the keys back to the prompt with Esc', () => {
    const d = withWords();
    d.key('ctrl+f');
    d.type('zzz');
    const screen = drawScreen(d.state, new ItemLines(() => 0), d.now)
      .lines.map(lineText)
      .join('\n');
    expect(screen).toContain('nothing found');
    d.key('escape');
    d.type('n');
    expect(d.chat.draft.text).toBe('n');
  });

  it('opens the tool call in which a match is, and marks it', () => {
    const d = withWords();
    d.key('ctrl+f');
    d.type('Needle');
    const { lines } = drawScreen(d.state, new ItemLines(() => 0), d.now);
    const line = lines.find((l) => lineText(l).includes('a Needle in it'))!;
    expect(line.find((s) => s.text === 'Needle')?.style).toBe('found');
  });
});

describe('marking words in lines', () => {
  it('minds capitals only where the query has one', () => {
    expect(occurrences('Ada and ada', 'ada')).toEqual([0, 8]);
    expect(occurrences('Ada and ada', 'Ada')).toEqual([0]);
  });

  it('marks across styles and keeps the rest as it is', () => {
    const l = [span('one tw', 'strong'), span('o three')];
    expect(marked(l, 'two', null)).toEqual([
      { text: 'one ', style: 'strong' },
      { text: 'tw', style: 'match' },
      { text: 'o', style: 'match' },
      { text: ' three', style: 'text' },
    ]);
    expect(hitsIn([l], 'three')).toEqual([{ line: 0, from: 8 }]);
  });
});
