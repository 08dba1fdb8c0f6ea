/**
 * Plain text that is still being written, as a terminal shows it: its own lines and blanks, tabs to the next stop, lines broken where
 * the width ends. Lines that have ended are final, so a further chunk costs what it brings, not what the message does.
 */
import { sanitize } from '../client/index.js';
import { chop, type Line, span } from './draw/line.js';
import { stringWidth } from './draw/width.js';

/** Columns from one tab stop to the next. */
const TAB_STOP = 8;

/** `line` with blanks for its tabs. */
function untabbed(line: string): string {
  if (!line.includes('\t')) return line;
  const [first = '', ...rest] = line.split('\t');
  let out = first;
  let width = stringWidth(first);
  for (const part of rest) {
    const blanks = TAB_STOP - (width % TAB_STOP);
    out += ' '.repeat(blanks) + part;
    width += blanks + stringWidth(part);
  }
  return out;
}

export class PlainStream {
  readonly #width: number;
  readonly #lines: Line[] = [];
  /** Characters of the text whose lines are final. */
  #done = 0;

  constructor(width: number) {
    this.#width = Math.max(4, width);
  }

  /** The lines of `text`, which begins with what it was before. */
  render(text: string): Line[] {
    const end = text.lastIndexOf('\n') + 1;
    if (end > this.#done) {
      for (const l of this.#drawn(text.slice(this.#done, end))) this.#lines.push(l);
      this.#done = end;
    }
    return end === text.length ? [...this.#lines] : [...this.#lines, ...this.#drawn(text.slice(end))];
  }

  /** The line end of the last line begins no other one. */
  #drawn(text: string): Line[] {
    return sanitize(text)
      .replace(/\n$/, '')
      .split('\n')
      .flatMap((line) => chop([span(untabbed(line))], this.#width));
  }
}
