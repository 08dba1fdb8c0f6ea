/** The whole screen as a function of the state. */
import type { Frame } from '../draw/canvas.js';
import { fitted, type Line, span, wrap } from '../draw/line.js';
import { markedPlace, plainLine } from '../draw/plain.js';
import type { ItemLines } from '../items/index.js';
import { keyOf } from '../keys.js';
import type { State } from '../state.js';
import { fitBox } from './box.js';
import { type ChatDrawing, chatDrawing } from './chat.js';
import { isTooSmall, layout, MIN_COLUMNS, MIN_ROWS, over } from './layout.js';
import { listRows } from './list.js';
import { overlayBox } from './overlays.js';
import { footerLine, statusLine } from './status.js';

export { linesOf } from './chat.js';

export interface Screen extends Frame {
  /** Where the transcript is, for the wheel and clicks; null where none is shown. */
  transcript: ChatDrawing['transcript'];
  /** The column where the chat begins. */
  chatColumn: number;
  /** The key of the entry in each row of the list; empty while something covers it. */
  list: readonly (string | null)[];
}

export function drawScreen(state: State, store: ItemLines, now: number): Screen {
  const screen = drawn(state, store, now);
  if (!state.settings.plain) return screen;
  const lines = screen.lines.map(plainLine);
  return { ...screen, lines, cursor: screen.cursor ?? markedPlace(lines) };
}

function drawn(state: State, store: ItemLines, now: number): Screen {
  const { columns, rows } = state;
  if (isTooSmall(state)) return tooSmall(state);
  const { list, chat, body } = layout(columns, rows, state.focus, state.settings.plain);
  const left = list > 0 ? listRows(state, list, body) : [];
  const right = chat > 0 ? chatDrawing(state, store, chat, body, now) : null;
  const chatColumn = list > 0 ? list + 1 : 0;
  const lines: Line[] = Array.from({ length: body }, (_, y) => [
    ...(left[y]?.line ?? []),
    ...(list > 0 && right ? [span('│', 'rule')] : []),
    ...(right?.lines[y] ?? []),
  ]);
  lines.push(statusLine(state, now), fitted(footerLine(state), columns));
  const screen: Screen = {
    lines,
    cursor: right?.cursor ? { row: right.cursor.row, column: right.cursor.column + chatColumn } : null,
    transcript: right?.transcript ?? null,
    chatColumn,
    list: left.map((row) => row.key),
  };
  const whole = overlayBox(state, now);
  if (!whole) return screen;
  const box = fitBox(whole, body);
  // Nothing of what is behind a window is read out.
  const under = state.settings.plain ? lines.slice(0, body).map((): Line => []) : lines.slice(0, body);
  const put = over(under, box.lines, box.width, columns);
  return {
    ...screen,
    lines: [...put.lines, ...lines.slice(body)],
    cursor: box.cursor && { row: put.row + box.cursor.row, column: put.column + box.cursor.column },
    transcript: null,
    list: [],
  };
}

function tooSmall({ columns, rows, keys }: State): Screen {
  const size = `${MIN_COLUMNS}×${MIN_ROWS}, this is ${columns}×${rows}`;
  const text = `${keyOf(keys, 'quit')} leaves. The terminal is too small: Praxis needs ${size}.`;
  const lines = wrap([span(text)], columns).slice(0, rows);
  return { lines, cursor: null, transcript: null, chatColumn: 0, list: [] };
}
