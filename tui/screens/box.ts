/** What overlays have in common. */
import type { CursorAt } from '../draw/canvas.js';
import type { Line } from '../draw/line.js';

export interface Box {
  lines: Line[];
  width: number;
  /** In the box. */
  cursor: CursorAt | null;
}

/** `12 s`, `5 min`, `3 h`, `2 d`; in plain mode no seconds, which would be read out one after the other. */
export function age(ms: number, plain = false): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return plain ? '0 min' : `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
