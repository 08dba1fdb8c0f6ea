import { expect, it } from 'vitest';
import { SanitizeStream } from '../../client/sanitize-stream.js';

it('streams the same text, wherever a sequence or a character is cut between two chunks', () => {
  const text = 'a\x1b[1;31mred\x1b[0m \x1b]0;title\x1b\\b 👩‍💻\r\nc\x1b(Bd';
  for (let i = 0; i <= text.length; i++) {
    const stream = new SanitizeStream();
    const shown = stream.write(text.slice(0, i)) + stream.write(text.slice(i)) + stream.end();
    expect(shown).toBe('ared b 👩‍💻\ncd');
  }
});

it('looks at every character a few times only, however many sequences begin and none ends', () => {
  // As many looks at each as there are beginnings before it would be 10^12 of them.
  for (const begin of ['\x9d', '\x90', '\x9b', '\x1b', '\x1b]', '\x1b['])
    expect(new SanitizeStream().write(`${begin.repeat(1_000_000)}\nwords`)).toContain('words');
});

it('hides the whole of strings that begin in each other, wherever they are cut', () => {
  const text = 'a\x9dtitle\x90more\x9dagain\x07b';
  for (let i = 0; i <= text.length; i++) {
    const stream = new SanitizeStream();
    expect(stream.write(text.slice(0, i)) + stream.write(text.slice(i)) + stream.end()).toBe('ab');
  }
});

it('does not hold an endless sequence back', () => {
  const stream = new SanitizeStream();
  stream.write(`\x1b]0;${'x'.repeat(5_000)}`);
  expect(stream.write('\nand then words')).toContain('and then words');
});
