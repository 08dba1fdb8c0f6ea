/** The form that starts a session, as start-form.ts has it. */
import { sanitizeLine } from '../../client/index.js';
import { fitted, type Line, sides, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { directoriesFor } from '../files.js';
import { fieldsOf, type StartField, type StartOverlay } from '../start-form.js';
import type { State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

const YOLO_MEANING = 'The agent edits files and runs commands without asking you.';

/** Directories to choose from: recent ones, or those that complete what is typed. */
function proposedLines(state: State, overlay: StartOverlay, width: number): Line[] {
  if (overlay.field !== 'cwd') return [];
  return directoriesFor(state, overlay).map((path, i): Line => {
    const chosen = overlay.pick === i;
    const note = overlay.touched ? '' : 'recent ';
    return [
      span(chosen ? '    ▸ ' : '      ', 'accent'),
      ...sides([span(sanitizeLine(path), chosen ? 'selected' : 'dim')], [span(note, 'dim')], width - 6),
    ];
  });
}

/** Columns of the names of the short fields. */
const NAMES = 20;

export function startBox(state: State, overlay: StartOverlay): Box {
  const width = Math.min(state.columns - 4, 76);
  const inner = width - 4;
  const cwd = fieldLine(overlay.cwd, inner - 4);
  const timeout = fieldLine(overlay.timeout, 12);
  const isOn = (field: StartField) => overlay.field === field;
  const named = (field: StartField, name: string): Line => [
    span(isOn(field) ? '▸ ' : '  ', 'accent'),
    ...fitted([span(name, isOn(field) ? 'strong' : 'text')], NAMES - 2),
  ];
  const fields: Record<StartField, () => Line[]> = {
    cwd: () => [
      named('cwd', 'Working directory'),
      [span('    '), ...cwd.line],
      ...proposedLines(state, overlay, inner),
    ],
    transport: () => [
      [
        ...named('transport', 'Driven by'),
        ...overlay.transports.map((name, i) =>
          span(` ${sanitizeLine(name)} `, i === overlay.transport ? 'selected' : 'dim'),
        ),
        span(isOn('transport') ? '  Space takes the next one' : '', 'dim'),
      ],
    ],
    timeout: () => [
      [
        ...named('timeout', 'Prompt time-out'),
        ...fitted(timeout.line, 12),
        span(' a prompt that runs longer is cancelled', 'dim'),
      ],
    ],
    yolo: () => [
      [
        span(isOn('yolo') ? '▸ ' : '  ', 'accent'),
        span(`${overlay.yolo ? '[x]' : '[ ]'} YOLO`, isOn('yolo') ? 'strong' : 'text'),
        span(isOn('yolo') && overlay.yoloAllowed ? '  Space turns it on or off' : '', 'dim'),
      ],
      ...wrap([span(yoloWords(overlay), overlay.yolo ? 'warning' : 'dim')], inner - 4).map(
        (l): Line => [span('    '), ...l],
      ),
    ],
  };
  const content: Line[] = [[span('on ', 'dim'), span(overlay.node, 'strong')], []];
  const rows = new Map<StartField, number>();
  for (const field of fieldsOf(overlay)) {
    rows.set(field, content.length + 1);
    content.push(...fields[field](), ...(field === 'timeout' || field === 'transport' ? [] : [[]]));
  }
  if (overlay.starting) content.push([], [span('◌ Starting the agent …', 'busy')]);
  if (overlay.error !== null) content.push([], ...wrap([span(sanitizeLine(overlay.error), 'bad')], inner));
  const cursor = isOn('cwd')
    ? { row: rows.get('cwd')! + 1, column: 6 + cwd.column }
    : isOn('timeout')
      ? { row: rows.get('timeout')!, column: 2 + NAMES + timeout.column }
      : null;
  return {
    lines: framed(`Start ${sanitizeLine(overlay.title)}`, content, width),
    width,
    cursor: overlay.starting ? null : cursor,
    // Why it did not start is the last line.
    focus:
      overlay.starting || overlay.error !== null
        ? content.length
        : rows.get(overlay.field)! + (isOn('cwd') ? 1 : 0),
  };
}

const yoloWords = ({ yoloAllowed }: StartOverlay): string =>
  yoloAllowed ? YOLO_MEANING : 'The owner of this node does not allow it.';
