/** The inbox (Ctrl+N): the open questions of all sessions, the oldest first, and the whole of the one that has the keys. */
import { sanitizeLine } from '../../client/index.js';
import { ELICITATION, type OpenApproval } from '../../proto/index.js';
import { type Line, sides, span, wrap } from '../draw/line.js';
import {
  aboutOf,
  chosenQuestion,
  type InboxOverlay,
  isInboxAnswering,
  itemOf,
  openInbox,
  opens,
} from '../inbox.js';
import { answerSpans, fieldLines, toolLines } from '../items/index.js';
import { keyOf } from '../keys.js';
import { isSideBySide, type State } from '../state.js';
import { age, type Box } from './box.js';
import { framed } from './layout.js';

/** Columns beyond which lines are too long to read. */
const MAX_WIDTH = 180;

export function inboxBox(state: State, overlay: InboxOverlay, now: number): Box {
  const width = Math.min(state.columns - 2, MAX_WIDTH);
  const inner = width - 4;
  const open = openInbox(state, overlay);
  const chosen = chosenQuestion(state, overlay);
  const title = open.length > 1 ? `${open.length} questions wait for you` : 'What waits for you';
  if (!chosen) {
    const nothing = overlay.loading ? 'Asking the service …' : 'No session waits for you.';
    return { lines: framed(title, [[span(nothing, 'dim')]], width), width, cursor: null };
  }
  const room = state.rows - 6;
  const list = listLines(state, open, chosen, inner, Math.max(1, Math.floor(room / 3)), now);
  const detail = detailLines(state, overlay, chosen, inner, room - list.length - 1, now);
  const rule: Line = [span('─'.repeat(inner), 'rule')];
  return { lines: framed(title, [...list, rule, ...detail], width), width, cursor: null };
}

function listLines(
  state: State,
  open: readonly OpenApproval[],
  chosen: OpenApproval,
  width: number,
  room: number,
  now: number,
): Line[] {
  const at = open.indexOf(chosen);
  const top = Math.max(0, Math.min(at - Math.floor(room / 2), open.length - room));
  return open.slice(top, top + room).map((question): Line => {
    const isChosen = question === chosen;
    const what = aboutOf(state, question);
    const where = `  ${sanitizeLine(question.agent)} on ${question.node}  ${age(now - question.at, state.settings.plain)} `;
    const name = question.title === null ? '' : `  ${sanitizeLine(question.title)}`;
    return [
      span(isChosen ? '▸ ' : '  ', 'accent'),
      ...sides(
        [span(sanitizeLine(what), isChosen ? 'selected' : 'text'), span(name, 'dim')],
        [span(where, 'dim')],
        width - 2,
      ),
    ];
  });
}

function detailLines(
  state: State,
  overlay: InboxOverlay,
  question: OpenApproval,
  width: number,
  room: number,
  now: number,
): Line[] {
  const item = itemOf(state, question);
  const session = state.sessions.get(question.sessionId);
  const place = [session?.cwd, deadline(state, question, now)].filter(Boolean).join(' · ');
  const about: Line[] = place === '' ? [] : [[span(sanitizeLine(place), 'dim')]];
  if (!item)
    return [
      ...about,
      ...wrap([span(sanitizeLine(aboutOf(state, question)), 'strong')], width),
      ...wrap(
        [span(`The agent asks by ${question.method}; that is not answered here. ${opens(state)}`, 'warning')],
        width,
      ),
    ];
  if (item.kind === 'form')
    return [
      ...wrap([span(sanitizeLine(item.form.message), 'strong')], width),
      ...about,
      ...fieldLines(item, width),
      [],
      [span(`${keyOf(state.keys, 'fillIn', 'inbox')} to fill it in`, 'key')],
    ];
  const answering = isInboxAnswering(overlay, now);
  const head = [...wrap([span(sanitizeLine(item.tool.title), 'strong')], width), ...about];
  const foot = wrap(answerSpans(item, answering), width);
  const height = Math.max(1, room - head.length - foot.length - 1);
  const all = toolLines(item.tool, width, isSideBySide(state));
  const top = Math.min(overlay.top, Math.max(0, all.length - height));
  const shown = all.slice(top, top + height);
  const more = all.length - top - shown.length;
  return [
    ...head,
    ...shown,
    more > 0 ? [span(`${more} more lines: ${keyOf(state.keys, 'pageDown', 'inbox')}`, 'warning')] : [],
    ...foot,
  ];
}

/** When the policy will answer in the place of a person. */
function deadline({ settings }: State, { denyAt, method }: OpenApproval, now: number): string {
  if (denyAt === null) return '';
  const done = method === ELICITATION ? 'cancelled' : 'rejected';
  return settings.plain ? `${done} by itself after a while` : `${done} by itself in ${age(denyAt - now)}`;
}
