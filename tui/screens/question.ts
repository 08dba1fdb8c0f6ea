/** An open question on the whole screen: everything that would be done, to be read to its end before it is answered. */
import { sanitizeLine } from '../../client/index.js';
import { type Line, span, wrap } from '../draw/line.js';
import { answerSpans, toolLines } from '../items/index.js';
import { keyOf } from '../keys.js';
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
  if (!chat || question?.kind !== 'approval' || question.requestId !== overlay.requestId) return null;
  const width = Math.min(state.columns - 2, MAX_WIDTH);
  const inner = width - 4;
  const answering = isAnswering(chat, now);
  const head = wrap([span(sanitizeLine(question.tool.title), 'strong')], inner);
  const foot = wrap(answerSpans(question, answering), inner);
  const height = Math.max(1, state.rows - 8 - head.length - foot.length);
  const all = toolLines(question.tool, inner, isSideBySide(state));
  const top = Math.min(overlay.top, Math.max(0, all.length - height));
  const shown = all.slice(top, top + height);
  const more = all.length - top - shown.length;
  const place: Line =
    more > 0 ? [span(`${more} more lines: ${keyOf(state.keys, 'next', 'full')}`, 'warning')] : [];
  const content = [...head, [], ...shown, place, ...foot];
  return { lines: framed('Allow?', content, width), width, cursor: null };
}
