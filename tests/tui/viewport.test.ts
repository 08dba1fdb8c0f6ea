import { describe, expect, it } from 'vitest';
import type { Item } from '../../client/index.js';
import { lineText, span } from '../../tui/draw/line.js';
import { type Anchor, look, scroll } from '../../tui/viewport.js';

const message = (n: number): Item => ({
  kind: 'message',
  id: `i${n}`,
  version: 1,
  at: 0,
  messageId: null,
  depth: 0,
  text: '',
  open: false,
  plain: false,
});
const transcript = (count: number) => Array.from({ length: count }, (_, n) => message(n));

/** Three lines for every item, `n.0` to `n.2`; counts how often it is asked. */
function drawing() {
  const drawn = new Set<string>();
  return {
    drawn,
    linesOf: (item: Item) => {
      drawn.add(item.id);
      return [0, 1, 2].map((k) => [span(`${item.id.slice(1)}.${k}`)]);
    },
  };
}
const shown = (items: Item[], anchor: Anchor, height: number) =>
  look(items, anchor, height, drawing().linesOf).lines.map(lineText);

describe('the viewport', () => {
  it('shows the end when nobody scrolled', () => {
    expect(shown(transcript(10), null, 6)).toEqual(['8.1', '8.2', '', '9.0', '9.1', '9.2'].slice(0));
  });

  it('shows a short transcript from its beginning', () => {
    expect(shown(transcript(1), null, 6)).toEqual(['0.0', '0.1', '0.2']);
  });

  it('scrolls up and down by lines and ends at both ends', () => {
    const items = transcript(5);
    const { linesOf } = drawing();
    let anchor: Anchor = null;
    anchor = scroll(items, anchor, -1, 4, linesOf);
    expect(shown(items, anchor, 4)).toEqual(['3.2', '', '4.0', '4.1']);
    anchor = scroll(items, anchor, -1_000, 4, linesOf);
    expect(shown(items, anchor, 4)).toEqual(['0.0', '0.1', '0.2', '']);
    anchor = scroll(items, anchor, 2, 4, linesOf);
    expect(shown(items, anchor, 4)).toEqual(['0.2', '', '1.0', '1.1']);
    expect(scroll(items, anchor, 1_000, 4, linesOf)).toBeNull();
  });

  it('stays where a person reads while more comes below', () => {
    const items = transcript(5);
    const anchor = scroll(items, null, -6, 4, drawing().linesOf);
    const before = shown(items, anchor, 4);
    expect(shown([...items, message(5), message(6)], anchor, 4)).toEqual(before);
  });

  it('draws only what is looked at in a transcript of 100,000 items', () => {
    const items = transcript(100_000);
    const { drawn, linesOf } = drawing();
    look(items, null, 30, linesOf);
    scroll(items, null, -10, 30, linesOf);
    expect(drawn.size).toBeLessThan(20);
  });
});
