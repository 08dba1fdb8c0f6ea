/** The two lowest lines: how the connection is and who waits; the keys that matter now. */
import { ANSWER_KEYS, sanitizeLine } from '../../client/index.js';
import type { SessionInfo } from '../../proto/index.js';
import { contextsOf, isTyping, whyNot } from '../allowed.js';
import { hasNextQuestion } from '../answers.js';
import {
  fitted,
  type Line,
  lineText,
  lineWidth,
  type Span,
  type Style,
  sides,
  span,
  wrap,
} from '../draw/line.js';
import { chosenQuestion, itemOf } from '../inbox.js';
import { type Binding, type Command, keyName } from '../keys.js';
import { ACTS_ON_ONE } from '../overlays.js';
import {
  currentChat,
  liveSessions,
  openQuestion,
  overlaySessions,
  type State,
  type Toast,
} from '../state.js';

function linkSpans({ link, settings }: State, now: number): Span[] {
  switch (link.kind) {
    case 'connected':
      return [span(' ● ', 'good'), span('connected', 'dim')];
    case 'connecting': {
      const wait = link.retryAt === undefined ? 0 : Math.max(0, Math.ceil((link.retryAt - now) / 1000));
      const next = wait > 0 && !settings.plain ? `, next try in ${wait} s` : '';
      return [
        span(' ◌ connecting', 'warning'),
        span(`${link.reason ? `: ${link.reason}` : ''}${next}`, 'dim'),
      ];
    }
    case 'service_lost':
      return [
        span(
          ` ○ no answer from the service${settings.plain ? '' : ` for ${Math.max(0, Math.floor((now - link.since) / 1000))} s`}`,
          'bad',
        ),
        span('; what you send waits', 'dim'),
      ];
    case 'closed':
      return [span(' ○ closed', 'dim')];
  }
}

const TONES: Record<Toast['tone'], Style> = { info: 'accent', warning: 'warning', bad: 'bad' };

/** How many live and wait, after a gap from what is on the left. */
function countsOf(state: State): Span[] {
  const live = liveSessions(state);
  const waiting = live.filter((s) => s.state === 'waiting').length;
  return [
    span('  '),
    span(state.mouse ? '' : 'COPY MODE  ', 'warning'),
    span(`${live.length} session${live.length === 1 ? '' : 's'}`, 'dim'),
    ...(waiting > 0 ? [span(' · ', 'dim'), span(`${waiting} waiting`, 'warning')] : []),
    span(' '),
  ];
}

export function statusLine(state: State, now: number): Line {
  const { toast } = state;
  const left = toast ? [span(' '), ...toastLines(state, toast)[0]] : linkSpans(state, now);
  return sides(left, countsOf(state), state.columns);
}

/** What is said: in this line as much as there is room for, and in the footer's the rest. */
function toastLines(state: State, toast: Toast): [Line, Line] {
  const text = sanitizeLine(toast.text);
  const style = TONES[toast.tone];
  const room = Math.max(20, state.columns - 1 - lineWidth(countsOf(state)));
  const first = wrap([span(text, style)], room)[0]!;
  const rest = text.slice(lineText(first).length).trimStart();
  return [first, rest === '' ? [] : fitted([span(' '), span(rest, style)], state.columns)];
}

/** The session that the keys of the live sessions act on. */
function chosenSession(state: State): SessionInfo | undefined {
  const { overlay } = state;
  if (overlay?.kind !== 'sessions') return undefined;
  const shown = overlaySessions(state);
  return shown.find((s) => s.sessionId === overlay.selected) ?? shown[0];
}

/** Commands whose word in the footer follows the state. */
function label(state: State, binding: Binding): string | null {
  const chat = currentChat(state);
  if (binding.command === 'interrupt') return chat?.view.running || chat?.sending.length ? 'cancel' : 'close';
  if (
    binding.command === 'answer' &&
    (binding.in === 'question' || binding.in === 'form') &&
    chat &&
    hasNextQuestion(chat)
  )
    return 'next question';
  if (binding.command === 'discard' && chosenSession(state)?.state === 'ended') return 'put away';
  if (binding.command === 'ended' && state.overlay?.kind === 'sessions' && state.overlay.ended)
    return 'live only';
  if (binding.command === 'send') return chat?.view.running ? 'queue' : 'send';
  return binding.label ?? null;
}

const ANSWERS: Partial<Record<Command, string>> = {
  allowOnce: ANSWER_KEYS.allow_once,
  allowAlways: ANSWER_KEYS.allow_always,
  rejectOnce: ANSWER_KEYS.reject_once,
  rejectAlways: ANSWER_KEYS.reject_always,
};

/** A key that cannot act now is not in the footer; neither is an answer that is not offered. */
function matters(state: State, binding: Binding): boolean {
  if (binding.command !== 'send' && whyNot(state, binding.command) !== null) return false;
  const { overlay } = state;
  if (overlay?.kind === 'inbox' && binding.in === 'inbox' && !chosenQuestion(state, overlay))
    return binding.command === 'dismiss';
  if (overlay?.kind === 'sessions' && ACTS_ON_ONE.has(binding.command) && !chosenSession(state)) return false;
  if (binding.in === 'fields' && binding.command === 'toggle') return !isTyping(state);
  if (binding.command === 'inbox') return liveSessions(state).some((s) => s.state === 'waiting');
  const answer = ANSWERS[binding.command];
  if (answer === undefined) return true;
  const chat = currentChat(state);
  const asked = overlay?.kind === 'inbox' ? chosenQuestion(state, overlay) : null;
  const question = asked ? itemOf(state, asked) : chat && openQuestion(chat);
  return question?.kind === 'approval' && question.options.some((o) => ANSWER_KEYS[o.kind] === answer);
}

/** The key that the footer names: a single letter is the easiest where letters are not written. */
const shownKey = (state: State, { command, keys }: Binding): string =>
  command === 'help' && keys.includes('?') && !isTyping(state) ? '?' : keys[0]!;

export function footerLine(state: State): Line {
  const more = state.toast ? toastLines(state, state.toast)[1] : [];
  if (more.length > 0) return more;
  const spans: Span[] = [span(' ')];
  const taken = new Set<string>();
  let room = state.columns - 1;
  const all = contextsOf(state).flatMap((context) => state.keys.bindings.filter((b) => b.in === context));
  for (const binding of [...all.filter((b) => !b.late), ...all.filter((b) => b.late)]) {
    // A key belongs to the nearest context that knows it, whether the footer shows it there or not.
    if (binding.keys.length === 0) continue;
    const free = !taken.has(binding.command) && !binding.keys.some((key) => taken.has(key));
    for (const key of binding.keys) taken.add(key);
    const word = label(state, binding);
    if (!free || word === null || !matters(state, binding)) continue;
    taken.add(binding.command);
    const piece: Span[] = [span(keyName(shownKey(state, binding)), 'key'), span(` ${word}  `, 'dim')];
    const width = lineWidth(piece);
    if (width > room) continue;
    room -= width;
    spans.push(...piece);
  }
  return spans;
}
