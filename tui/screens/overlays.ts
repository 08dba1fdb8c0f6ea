/** What is drawn over the screen: live sessions, the start form, the help. */
import { sanitizeLine } from '../../client/index.js';
import { type Line, sides, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { directoriesFor } from '../files.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
import { helpBox } from './help.js';
import { inboxBox } from './inbox.js';
import { framed } from './layout.js';
import { nodesBox } from './nodes.js';
import { pickBox } from './pick.js';
import { questionBox } from './question.js';
import { statusBox } from './session-status.js';
import { sessionsBox } from './sessions.js';
import { settingsBox, soonBox } from './settings.js';

export function overlayBox(state: State, now: number): Box | null {
  switch (state.overlay?.kind) {
    case 'help':
      return helpBox(state, state.overlay);
    case 'start':
      return start(state, state.overlay);
    case 'sessions':
      return sessionsBox(state, state.overlay, now);
    case 'pick':
      return pickBox(state, state.overlay);
    case 'nodes':
      return nodesBox(state, state.overlay, now);
    case 'inbox':
      return inboxBox(state, state.overlay, now);
    case 'question':
      return questionBox(state, state.overlay, now);
    case 'settings':
      return settingsBox(state, state.overlay);
    case 'soon':
      return soonBox(state, state.overlay);
    case 'status':
      return statusBox(state, now);
    default:
      return null;
  }
}

const YOLO_MEANING = 'The agent edits files and runs commands without asking you.';

/** Directories to choose from: recent ones, or those that complete what is typed. */
function proposedLines(state: State, overlay: Extract<Overlay, { kind: 'start' }>, width: number): Line[] {
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

function start(state: State, overlay: Extract<Overlay, { kind: 'start' }>): Box {
  const width = Math.min(state.columns - 4, 76);
  const inner = width - 4;
  const cwd = fieldLine(overlay.cwd, inner - 4);
  const pointer = (field: 'cwd' | 'yolo') => span(overlay.field === field ? '▸ ' : '  ', 'accent');
  const box = overlay.yolo ? '[x]' : '[ ]';
  const content: Line[] = [
    [span('on ', 'dim'), span(overlay.node, 'strong')],
    [],
    [pointer('cwd'), span('Working directory', overlay.field === 'cwd' ? 'strong' : 'text')],
    [span('    '), ...cwd.line],
    ...proposedLines(state, overlay, inner),
    [],
    [
      pointer('yolo'),
      span(`${box} YOLO`, overlay.field === 'yolo' ? 'strong' : 'text'),
      span(overlay.field === 'yolo' && overlay.yoloAllowed ? '  Space turns it on or off' : '', 'dim'),
    ],
    ...wrap(
      [
        span(
          overlay.yoloAllowed ? YOLO_MEANING : 'The owner of this node does not allow it.',
          overlay.yolo ? 'warning' : 'dim',
        ),
      ],
      inner - 4,
    ).map((l): Line => [span('    '), ...l]),
  ];
  if (overlay.starting) content.push([], [span('◌ Starting the agent …', 'busy')]);
  if (overlay.error !== null) content.push([], ...wrap([span(sanitizeLine(overlay.error), 'bad')], inner));
  const lines = framed(`Start ${sanitizeLine(overlay.title)}`, content, width);
  return {
    lines,
    width,
    cursor: overlay.field === 'cwd' && !overlay.starting ? { row: 4, column: 6 + cwd.column } : null,
  };
}
