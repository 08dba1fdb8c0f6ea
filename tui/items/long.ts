/** Long prompts, which are folded: a person knows what they have sent, and looks for what the agent says to it. */
import { type Line, span, wrap } from '../draw/line.js';
import type { ItemContext } from './context.js';

/** Lines and characters up to which a text is shown whole, and lines of one that is folded. */
const MAX_LINES = 20;
const MAX_CHARACTERS = 4_000;
const FOLDED_LINES = 8;

export const isLong = (text: string): boolean =>
  text.length > MAX_CHARACTERS || text.split('\n', MAX_LINES + 1).length > MAX_LINES;

/** `text` in `width` columns, only its beginning where it is long and folded. */
export function foldedLines(
  text: string,
  width: number,
  { expanded, unfold }: Pick<ItemContext, 'expanded' | 'unfold'>,
): Line[] {
  if (expanded || !isLong(text)) return wrap([span(text)], width);
  const count = text.split('\n').length;
  const size = count > MAX_LINES ? `${count} lines` : `${text.length} characters`;
  const head = text
    .split('\n', FOLDED_LINES)
    .join('\n')
    .slice(0, FOLDED_LINES * width);
  return [
    ...wrap([span(head)], width).slice(0, FOLDED_LINES),
    ...wrap([span(`… ${size} in all${unfold === '' ? '' : `: ${unfold}`}`, 'dim')], width),
  ];
}
