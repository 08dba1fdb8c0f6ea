/**
 * Lines of bytes from a stream, with a cap: a line that is too long is reported once and skipped to its end, so one bad line
 * costs no more memory than a good one and the next is read as usual.
 */

export type Line = { text: string } | { tooLong: number };

const LINE_FEED = 0x0a;

/** Tolerates `\r\n` and leaves out blank lines. Reads no further than the consumer has come. */
export async function* readLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (): Line | undefined => {
    const length = bytes;
    const whole = parts;
    parts = [];
    bytes = 0;
    if (length > maxBytes) return { tooLong: length };
    const text = Buffer.concat(whole).toString('utf8').trim();
    return text === '' ? undefined : { text };
  };
  for await (const chunk of stream) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(LINE_FEED, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      bytes += part.length;
      if (bytes > maxBytes) parts = [];
      else parts.push(part);
      if (end === -1) break;
      from = end + 1;
      const line = take();
      if (line) yield line;
    }
  }
  const last = take();
  if (last) yield last;
}
