import { expect, it } from 'vitest';
import { readLines } from '../../cli/acp/lines.js';

async function* chunks(...parts: (string | Buffer)[]) {
  for (const part of parts) yield Buffer.from(part);
}

const read = async (max: number, ...parts: (string | Buffer)[]) => {
  const lines: (string | number)[] = [];
  for await (const line of readLines(chunks(...parts), max))
    lines.push('text' in line ? line.text : line.tooLong);
  return lines;
};

it('reads lines wherever the chunks end, characters of several bytes among them', async () => {
  const bytes = Buffer.from('{"a":"👩‍💻\u2028"}\r\n\n  \n{"b":1}');
  for (let i = 0; i <= bytes.length; i++)
    expect(await read(100, bytes.subarray(0, i), bytes.subarray(i))).toEqual([
      '{"a":"👩‍💻\u2028"}',
      '{"b":1}',
    ]);
});

it('reports a line that is too long once, with its length, and reads the next', async () => {
  expect(await read(5, 'aaa', 'aaa', 'a\nbb\n', 'cccccc\ndd')).toEqual([7, 'bb', 6, 'dd']);
});
