/** An open question on the whole screen: everything that would be done, to be read to its end before it is answered. */
import { sanitizeLine } from '../../client/index.js';
import { type Line, type Span, span, wrap } from '../draw/line.js';
import { answerKeys, toolLines } from '../items/index.js';
import { currentChat, isAnswering, isSideBySide, type Overlay, openQuestion, type State } from '../state.js';
import type { Box } from './box.js';
import { framed } from './layout.js';

/** Columns beyond which lines are too long to read. */
const MAX_WIDTH = 180;

export function questionBox(
  state: State,
  overlay: Extract<Overlay, { kind: 'question' }>,
  now: number,
): Box | null {
  const chat = currentChat(state);
  const question = chat && openQuestion(chat);
  if (!chat || question?.requestId !== overlay.requestId) return null;
  const width = Math.min(state.columns - 2, MAX_WIDTH);
  const inner = width - 4;
  const answering = isAnswering(chat, now);
  const keys = answerKeys(question).flatMap(({ key, option }): Span[] => [
    span(key, answering ? 'key' : 'dim'),
    span(` ${sanitizeLine(option.name)}   `, answering ? 'text' : 'dim'),
  ]);
  const head = wrap([span(sanitizeLine(question.tool.title), 'strong')], inner);
  const foot = wrap(keys, inner);
  const height = Math.max(1, state.rows - 8 - head.length - foot.length);
  const all = toolLines(question.tool, inner, isSideBySide(state));
  const top = Math.min(overlay.top, Math.max(0, all.length - height));
  const shown = all.slice(top, top + height);
  const more = all.length - top - shown.length;
  const place: Line = more > 0 ? [span(`${more} more lines: ↓`, 'warning')] : [];
  const content = [...head, [], ...shown, place, ...foot];
  return { lines: framed('Allow?', content, width), width, cursor: null };
}
