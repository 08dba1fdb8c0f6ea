/** The palette and the history: a filter, and what it leaves. */
import { choices, placeOf } from '../choices.js';
import { type Line, sides, span } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

const TITLES = { palette: 'Commands', history: 'Prompts that were sent' } as const;

export function pickBox(state: State, overlay: Extract<Overlay, { kind: 'pick' }>): Box {
  const width = Math.min(state.columns - 4, 90);
  const inner = width - 4;
  const height = Math.max(3, Math.min(state.rows - 9, 18));
  const all = choices(state, overlay);
  const at = placeOf(all, overlay);
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), all.length - height));
  const rows = all.slice(top, top + height).map((choice, i): Line => {
    const isChosen = top + i === at;
    const style = choice.why === null ? 'text' : 'dim';
    const note = span(` ${choice.why || choice.note} `, choice.why === null ? 'key' : 'dim');
    return [
      span(isChosen ? '▸ ' : '  ', 'accent'),
      ...sides([span(choice.name, isChosen ? 'selected' : style)], [note], inner - 2),
    ];
  });
  // One height for every filter, so that nothing jumps while letters are typed.
  while (rows.length < height) rows.push([]);
  if (all.length === 0) rows[0] = [span('  Nothing has these letters in its name.', 'dim')];
  const filter = fieldLine(overlay.filter, inner - 2);
  const lines = framed(TITLES[overlay.what], [[span('❯ ', 'accent'), ...filter.line], [], ...rows], width);
  return { lines, width, cursor: { row: 1, column: 4 + filter.column } };
}
