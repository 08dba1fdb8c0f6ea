/** The window of a form by which the agent asks, as form.ts has it. */
import { fieldWords, sanitizeLine } from '../../client/index.js';
import type { FormField } from '../../proto/index.js';
import { type Line, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { type FormOverlay, type FormRow, isChosen, problemOf, rowsOf, writtenIn } from '../form.js';
import type { State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

const MAX_WIDTH = 90;

/** Lines of what the agent asks, above the fields. */
const MAX_HEAD = 4;

const ACTIONS = {
  accept: 'Send the answers',
  decline: 'Decline: the agent goes on without an answer',
  cancel: 'Cancel: the agent gives up what it asked for',
};

interface Drawn {
  lines: Line[];
  /** The line of the row that has the keys, and the column of the cursor where it is written into. */
  at: number;
  column: number | null;
}

function fieldHead(overlay: FormOverlay, field: FormField, width: number): Line[] {
  const problem = problemOf(overlay, field);
  const what = field.kind === 'choices' ? 'several may be chosen' : '';
  const hint = [
    field.required ? 'required' : '',
    field.kind === 'text' || field.kind === 'number' ? fieldWords(field) : what,
  ]
    .filter((word) => word !== '' && word !== 'text')
    .join(', ');
  return [
    [],
    ...wrap([span(sanitizeLine(field.title), 'strong'), span(hint === '' ? '' : `  ${hint}`, 'dim')], width),
    ...(field.description === null ? [] : wrap([span(sanitizeLine(field.description), 'dim')], width)),
    ...(problem === null ? [] : wrap([span(sanitizeLine(problem), 'bad')], width)),
  ];
}

function rowLine(overlay: FormOverlay, row: FormRow, chosen: boolean, width: number): Line {
  const mark = span(chosen ? '▸ ' : '  ', 'accent');
  const style = chosen ? 'selected' : 'text';
  if (row.kind === 'act') {
    const word = row.action === 'accept' && overlay.form.fields.length === 0 ? 'Accept' : ACTIONS[row.action];
    return [mark, span(word, style)];
  }
  if (row.kind === 'write')
    return [mark, span('│ ', 'rule'), ...fieldLine(writtenIn(overlay, row.field), width - 4).line];
  const { field, option } = row;
  const is = isChosen(overlay, field, option);
  const box = field.kind === 'choices' ? `[${is ? 'x' : ' '}]` : `(${is ? '•' : ' '})`;
  const about = option.description === null ? '' : `  ${sanitizeLine(option.description)}`;
  return [mark, span(`${box} ${sanitizeLine(option.title)}`, style), span(about, 'dim')];
}

function drawn(overlay: FormOverlay, width: number): Drawn {
  const lines: Line[] = [];
  let at = 0;
  let before: FormRow | undefined;
  for (const [i, row] of rowsOf(overlay.form).entries()) {
    const isNew =
      row.kind === 'act' ? before?.kind !== 'act' : before?.kind === 'act' || before?.field !== row.field;
    if (isNew) lines.push(...(row.kind === 'act' ? [[]] : fieldHead(overlay, row.field, width)));
    if (i === overlay.row) at = lines.length;
    lines.push(rowLine(overlay, row, i === overlay.row, width));
    before = row;
  }
  const row = rowsOf(overlay.form)[overlay.row]!;
  const column = row.kind === 'write' ? 4 + fieldLine(writtenIn(overlay, row.field), width - 4).column : null;
  return { lines, at, column };
}

/** Without its empty lines, where it is too tall with them. */
function fitting({ lines, at, column }: Drawn, height: number): Drawn {
  if (lines.length <= height) return { lines, at, column };
  const isEmpty = (l: Line): boolean => l.length === 0;
  return {
    lines: lines.filter((l) => !isEmpty(l)),
    at: at - lines.slice(0, at).filter(isEmpty).length,
    column,
  };
}

export function formBox(state: State, overlay: FormOverlay): Box {
  const width = Math.min(state.columns - 2, MAX_WIDTH);
  const inner = width - 4;
  // Below stand the two lines of the screen, around it its frame.
  const room = Math.max(1, state.rows - 4);
  const [title = '', ...rest] = wrap([span(sanitizeLine(overlay.form.message), 'strong')], inner - 4);
  const heading = titleText(title);
  const head = rest.slice(0, Math.min(MAX_HEAD, Math.floor(room / 3)));
  const height = room - head.length;
  const { lines, at, column } = fitting(drawn(overlay, inner), height);
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), lines.length - height));
  const shown = lines.slice(top, top + height);
  const below = lines.length - top - shown.length;
  if (below > 0) shown.splice(-1, 1, [span(`… ${below + 1} more lines below`, 'warning')]);
  const content = [...head, ...shown];
  const row = head.length + at - top + 1;
  return {
    lines: framed(heading, content, width),
    width,
    cursor: column === null ? null : { row, column: 2 + column },
    focus: row,
  };
}

const titleText = (line: Line | string): string =>
  typeof line === 'string' ? line : line.map(({ text }) => text).join('');
