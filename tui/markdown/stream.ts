/**
 * Markdown that is still being written. Every block but the last is final as soon as another one follows; its lines are kept, and
 * a further chunk costs what the open block costs, not what the message does.
 */
import { sanitize } from '../../client/index.js';
import type { Line } from '../draw/line.js';
import { blockLines } from './blocks.js';
import { markdownTokens } from './lexer.js';

export class MarkdownStream {
  readonly #width: number;
  readonly #lines: Line[] = [];
  /** Characters of the text whose blocks are final. */
  #done = 0;
  #head = '';

  constructor(width: number) {
    this.#width = Math.max(4, width);
  }

  /** The lines of `text`, which begins with what it was before. */
  render(text: string): Line[] {
    if (!text.startsWith(this.#head)) this.#restart();
    const tokens = markdownTokens(sanitize(text.slice(this.#done)));
    const rest = text.length - this.#done;
    // Taking characters out moves all positions: nothing is final then until the message is complete.
    const exact = tokens.reduce((n, t) => n + t.raw.length, 0) === rest;
    let last = tokens.length - 1;
    while (last >= 0 && tokens[last]!.type === 'space') last--;
    if (exact)
      for (const token of tokens.splice(0, Math.max(0, last))) {
        this.#append(this.#lines, blockLines(token, this.#width));
        this.#done += token.raw.length;
      }
    this.#head = text.slice(0, Math.min(this.#done, 64));
    const out = [...this.#lines];
    for (const token of tokens) this.#append(out, blockLines(token, this.#width));
    return out;
  }

  #append(out: Line[], lines: Line[]): void {
    if (lines.length === 0) return;
    if (out.length > 0) out.push([]);
    for (const l of lines) out.push(l);
  }

  #restart(): void {
    this.#lines.length = 0;
    this.#done = 0;
  }
}
