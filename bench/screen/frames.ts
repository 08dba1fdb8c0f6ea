/** What the screen writes: how often, and how much. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestTerminal } from '../../tests/support/terminal.js';
import { SIZE } from './screen.js';

const WATCH_MS = 5_000;
/** What every frame begins with: tui/draw/canvas.ts. */
const FRAME = '\x1b[?2026h';

export interface Frames {
  perSecond: number;
  /** Bytes of the median frame. */
  bytes: number;
}

/** The frames of some seconds in which nobody presses a key. */
export async function frames(terminal: TestTerminal): Promise<Frames> {
  const from = terminal.raw.length;
  const began = performance.now();
  await pause(WATCH_MS);
  const seconds = (performance.now() - began) / 1_000;
  const sizes = terminal.raw
    .slice(from)
    .split(FRAME)
    .slice(1)
    .map((frame) => Buffer.byteLength(frame))
    .sort((a, b) => a - b);
  return { perSecond: sizes.length / seconds, bytes: sizes[Math.floor(sizes.length / 2)] ?? 0 };
}

/** Bytes of a frame that is drawn whole: the first one after a change of the size. */
export async function wholeFrame(terminal: TestTerminal): Promise<number> {
  terminal.resize(SIZE.columns - 1, SIZE.rows);
  await pause(500);
  const from = terminal.raw.length;
  terminal.resize(SIZE.columns, SIZE.rows);
  await pause(500);
  return Math.max(
    ...terminal.raw
      .slice(from)
      .split(FRAME)
      .map((frame) => Buffer.byteLength(frame)),
  );
}
