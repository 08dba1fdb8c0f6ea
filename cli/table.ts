/** Rows as columns for a terminal: text only, nothing that a terminal would obey. */
import { sanitizeLine } from '../client/index.js';

/** The header and the rows, aligned, without trailing spaces. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows].map((row) => row.map((cell) => sanitizeLine(cell)));
  const widths = header.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Milliseconds since 1970 as a time that a person reads, by the clock of this machine, to the second. */
export function time(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** The beginning of an id, as commands take it too. */
export const short = (id: string): string => id.slice(0, 8);
