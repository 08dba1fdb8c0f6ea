/**
 * What the scripts of one connector have the node remember, so that a fresh VM need not find it out again. No other connector sees it, it
 * goes with the node's process, and it is bounded: the oldest goes first.
 */
import { z } from 'zod';
import { MAX_ID_LENGTH, MAX_REMEMBERED, MAX_REMEMBERED_CHARACTERS } from '../proto/index.js';

const Key = z.string().max(MAX_ID_LENGTH);
const Remembered = z.object({ key: Key, value: z.json() });
const Recalled = z.object({ key: Key, ms: z.number().min(0) });

export class Memory {
  /** As JSON, by key, the oldest first. */
  private readonly kept = new Map<string, { text: string; at: number }>();

  /** `now` in milliseconds, of a clock that only goes forward. */
  constructor(private readonly now: () => number) {}

  /** Throws when the value is none or too large; what was there is left then. */
  remember(what: unknown): void {
    const { key, value } = Remembered.parse(what);
    const text = JSON.stringify(value);
    if (text.length > MAX_REMEMBERED_CHARACTERS)
      throw new Error(
        `remember: the value of "${key}" has ${text.length} characters as JSON; it may have ${MAX_REMEMBERED_CHARACTERS} at most`,
      );
    this.kept.delete(key);
    this.kept.set(key, { text, at: this.now() });
    for (const oldest of this.kept.keys()) if (this.kept.size > MAX_REMEMBERED) this.kept.delete(oldest);
  }

  /** The value, as long as it is younger than `ms` milliseconds. */
  recall(what: unknown): unknown {
    const { key, ms } = Recalled.parse(what);
    const known = this.kept.get(key);
    return known && this.now() - known.at < ms ? JSON.parse(known.text) : undefined;
  }
}
