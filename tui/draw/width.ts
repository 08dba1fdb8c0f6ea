/**
 * How many columns text takes in a terminal: CJK, emoji, joined and combining characters counted as terminals draw them. What terminals
 * disagree about is counted as the widest do, so that nothing is drawn over its neighbours.
 */
import { eastAsianWidth } from 'get-east-asian-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PLAIN = /^[\x20-\x7e]*$/;
/** ASCII, and what frames and marks are drawn with: nothing in it joins with its neighbour, so the slow way is not needed. */
const SINGLE = /^[\x20-\x7e\u2500-\u25ff]*$/;
const EMOJI = /\p{Emoji_Presentation}|\p{Regional_Indicator}|\ufe0f/u;
/** Marks that take no column; those that do (Mc) stand beside their letter. */
const MARK = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\p{Control}]$/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\p{Control}]+$/u;

/** Whether each character of `text` is one column wide and stands for itself. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

/** Vowels and finals of Hangul: they are drawn into the column of the consonant before them. */
const JAMO = /^[\u1160-\u11ff\ud7b0-\ud7ff]$/;

/** Code units of one character: more than the longest joined emoji has. Whatever has more was made to harm. */
const MAX_UNITS = 64;

/** Columns of a cell at most. */
const MAX_CELL = 2;

/** What a reader takes for one character, in order; what is wider than a cell or too long is in pieces. Together they are `text`. */
export function graphemes(text: string): string[] {
  if (SINGLE.test(text)) return text.split('');
  const out: string[] = [];
  for (const { segment } of segmenter.segment(text))
    if (segment.length === 1 || fits(segment)) out.push(segment);
    else for (const piece of pieces(segment)) out.push(piece);
  return out;
}

const fits = (grapheme: string): boolean =>
  grapheme.length <= MAX_UNITS && graphemeWidth(grapheme) <= MAX_CELL;

/** A grapheme as parts that fit: Unicode joins consonants of Hangul, signs, vowels and marks without an end. */
function pieces(grapheme: string): string[] {
  const out: string[] = [];
  for (let at = 0, end = 0; at < grapheme.length; at = end) {
    end = at + MAX_UNITS;
    // Not between the halves of one character.
    if (/[\ud800-\udbff]/.test(grapheme.charAt(end - 1))) end--;
    const part = grapheme.slice(at, end);
    if (ZERO.test(part)) out.push(part);
    else for (const piece of piecesOf(part)) out.push(piece);
  }
  return out;
}

function piecesOf(part: string): string[] {
  const out: string[] = [];
  let piece = '';
  let columns = 0;
  for (const character of part) {
    const more = columnsOf(character);
    if (columns + more > MAX_CELL) {
      out.push(piece);
      piece = '';
      columns = 0;
    }
    piece += character;
    columns += more;
  }
  out.push(piece);
  return out;
}

/** Columns of the characters of a grapheme, one by one, as terminals count that do not join them. */
function columnsOf(grapheme: string): number {
  let columns = 0;
  for (const character of grapheme)
    if (!MARK.test(character) && !JAMO.test(character)) columns += eastAsianWidth(character.codePointAt(0)!);
  return columns;
}

const widths = new Map<string, number>();

/** Entries after which the memory of widths starts anew. */
const MAX_WIDTHS = 10_000;

/** Columns of one grapheme: 0, 1 or 2. Of what is no grapheme by itself, more. */
export function graphemeWidth(grapheme: string): number {
  if (grapheme.length === 1) {
    const code = grapheme.charCodeAt(0);
    if (code < 0x300) return code >= 0x20 && (code < 0x7f || code >= 0xa0) && code !== 0xad ? 1 : 0;
  }
  const known = widths.get(grapheme);
  if (known !== undefined) return known;
  if (widths.size >= MAX_WIDTHS) widths.clear();
  const width = ZERO.test(grapheme) ? 0 : EMOJI.test(grapheme) ? 2 : columnsOf(grapheme);
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
