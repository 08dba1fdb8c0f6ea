/**
 * Makes text of an agent safe for a terminal: whatever it holds, printing the result moves no cursor, sets no title,
 * touches no clipboard and changes no colour. Nothing that could be read is hidden: only what a terminal would obey goes.
 */

/** Control sequences, 7-bit (ESC and a letter) and 8-bit (one C1 character), each with the whole of its text. */
const SEQUENCES = new RegExp(
  [
    // CSI: parameters, intermediates, final. One that is cut off goes as far as it got.
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?',
    // OSC, DCS, SOS, PM, APC: a string up to BEL or ST; one that never ends swallows no more than its line.
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c\\n]*(?:\\x07|\\x1b\\\\|\\x9c)?',
    // Every other escape: intermediates and a final.
    '\\x1b[ -/]*[0-~]?',
  ].join('|'),
  'g',
);

/** C0 but tab and line feed, DEL, C1. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Characters that reorder what is shown: a command could read differently from what would run. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const SUSPECT =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;

/** What no cell of a terminal may hold: all that a terminal obeys, and what reorders its neighbours. */
const NO_CELL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udfff]/gu;

/** The text of a terminal's cells, as wide as it was: what a terminal would obey becomes U+FFFD. */
export const sanitizeCells = (text: string): string => text.replace(NO_CELL, '\ufffd');

/**
 * `text` without terminal escapes and control characters. Line feeds and tabs stay; a lone carriage return becomes a line
 * feed, so that no line overwrites another; bidirectional overrides are shown as `<U+202E>`; halves of a surrogate pair become U+FFFD.
 */
export function sanitize(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(SEQUENCES, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(CONTROLS, '')
    .replace(BIDI, (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`)
    .replace(/[\ud800-\udfff]/gu, '\ufffd');
}

/** `text` on one line: sanitized, with line feeds, tabs and runs of spaces as one space. */
export const sanitizeLine = (text: string): string => sanitize(text).replace(/\s+/g, ' ').trim();
