import { describe, expect, it } from 'vitest';
import { sanitize, sanitizeLine } from '../../client/index.js';

const ESC = '\x1b';
const cases: [name: string, given: string, expected: string][] = [
  ['plain text, umlauts, CJK and emoji stay', 'Grüße 你好 👩‍👩‍👧 ok', 'Grüße 你好 👩‍👩‍👧 ok'],
  ['line feeds and tabs stay', 'a\tb\nc', 'a\tb\nc'],
  ['colours go, their text stays', `${ESC}[1;31mred${ESC}[0m`, 'red'],
  ['cursor movement and clearing go', `a${ESC}[2J${ESC}[H${ESC}[10;5Hb`, 'ab'],
  ['private modes go', `${ESC}[?1049h${ESC}[?25lx`, 'x'],
  ['a window title (OSC 0 and 2) goes, ended by BEL or ST', `${ESC}]0;evil\x07a${ESC}]2;evil${ESC}\\b`, 'ab'],
  ['the clipboard (OSC 52) is never reached', `x${ESC}]52;c;cm0gLXJmIC8=\x07y`, 'xy'],
  [
    'a hyperlink (OSC 8) keeps its text only',
    `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`,
    'click',
  ],
  [
    'DCS, APC, PM and SOS go with their text',
    `a${ESC}P1$r0m${ESC}\\b${ESC}_x${ESC}\\c${ESC}^y${ESC}\\d${ESC}Xz${ESC}\\e`,
    'abcde',
  ],
  ['8-bit C1 forms go too', 'a\x9b31mb\x9d0;evil\x9cc\x90q\x9cd\x85e', 'abcde'],
  ['a full reset and charset switches go', `${ESC}c${ESC}(0${ESC}=x`, 'x'],
  ['an unterminated OSC swallows only its own line', `${ESC}]0;evil\nnext`, '\nnext'],
  ['a cut-off CSI goes', `ok${ESC}[12;`, 'ok'],
  ['a bare ESC at the end goes', `ok${ESC}`, 'ok'],
  ['bells, backspaces, DEL and NUL go', 'a\x07b\x08c\x7fd\x00e', 'abcde'],
  ['CRLF is a line end', 'a\r\nb', 'a\nb'],
  ['a lone CR cannot overwrite its line', 'rm -rf /\rls      ', 'rm -rf /\nls      '],
  ['an escape inside an escape leaves nothing active', `${ESC}[${ESC}[31mx${ESC}${ESC}]0;t\x07y`, 'xy'],
  ['bidirectional overrides are shown', 'a\u202eb\u2066c', 'a<U+202E>b<U+2066>c'],
  ['line and paragraph separators are line ends', 'a\u2028b\u2029c', 'a\nb\nc'],
  ['half a surrogate pair is replaced', 'a\ud83dz', 'a\ufffdz'],
];

describe('sanitize', () => {
  it.each(cases)('%s', (_name, given, expected) => {
    expect(sanitize(given)).toBe(expected);
  });

  it('leaves no character that a terminal obeys, whatever the bytes', () => {
    let seed = 7;
    const next = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    const alphabet = '\x1b\x1b\x1b[]P\\;?0123m@H\x07\x9b\x9d\x90\x9c\r\n\t a\u202e\x7f\x00';
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: next(40) }, () => alphabet[next(alphabet.length)]).join('');
      expect(sanitize(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    }
  });

  it('puts a title on one line', () => {
    expect(sanitizeLine(`  run\n\t${ESC}[31mtests  now `)).toBe('run tests now');
  });
});
