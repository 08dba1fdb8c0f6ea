/** Makes text safe for a terminal while it streams: a chunk may end within an escape sequence or a character. */
import { sanitize } from './sanitize.js';

/** Longest sequence that is held back until its end arrives, in characters; a longer one is let through as text. */
const MAX_HELD = 4_096;

/**
 * The start of an escape sequence, a carriage return, or half of a character, at the end of a chunk. Of a string that others
 * begin in, only the last is held: what is before it is as good as ended, and no character is looked at from each of them.
 */
const UNFINISHED =
  /(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n\x90\x98\x9d-\x9f]*\x1b?|\x1b[ -/]*|\r|[\ud800-\udbff])$/;

export class SanitizeStream {
  #held = '';

  /** What can be printed by now. */
  write(chunk: string): string {
    const text = this.#held + chunk;
    const held = UNFINISHED.exec(text)?.[0] ?? '';
    this.#held = held.length > MAX_HELD ? '' : held;
    return sanitize(this.#held === '' ? text : text.slice(0, -this.#held.length));
  }

  /** What was held back, when no more comes. */
  end(): string {
    const text = sanitize(this.#held);
    this.#held = '';
    return text;
  }
}
