/** The chat on the right: whose it is, the transcript, what is not in the transcript yet, and the prompt. */
import { type Item, type QuestionItem, sanitizeLine, type ToolStatus } from '../../client/index.js';
import { hasEnded } from '../allowed.js';
import { hasNextQuestion, pressesTo } from '../answers.js';
import type { CursorAt } from '../draw/canvas.js';
import { fitted, type Line, type Span, type Style, sides, span, wrap } from '../draw/line.js';
import { stringWidth } from '../draw/width.js';
import { editorLines, fieldLine } from '../editor.js';
import { type ItemLines, type Progress, questionTitle, thousands } from '../items/index.js';
import { keyOf } from '../keys.js';
import { type Popup, popupOf } from '../popup.js';
import { currentMatch, hitOf, MAX_MATCHES, marked, type Search } from '../search.js';
import { type Chat, currentChat, isAnswering, isSideBySide, openQuestion, type State } from '../state.js';
import { type LinesOf, look, type Visible } from '../viewport.js';
import { STATE_MARKS } from './list.js';
import { waitingLines } from './waiting.js';
import { welcome } from './welcome.js';

export interface ChatDrawing {
  lines: Line[];
  cursor: CursorAt | null;
  /** The rows of the transcript, for scrolling and clicking. */
  transcript: { top: number; height: number; width: number; visible: Visible } | null;
}

/** Rows of the prompt at most. */
const MAX_PROMPT_ROWS = 8;
/** Suggestions above the prompt at most. */
const MAX_POPUP = 8;

/** How the lines of an item are got in this chat: what scrolling and drawing have in common. */
export function linesOf(state: State, chat: Chat, store: ItemLines, width: number, now: number): LinesOf {
  const question = openQuestion(chat)?.requestId;
  const answering = isAnswering(chat, now);
  // Where a match is, everything is open.
  const found = currentMatch(chat)?.id;
  const agent = chat.view.session.agent || 'agent';
  return (item: Item) =>
    store.lines(item, {
      width,
      me: state.me,
      sideBySide: isSideBySide(state),
      expanded: found === item.id || isOpenByItself(chat, item) !== chat.expanded.has(item.id),
      agent,
      unfold: keyOf(state.keys, 'expand'),
      answerHint: answerHint(state, chat, item, answering),
      progress: item === chat.view.running ? progressOf(state, chat, now) : null,
      answering: answering && isQuestion(item) && item.requestId === question,
    });
}

const isQuestion = (item: Item): item is QuestionItem => item.kind === 'approval' || item.kind === 'form';

const TIMES = ['', '', ' twice'];

/** How to get to an open question that has not the keys. */
function answerHint(state: State, chat: Chat, item: Item, answering: boolean): string {
  if (!isQuestion(item)) return '';
  const { requestId } = item;
  if (item.kind === 'form' && answering && openQuestion(chat)?.requestId === requestId)
    return `${keyOf(state.keys, 'fillIn', 'form')} to fill it in`;
  const presses = pressesTo(chat, requestId);
  const times = TIMES[presses] ?? ` ${presses} times`;
  return presses === 0 ? '' : `${keyOf(state.keys, 'answer')}${times} to answer`;
}

/** Whether an item is open before anybody turns it: what failed is, and everything on request. */
const isOpenByItself = ({ expandAll }: Chat, item: Item): boolean =>
  expandAll || (item.kind === 'tool' && item.status === 'failed');

/** How the running turn is, for the head of the agent's block. */
function progressOf({ settings }: State, { view }: Chat, now: number): Progress {
  const [glyph, style] = STATE_MARKS[view.approvals.length > 0 ? 'waiting' : 'working'];
  const since = view.running?.startedAt ?? now;
  return {
    glyph,
    style,
    elapsed: settings.plain ? '' : `${Math.max(0, Math.floor((now - since) / 1000))} s`,
  };
}

/** The rail beside what an agent says and does: its colour tells how that went. */
function rail(item: Item | undefined): Span {
  switch (item?.kind) {
    case 'tool':
      return span('▏', TOOL_RAILS[item.status]);
    case 'approval':
    case 'form':
      return span('▏', item.state === 'open' ? 'warning' : 'rule');
    case 'message':
    case 'thought':
    case 'plan':
    case 'other':
      return span('▏', 'rule');
    default:
      return span(' ');
  }
}

function railAt(chat: Chat, { owners, places }: Visible, y: number): Span {
  const item = chat.view.items[owners[y] ?? -1];
  const isChosen = places[y] === 0 && chat.target === 'browse' && item?.id === chat.browseAt;
  return isChosen ? span('▸', 'selected') : rail(item);
}

const TOOL_RAILS: Record<ToolStatus, Style> = {
  pending: 'rule',
  in_progress: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'rule',
};

export function chatDrawing(
  state: State,
  store: ItemLines,
  width: number,
  height: number,
  now: number,
): ChatDrawing {
  const chat = currentChat(state);
  if (!chat) return { lines: welcome(state, width, height), cursor: null, transcript: null };
  const inner = width - 2;
  const focused = state.focus === 'chat' && state.overlay === null;
  const rows = Math.max(1, Math.min(MAX_PROMPT_ROWS, Math.floor(height / 3)));
  const draft = editorLines(chat.draft, inner - 2, rows);
  const popup = popupOf(state);
  const rule = [span('─'.repeat(width), 'rule')];
  const top = 2;
  // The prompt, the line above it and one line of the transcript are there always.
  const room = Math.max(0, height - top - draft.lines.length - 2);
  const offered = popup ? popupLines(popup, inner, Math.min(MAX_POPUP, Math.floor(room / 2))) : [];
  const waiting = [...waitingLines(state, chat, inner, room - offered.length), ...offered];
  const space = Math.max(1, height - top - waiting.length - 1 - draft.lines.length);
  const visible = look(chat.view.items, chat.anchor, space, linesOf(state, chat, store, inner, now));
  const transcript = withTitle(
    state,
    chat,
    visible,
    markedLines(chat, visible, linesOf(state, chat, store, inner, now)),
    inner,
  );
  if (chat.view.items.length === 0) transcript.push(...emptyLines(state, chat, inner));
  while (transcript.length < space) transcript.push([]);
  transcript.length = space;
  const typing = focused && chat.target === 'prompt' && !chat.search;
  const prompt = chat.editing ? ' ✎ ' : ' ❯ ';
  const lines: Line[] = [
    header(state, chat, width, now),
    chat.search
      ? searchLine(chat.search, width)
      : visible.anchor === null
        ? rule
        : fitted(moreBelow(state, width), width, 'rule'),
    ...transcript.map((l, y): Line => [railAt(chat, visible, y), ...fitted(l, inner), span(' ')]),
    ...waiting.map((l): Line => [span(' '), ...fitted(l, inner + 1)]),
    rule,
    ...draft.lines.map((l, i): Line => [span(i === 0 ? prompt : '   ', typing ? 'accent' : 'dim'), ...l]),
  ];
  if (chat.draft.text === '')
    lines[lines.length - 1] = [
      span(prompt, typing ? 'accent' : 'dim'),
      span(placeholder(state, chat), 'dim'),
    ];
  const promptTop = top + space + waiting.length + 1;
  return {
    lines: lines.slice(0, height).map((l) => fitted(l, width)),
    cursor:
      focused && chat.search?.typing
        ? searchCursor(chat.search, width)
        : typing
          ? { row: promptTop + draft.cursor.row, column: 3 + draft.cursor.column }
          : null,
    transcript: { top, height: space, width: inner, visible },
  };
}

function moreBelow({ keys }: State, width: number): Line {
  const text = ` more below: ${keyOf(keys, 'bottom')} to the end `;
  return [span('─'.repeat(Math.max(0, width - text.length - 1)), 'rule'), span(text, 'warning')];
}

function placeholder(state: State, chat: Chat): string {
  const answer = keyOf(state.keys, 'answer');
  const node = state.nodes.find((n) => n.name === chat.view.session.node);
  if (chat.view.session.state === 'ended') return hasEnded(state);
  if (chat.target === 'question')
    return hasNextQuestion(chat)
      ? `Answer above; ${answer}: the next one; other letters: type`
      : `Answer above; ${answer} or any other letter: type`;
  if (chat.target === 'browse' || chat.target === 'queue')
    return `Choose above; ${keyOf(state.keys, 'dismiss', chat.target)} or any other letter: type`;
  if (chat.editing) return 'Write what shall wait instead';
  if (node?.state === 'lost') return `${node.name} is lost; you can send when it is back`;
  if (chat.view.session.state === 'lost') return 'The session is lost; a prompt brings it back';
  return chat.view.running ? 'Type the next prompt; it is queued' : 'Ask the agent something';
}

function header(state: State, chat: Chat, width: number, now: number): Line {
  const { session, usage, running } = chat.view;
  const info = state.sessions.get(chat.sessionId);
  const [glyph, style, word] = STATE_MARKS[session.state];
  const agent = sanitizeLine(session.agent || info?.agent || info?.connector || '…');
  const place = [session.node || info?.node, sanitizeLine(session.cwd || info?.cwd || '')]
    .filter(Boolean)
    .join(' · ');
  const title = session.title ?? info?.title;
  const elapsed =
    running?.startedAt && !state.settings.plain
      ? ` ${Math.max(0, Math.floor((now - running.startedAt) / 1000))} s`
      : '';
  // The gap that keeps a cut-off place and what follows it apart.
  const right: Span[] = [span(' ')];
  if (session.yolo) right.push(span('YOLO ', 'warning'));
  if (usage && width >= 50) right.push(span(`${thousands(usage.used)}/${thousands(usage.size)} `, 'dim'));
  if (usage?.cost && width >= 80)
    right.push(span(`${usage.cost.amount.toFixed(2)} ${sanitizeLine(usage.cost.currency)} `, 'dim'));
  right.push(span(` ${glyph} ${running?.state === 'cancelling' ? 'cancelling' : word}${elapsed} `, style));
  const left: Span[] = [span(` ${agent}`, state.focus === 'chat' ? 'heading' : 'strong')];
  if (title) left.push(span(`  ${sanitizeLine(title)}`, 'text'));
  left.push(span(`  ${place}`, 'dim'));
  return sides(left, right, width);
}

function emptyLines({ keys }: State, chat: Chat, width: number): Line[] {
  if (!chat.caughtUp) return [[], [span('Loading the transcript …', 'dim')]];
  return [
    [],
    ...wrap(
      [span(`The agent is ready. Type a prompt below and press ${keyOf(keys, 'send', 'chat')}.`, 'dim')],
      width,
    ),
  ];
}

/** Suggestions, as many as there is room for around the chosen one. */
function popupLines({ items, selected }: Popup, width: number, room: number): Line[] {
  const height = Math.max(1, room);
  const top = Math.max(0, Math.min(selected - Math.floor(height / 2), items.length - height));
  const names = Math.min(Math.floor(width / 2), Math.max(12, ...items.map((s) => stringWidth(s.text))));
  return items.slice(top, top + height).map((s, i): Line => {
    const isChosen = top + i === selected;
    const name = fitted([span(s.text, isChosen ? 'selected' : 'key')], names);
    const more =
      i === height - 1 && top + height < items.length ? `  ${items.length} in all ` : ` ${s.from} `;
    return [
      span(isChosen ? '▸ ' : '  ', 'accent'),
      ...sides([...name, span(`  ${s.note}`, 'dim')], [span(more, 'dim')], width - 2),
    ];
  });
}

const SEARCH_HEAD = ' Find ❯ ';

function searchLine(search: Search, width: number): Line {
  const { query, matches, current } = search;
  const count =
    query.text === ''
      ? ''
      : matches.length === 0
        ? 'nothing found'
        : `${current + 1} of ${matches.length}${matches.length === MAX_MATCHES ? '+' : ''}`;
  const head = [span(SEARCH_HEAD, search.typing ? 'accent' : 'dim'), ...fieldLine(query, width - 30).line];
  return sides(head, [span(` ${count} `, matches.length === 0 ? 'warning' : 'strong')], width);
}

const searchCursor = ({ query }: Search, width: number): CursorAt => ({
  row: 1,
  column: SEARCH_HEAD.length + fieldLine(query, width - 30).column,
});

/** What a question asks stays in sight while its body is longer than the screen: its title takes the place of the topmost line. */
function withTitle(
  { keys }: State,
  chat: Chat,
  { owners, places }: Visible,
  lines: readonly Line[],
  width: number,
): Line[] {
  const item = chat.view.items[owners[0] ?? -1];
  const hidden = places[0] ?? 0;
  if (item?.kind !== 'approval' || item.state !== 'open' || hidden <= 0) return [...lines];
  const more = span(` ${hidden} more above · ${keyOf(keys, 'full')} whole `, 'warning');
  return [questionTitle(item, more, width), ...lines.slice(1)];
}

/** The visible lines with what is looked for marked in them. */
function markedLines(chat: Chat, visible: Visible, linesOf: LinesOf): Line[] {
  const query = chat.search?.query.text ?? '';
  if (query === '') return [...visible.lines];
  const match = currentMatch(chat);
  const hit = match && hitOf(linesOf(chat.view.items[match.item]!), query, match);
  return visible.lines.map((l, y) => {
    const isIt = visible.owners[y] === match?.item && visible.places[y] === hit?.line;
    return marked(l, query, isIt && hit ? hit.from : null);
  });
}
