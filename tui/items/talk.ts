/** What persons and agents say: prompts with a rail beside them, messages as markdown or as plain text, thoughts folded. */
import {
  duration,
  type PromptItem,
  sanitize,
  sanitizeLine,
  type TextItem,
  type TurnEndItem,
} from '../../client/index.js';
import { fitted, type Line, lineWidth, type Span, sides, span, wrap } from '../draw/line.js';
import type { Renderer } from './context.js';
import { foldedLines } from './long.js';
import { replyHead } from './reply.js';

export const prompt: Renderer<PromptItem> = (item, context) => {
  const { width, me } = context;
  const who = item.by === null || item.by === me ? 'you' : sanitizeLine(item.by);
  const state = item.state === 'ended' ? '' : item.state;
  const rail = span('┃ ', 'user');
  const body = foldedLines(sanitize(item.text), width - 2, context);
  return [
    [
      rail,
      ...sides(
        [span(who, 'user')],
        [span(state, item.state === 'cancelling' ? 'warning' : 'busy')],
        width - 2,
      ),
    ],
    ...body.map((l): Line => [rail, ...l]),
    ...(item.startedAt === null ? [] : [[], replyHead(item, context)]),
  ];
};

export const thought: Renderer<TextItem> = (item, { width, expanded }) => {
  const text = sanitize(item.text).trim();
  if (expanded) {
    const body = wrap([span(text, 'dim')], width - 2);
    return [[span('✻ Thought', 'dim')], ...body.map((l): Line => [span('  '), ...l])];
  }
  // While it is written the newest line is shown, afterwards the first.
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  const shown = (item.open ? lines.at(-1) : lines[0]) ?? '';
  return [
    fitted(
      [span(item.open ? '✻ Thinking: ' : '✻ Thought: ', 'dim'), span(sanitizeLine(shown), 'dim')],
      width,
    ),
  ];
};

export const echo: Renderer<TextItem> = (item, context) =>
  foldedLines(sanitize(item.text), context.width - 2, context).map((l): Line => [span('┃ ', 'dim'), ...l]);

/** By the agent's word for it, which may be any. */
const STOPS = new Map([
  ['end_turn', 'done'],
  ['cancelled', 'cancelled'],
  ['max_tokens', 'stopped: the model reached its token limit'],
  ['max_turn_requests', 'stopped: the model reached its request limit'],
  ['refusal', 'the model refused'],
]);

export const end: Renderer<TurnEndItem> = (item, { width }) => {
  const details: Span[] = [span(` · ${duration(item.elapsedMs)}`, 'dim')];
  const { usage } = item;
  if (usage && usage.inputTokens !== null && usage.outputTokens !== null)
    details.push(span(` · ${usage.inputTokens} in, ${usage.outputTokens} out`, 'dim'));
  if (item.error) {
    const lines = wrap([span('✘ ', 'bad'), span(sanitizeLine(item.error.message), 'bad')], width, 2);
    const last = [...lines.at(-1)!, ...details];
    return lineWidth(last) <= width ? [...lines.slice(0, -1), last] : [...lines, fitted(details, width)];
  }
  const reason = item.stopReason ?? 'ended';
  const word = STOPS.get(reason) ?? sanitizeLine(reason);
  const style = reason === 'end_turn' ? 'dim' : 'warning';
  return [fitted([span(reason === 'end_turn' ? '─ ' : '⊘ ', style), span(word, style), ...details], width)];
};
