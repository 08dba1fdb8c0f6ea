/** What is drawn over the screen: live sessions, the start form, the help. */
import { sanitizeLine } from '../../client/index.js';
import { fitted, type Line, lineWidth, span, wrap } from '../draw/line.js';
import { fieldLine } from '../editor.js';
import { type Binding, CONTEXTS, type Context, keyName } from '../keys.js';
import { type Overlay, overlaySessions, type State, sessionName } from '../state.js';
import { age, type Box } from './box.js';
import { framed } from './layout.js';
import { STATE_MARKS } from './list.js';
import { pickBox } from './pick.js';
import { questionBox } from './question.js';
import { statusBox } from './session-status.js';
import { settingsBox, soonBox } from './settings.js';

export function overlayBox(state: State, now: number): Box | null {
  switch (state.overlay?.kind) {
    case 'help':
      return help(state, state.overlay);
    case 'start':
      return start(state, state.overlay);
    case 'sessions':
      return sessions(state, state.overlay, now);
    case 'pick':
      return pickBox(state, state.overlay);
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

function sessions(state: State, overlay: Extract<Overlay, { kind: 'sessions' }>, now: number): Box {
  const width = Math.min(state.columns - 4, 110);
  const inner = width - 4;
  const height = Math.max(3, Math.min(state.rows - 10, 20));
  const all = overlaySessions(state);
  const at = Math.max(
    0,
    all.findIndex((s) => s.sessionId === overlay.selected),
  );
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), all.length - height));
  // What names a session keeps its whole width; its name takes the rest.
  const rest = Math.max(8, inner - 52 - (inner >= 90 ? 13 : 0));
  const cell = (text: string, columns: number): string =>
    `${fitted([span(text)], columns)
      .map((s) => s.text)
      .join('')} `;
  const rows = all.slice(top, top + height).map((s, i): Line => {
    const [glyph, style, word] = STATE_MARKS[s.state];
    const chosen = top + i === at;
    const queued = s.queued > 0 ? ` +${s.queued}` : '';
    const text = [
      cell(sanitizeLine(sessionName(s)), rest),
      inner >= 90 ? cell(sanitizeLine(s.connector), 12) : '',
      cell(s.node, 12),
      cell(s.sessionId.slice(0, 8), 8),
      cell(age(now - s.createdAt), 6),
    ].join('');
    return [
      span(chosen ? '▸ ' : '  ', 'accent'),
      ...fitted([span(`${glyph} ${word}${queued}`, style)], 19),
      span(' '),
      span(text, chosen ? 'selected' : 'text'),
    ];
  });
  const filter = fieldLine(overlay.filter, inner - 10);
  const content: Line[] = [];
  if (overlay.filtering || overlay.filter.text !== '')
    content.push([span('Filter: ', 'dim'), ...filter.line], []);
  content.push(...rows);
  if (all.length === 0)
    content.push([
      span(
        overlay.loading
          ? 'Asking the service …'
          : overlay.filter.text === ''
            ? 'No session is alive. Start one with an agent of the list.'
            : 'No session fits the filter.',
        'dim',
      ),
    ]);
  if (all.length > height) content.push([span(`${at + 1} of ${all.length}`, 'dim')]);
  if (overlay.confirm !== null) {
    const target = state.sessions.get(overlay.confirm);
    const busy = target?.state === 'working' || target?.state === 'waiting';
    content.push(
      [],
      [
        span(`Close ${target ? sanitizeLine(sessionName(target)) : 'the session'}? `, 'warning'),
        span(busy ? 'It is working: its prompt is cancelled. ' : ''),
        span('y', 'key'),
        span(' yes  '),
        span('n', 'key'),
        span(' no'),
      ],
    );
  }
  const lines = framed('Live sessions', content, width);
  return { lines, width, cursor: overlay.filtering ? { row: 1, column: 10 + filter.column } : null };
}

const YOLO_MEANING = 'The agent edits files and runs commands without asking you.';

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
