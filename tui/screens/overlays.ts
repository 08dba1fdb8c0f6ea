/** What is drawn over the screen: live sessions, the start form, the help. */
import { sanitizeLine } from '../../client/index.js';
import { fitted, type Line, lineWidth, sides, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { directoriesFor } from '../files.js';
import { type Binding, CONTEXTS, type Context, keyName } from '../keys.js';
import type { Overlay, State } from '../state.js';
import type { Box } from './box.js';
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
      return help(state, state.overlay);
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

const ways = (b: Binding): string =>
  [...b.keys.map(keyName), ...(b.slash === undefined ? [] : [`/${b.slash}`])].join(' ');

function help(state: State, overlay: Extract<Overlay, { kind: 'help' }>): Box {
  const width = Math.min(state.columns - 4, 90);
  const inner = width - 4;
  const height = Math.max(4, state.rows - 6);
  const content: Line[] = [];
  for (const context of Object.keys(CONTEXTS) as Context[]) {
    if (context === 'confirm' || context === 'help') continue;
    if (content.length > 0) content.push([]);
    content.push([span(CONTEXTS[context], 'heading')]);
    for (const binding of state.keys.bindings) {
      if (binding.in !== context) continue;
      const keys = fitted([span(ways(binding), 'key')], 20);
      const text = wrap([span(binding.help)], inner - lineWidth(keys) - 1);
      text.forEach((l, i) => {
        content.push([...(i === 0 ? keys : [span(' '.repeat(20))]), span(' '), ...l]);
      });
    }
  }
  const top = Math.min(overlay.top, Math.max(0, content.length - height));
  return { lines: framed('Keys', content.slice(top, top + height), width), width, cursor: null };
}
