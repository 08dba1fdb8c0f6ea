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

/** Milliseconds since 1970 as a time that a person reads, UTC, to the second. */
export const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** The beginning of an id, as commands take it too. */
export const short = (id: string): string => id.slice(0, 8);
