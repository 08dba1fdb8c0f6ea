/**
 * The text of a terminal as its script reads it: the lines that were left, each with "\n", then the line that the cursor is in. What
 * the script has taken is gone; of what nobody reads the oldest goes first.
 */
import { MAX_TERMINAL_TEXT } from '../../proto/index.js';

export class TextLog {
  /** Grows with every change. */
  version = 0;
  private lines = '';
  private current = '';
  /** Characters of the current line that were taken already. */
  private taken = 0;

  get text(): string {
    return this.lines + this.current.slice(this.taken);
  }

  get isFull(): boolean {
    return this.lines.length + this.current.length - this.taken >= MAX_TERMINAL_TEXT;
  }

  /** The cursor went on to the next line. */
  endLine(line: string): void {
    this.lines += `${line.slice(this.taken)}\n`;
    this.current = '';
    this.taken = 0;
    this.version++;
  }

  /** The line that the cursor is in now looks like this. */
  setCurrent(line: string): void {
    if (line === this.current) return;
    this.current = line;
    this.version++;
  }

  /** Takes the first so many bytes away, of UTF-8, as a script counts them. */
  take(bytes: number): void {
    const count = Buffer.from(this.text).subarray(0, bytes).toString('utf8').length;
    this.taken += Math.max(0, count - this.lines.length);
    this.lines = this.lines.slice(count);
  }

  /** Throws the oldest away until there is room again. */
  trim(): void {
    if (this.isFull) this.lines = this.lines.slice(-MAX_TERMINAL_TEXT / 2);
  }
}
