import { Lexer } from 'marked';
import { describe, expect, it, vi } from 'vitest';
import { lineText, lineWidth } from '../../tui/draw/line.js';
import { MarkdownStream } from '../../tui/markdown/stream.js';

const draw = (text: string, width = 60) => new MarkdownStream(width).render(text);
const shown = (text: string, width = 60) => draw(text, width).map(lineText);

const ANSWER = `# Title

Some **bold**, *emphasised* and \`code\` text with a [link](https://example.org).

- one **bold item**
- two
  - nested

1. first
2. second

> quoted
> text

\`\`\`ts
const x: number = 1; // why
\`\`\`

| a | b |
|---|---|
| 1 | \`two\` |

---
The end &amp; more.`;

describe('markdown', () => {
  it('keeps the line ends and the indentation of what a program with a prompt answers', () => {
    const traceback =
      'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\nKeyboardInterrupt\n';
    expect(shown(traceback)).toEqual(traceback.trimEnd().split('\n'));
    expect(shown('.git\nREADME.md\nbench\n')).toEqual(['.git', 'README.md', 'bench']);
    expect(shown('- one\n  more of it')).toEqual(['• one', '  more of it']);
  });

  it('is drawn block by block', () => {
    expect(shown(ANSWER)).toMatchInlineSnapshot(`
      [
        "# Title",
        "",
        "Some bold, emphasised and code text with a link",
        "(https://example.org).",
        "",
        "• one bold item",
        "• two",
        "  • nested",
        "",
        "1. first",
        "2. second",
        "",
        "▌ quoted",
        "▌ text",
        "",
        "│ const x: number = 1; // why",
        "",
        "a │ b  ",
        "──┼────",
        "1 │ two",
        "",
        "────────────────────────────────────────────────────────────",
        "",
        "The end & more.",
      ]
    `);
  });

  it('gives names to styles inside lists and code', () => {
    const spans = draw(ANSWER).flat();
    expect(spans).toContainEqual({ text: 'bold item', style: 'strong' });
    expect(spans).toContainEqual({ text: 'const', style: 'keyword' });
    expect(spans).toContainEqual({ text: '// why', style: 'comment' });
  });

  it('gives the same lines streamed character by character as at once', () => {
    const stream = new MarkdownStream(40);
    let lines: ReturnType<typeof draw> = [];
    for (let at = 1; at <= ANSWER.length; at++) lines = stream.render(ANSWER.slice(0, at));
    expect(lines.map(lineText)).toEqual(shown(ANSWER, 40));
  });

  it('streams escapes and half sequences without ever showing one', () => {
    const text = 'red \x1b[31mtext\x1b[0m\n\nsecond \x1b]0;title\x07paragraph\n\nthird';
    const stream = new MarkdownStream(40);
    let lines: ReturnType<typeof draw> = [];
    for (let at = 1; at <= text.length; at++) {
      lines = stream.render(text.slice(0, at));
      expect(lines.map(lineText).join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    }
    expect(lines.map(lineText)).toEqual(['red text', '', 'second paragraph', '', 'third']);
  });

  it('stays within its width', () => {
    for (const width of [8, 20, 33])
      for (const l of draw(ANSWER, width)) expect(lineWidth(l)).toBeLessThanOrEqual(width);
  });

  it.each([
    ['quotes in quotes', '> '.repeat(5_000)],
    ['lists in lists', '- '.repeat(2_000)],
    ['numbered lists in lists', '1. '.repeat(2_000)],
    ['quotes in lists', '- > '.repeat(2_000)],
    ['emphasis in emphasis', '**a _b '.repeat(1_000)],
    ['links in links', '[a '.repeat(1_000)],
  ])('shows what stands in deeply nested %s', (_name, text) => {
    expect(shown(`${text}bottom`).join('').replaceAll(' ', '')).toContain('bottom');
  });

  it.each([
    ['quote', '> a\n'.repeat(150_000)],
    ['quoted block of code', `> \`\`\`\n${'> a\n'.repeat(150_000)}`],
    ['item of a list', `- \`\`\`\n${'  a\n'.repeat(150_000)}`],
    ['table', `|a|\n|-|\n${'|a|\n'.repeat(150_000)}`],
  ])('shows very many lines: %s', (_name, text) => {
    expect(shown(text).join(' ').match(/\ba\b/g)!.length).toBeGreaterThanOrEqual(150_000);
  });

  it('shows a paragraph or a table as it was written when it would take too long to read', () => {
    const paragraph = 'some _words_ and '.repeat(1_000);
    expect(shown(paragraph, 100_000).map((l) => l.trimEnd())).toEqual([paragraph.trimEnd()]);
    const wide = `|${'a|'.repeat(3_000)}\n|${'-|'.repeat(3_000)}`;
    expect(shown(wide, 100_000).join(' ')).toContain('|a|a|a|');
  });

  it('reads no more per chunk at the end of a long message than at its beginning', () => {
    const lexer = vi.spyOn(Lexer.prototype, 'lex');
    const stream = new MarkdownStream(80);
    let text = '';
    for (let n = 1_000; n < 3_000; n++) {
      text += `Paragraph ${n} with some words in it.\n\n`;
      stream.render(text);
    }
    const read = lexer.mock.calls.map(([source]) => source.length);
    lexer.mockRestore();
    expect(read).toHaveLength(2_000);
    expect(Math.max(...read.slice(-200))).toBe(Math.max(...read.slice(0, 200)));
  });
});
