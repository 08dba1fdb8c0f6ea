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

it('does not hold an endless sequence back', () => {
  const stream = new SanitizeStream();
  stream.write(`\x1b]0;${'x'.repeat(5_000)}`);
  expect(stream.write('\nand then words')).toContain('and then words');
});
