/** How many columns text takes in a terminal: CJK, emoji, joined and combining characters counted as terminals draw them. */
import { eastAsianWidth } from 'get-east-asian-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PLAIN = /^[\x20-\x7e]*$/;
/** ASCII, and what frames and marks are drawn with: nothing in it joins with its neighbour, so the slow way is not needed. */
const SINGLE = /^[\x20-\x7e\u2500-\u25ff]*$/;
const EMOJI = /\p{Emoji_Presentation}|\p{Regional_Indicator}|\ufe0f/u;
const ZERO = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]+$/u;

/** Whether each character of `text` is one column wide and stands for itself. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

/** What a reader takes for one character, in order. */
export function graphemes(text: string): string[] {
  if (SINGLE.test(text)) return text.split('');
  return Array.from(segmenter.segment(text), (s) => s.segment);
}

const widths = new Map<string, number>();

/** Entries after which the memory of widths starts anew. */
const MAX_WIDTHS = 10_000;

/** Columns of one grapheme: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  if (grapheme.length === 1) {
    const code = grapheme.charCodeAt(0);
    if (code < 0x300) return code >= 0x20 && (code < 0x7f || code >= 0xa0) && code !== 0xad ? 1 : 0;
  }
  const known = widths.get(grapheme);
  if (known !== undefined) return known;
  if (widths.size >= MAX_WIDTHS) widths.clear();
  const width = ZERO.test(grapheme)
    ? 0
    : EMOJI.test(grapheme)
      ? 2
      : eastAsianWidth(grapheme.codePointAt(0) ?? 0x20);
  widths.set(grapheme, width);
  return width;
}

/** Columns of `text`, which has no control characters. */
export function stringWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme);
  return width;
}

/** `text` cut to at most `columns`, with an ellipsis where something went. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return '';
  // No text within the limit of columns is longer than this, so a huge one is not measured whole.
  const head = text.length > columns * 32 ? text.slice(0, columns * 32) : text;
  if (head.length === text.length && stringWidth(text) <= columns) return text;
  let out = '';
  let width = 0;
  for (const grapheme of graphemes(head)) {
    const next = graphemeWidth(grapheme);
    if (width + next > columns - 1) break;
    out += grapheme;
    width += next;
  }
  return `${out}…`;
}
