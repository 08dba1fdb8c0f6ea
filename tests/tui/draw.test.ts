import { describe, expect, it } from 'vitest';
import { chop, fitted, lineText, lineWidth, span, wrap } from '../../tui/draw/line.js';
import { graphemes, graphemeWidth, stringWidth, truncate } from '../../tui/draw/width.js';
import { edit, editorLines, editorOf, fieldLine, insert } from '../../tui/editor.js';

const texts = (lines: readonly (readonly { text: string }[])[]) =>
  lines.map((l) => l.map((s) => s.text).join(''));

describe('width of text', () => {
  it.each([
    ['ASCII', 'hello', 5],
    ['umlauts', 'grüße', 5],
    ['combining marks', 'e\u0301', 1],
    ['CJK', '你好', 4],
    ['full-width forms', 'ＡＢ', 4],
    ['an emoji', '👍', 2],
    ['a family joined by ZWJ', '👩‍👩‍👧', 2],
    ['a flag', '🇩🇪', 2],
    ['a heart with a variation selector', '❤️', 2],
    ['zero-width space', 'a\u200bb', 2],
    ['box drawing', '│─', 2],
    ['Thai with a vowel that takes a column', 'ทำ', 2],
    ['Devanagari', 'कि', 2],
    ['a Hangul syllable of its letters', '\u1112\u1161\u11ab', 2],
    ['letters that join without an end', '\u1100'.repeat(50), 100],
    ['vowels that join without an end', `a${'\u0e33'.repeat(50)}`, 51],
    ['signs that stand before a letter', `${'\u0600'.repeat(50)}a`, 51],
  ])('counts %s as terminals draw it', (_, text, width) => {
    expect(stringWidth(text)).toBe(width);
  });

  it('takes apart what would be wider than two columns, or longer than any character, and loses nothing', () => {
    const texts = [
      '\u1100'.repeat(9),
      `a${'\u0e33'.repeat(9)}b`,
      `a${'\u0301'.repeat(999)}`,
      `${'👨\u200d'.repeat(99)}x`,
    ];
    for (const text of texts) {
      expect(graphemes(text).join('')).toBe(text);
      for (const grapheme of graphemes(text)) {
        expect(graphemeWidth(grapheme)).toBeLessThanOrEqual(2);
        expect(grapheme.length).toBeLessThanOrEqual(64);
      }
    }
    expect(graphemes('👩🏻‍❤️‍💋‍👨🏿')).toHaveLength(1);
    expect(stringWidth(`a${'\u0301'.repeat(999)}`)).toBe(1);
  });

  it('cuts text at a column, never inside a character', () => {
    expect(truncate('你好世界', 5)).toBe('你好…');
    expect(truncate('你好世界', 4)).toBe('你…');
    expect(truncate('abc', 3)).toBe('abc');
  });
});

describe('lines', () => {
  it('wrap at spaces, and break only words that are longer than a line', () => {
    expect(texts(wrap([span('the quick brown fox')], 10))).toEqual(['the quick', 'brown fox']);
    expect(texts(wrap([span('abcdefghijkl mn')], 5))).toEqual(['abcde', 'fghij', 'kl mn']);
    expect(texts(wrap([span('a\n\nb')], 5))).toEqual(['a', '', 'b']);
  });

  it('never grow wider than asked, whatever the text', () => {
    const text = 'wide 你好世界 characters 👍👍👍 and averyveryverylongwordwithoutspaces\tand tabs';
    for (let width = 2; width < 40; width++) {
      for (const l of wrap([span(text)], width)) expect(lineWidth(l)).toBeLessThanOrEqual(width);
      for (const l of chop([span(text)], width)) expect(lineWidth(l)).toBeLessThanOrEqual(width);
    }
  });

  it('lose no character of code when it is broken', () => {
    expect(
      chop([span('if (x) { return 你好; }')], 7)
        .map(lineText)
        .join(''),
    ).toBe('if (x) { return 你好; }');
  });

  it('fill exactly the width that they are fitted to', () => {
    for (let width = 1; width < 12; width++)
      expect(lineWidth(fitted([span('你好ab世界')], width))).toBe(width);
  });
});

describe('the editor', () => {
  it('deletes a whole character at once, however many code points it has', () => {
    expect(edit(editorOf('ab👩‍👩‍👧'), 'backspace')).toEqual({ text: 'ab', cursor: 2 });
    expect(edit({ text: '🇩🇪x', cursor: 0 }, 'right')).toEqual({ text: '🇩🇪x', cursor: 4 });
  });

  it('moves and deletes as readline does', () => {
    expect(edit(editorOf('one two'), 'alt+backspace')).toEqual({ text: 'one ', cursor: 4 });
    expect(edit(editorOf('one\ntwo'), 'ctrl+u')).toEqual({ text: 'one\n', cursor: 4 });
    expect(edit(editorOf('one\ntwo'), 'up')).toEqual({ text: 'one\ntwo', cursor: 3 });
    expect(edit(editorOf('one'), 'up')).toBeNull();
    expect(edit({ text: 'one two', cursor: 0 }, 'ctrl+right')).toEqual({ text: 'one two', cursor: 3 });
  });

  it('takes a text that begins with an empty line as it is', () => {
    const start = { text: '\nab', cursor: 0 };
    expect(edit(start, 'home')).toEqual(start);
    expect(edit(start, 'ctrl+u')).toEqual(start);
    expect(edit(start, 'up')).toBeNull();
    expect(edit({ text: '\nab', cursor: 2 }, 'up')).toEqual(start);
    const { lines, cursor } = editorLines(editorOf('\nab'), 10, 3);
    expect(lines.map(lineText)).toEqual(['', 'ab']);
    expect(cursor).toEqual({ row: 1, column: 2 });
  });

  it('shows the lines around the cursor, and keeps the cursor in sight in a text of any size', () => {
    const editor = insert(editorOf('x\n'.repeat(500_000)), 'end');
    const { lines, cursor } = editorLines(editor, 40, 4);
    expect(texts(lines)).toEqual(['x', 'x', 'x', 'end']);
    expect(cursor).toEqual({ row: 3, column: 3 });
  });

  it('wraps a long line and puts the cursor behind its last character', () => {
    const { lines, cursor } = editorLines(editorOf('abcdefgh'), 4, 5);
    expect(texts(lines)).toEqual(['abcd', 'efgh', '']);
    expect(cursor).toEqual({ row: 2, column: 0 });
  });

  it('shows the end of a path that is longer than its field', () => {
    const { line, column } = fieldLine(editorOf('/home/me/src/praxis'), 10);
    expect(lineText(line)).toBe('…c/praxis');
    expect(column).toBe(9);
    expect(lineText(fieldLine({ text: '/home/me/src', cursor: 0 }, 8).line)).toBe('/home/m…');
  });
});
