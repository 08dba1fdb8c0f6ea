/** Lines out of a stream of bytes, however it is cut. */
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../node-agent/lines.js';

function split(chunks: Buffer[], maxBytes = 64) {
  const lines: string[] = [];
  let oversized = 0;
  const splitter = new LineSplitter({
    maxBytes,
    onLine: (line) => lines.push(line),
    onOversized: () => oversized++,
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, oversized };
}

const TEXT = 'first\nzwölf 🎉 Ü\r\n\n\r\nlast without an end';
const LINES = ['first', 'zwölf 🎉 Ü', 'last without an end'];

describe('a splitter of lines', () => {
  it('gives the same lines wherever the stream is cut, in the middle of a character too', () => {
    const bytes = Buffer.from(TEXT);
    for (let size = 1; size <= bytes.length; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(split(chunks).lines).toEqual(LINES);
    }
  });

  it('drops a line beyond the limit, tells it once, and reads on', () => {
    const chunks = ['a\n', 'x'.repeat(40), 'x'.repeat(40), 'x'.repeat(40), '\nb\n'].map((text) =>
      Buffer.from(text),
    );
    expect(split(chunks)).toEqual({ lines: ['a', 'b'], oversized: 1 });
  });

  it('takes a line of just the limit', () => {
    expect(split([Buffer.from('x'.repeat(64)), Buffer.from('\n')])).toEqual({
      lines: ['x'.repeat(64)],
      oversized: 0,
    });
  });
});
