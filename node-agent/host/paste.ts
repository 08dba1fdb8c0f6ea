/**
 * Text for a program on a terminal, as pastes: between ESC[200~ and ESC[201~ (xterm's bracketed paste), in slices where a program
 * changes what comes in one large piece.
 */
import { z } from 'zod';
import type { Clock } from '../clock.js';

/** Milliseconds that a script may put between two slices, or before the submit. */
const MAX_PAUSE_MS = 60_000;

export const Paste = z
  .strictObject({
    /** Characters in one slice. */
    slice: z.number().int().min(1).optional(),
    /** Lines in one slice. */
    lines: z.number().int().min(1).optional(),
    /** Milliseconds between two slices. */
    pause_ms: z.number().min(0).max(MAX_PAUSE_MS).default(0),
    /** Keys that submit the text. */
    submit: z.string().default('\r'),
    /** Milliseconds between the last slice and the submit: a program that gets both at once takes the key for text. */
    submit_ms: z.number().min(0).max(MAX_PAUSE_MS).default(150),
    /** What a line end is in the paste. */
    newline: z.string().min(1).default('\n'),
    /** Default: as the program has asked for. */
    bracketed: z.boolean().optional(),
  })
  .prefault({});
export type Paste = z.infer<typeof Paste>;

/** C0 and C1 controls besides tab and line feed: among them ESC, with which a text could end its own paste. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The text with line feeds as line ends and without control characters. */
export function plainText(text: string): { plain: string; changed: boolean } {
  const lines = text.replace(/\r\n?/g, '\n');
  const plain = lines.replace(CONTROLS, '');
  return { plain, changed: plain !== lines };
}

/** Cuts a text into pieces of at most so many characters and lines; together they are the text. */
export function slices(text: string, { slice, lines }: Pick<Paste, 'slice' | 'lines'>): string[] {
  const pieces: string[] = [];
  let piece = '';
  let characters = 0;
  let ends = 0;
  for (const character of text) {
    if ((slice && characters === slice) || (lines && ends === lines)) {
      pieces.push(piece);
      [piece, characters, ends] = ['', 0, 0];
    }
    piece += character;
    characters++;
    if (character === '\n') ends++;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

export interface PasteTarget {
  clock: Clock;
  /** Whether the program has asked for bracketed paste. */
  bracketed: boolean;
  /** Resolves when the terminal has taken it. */
  write(text: string): Promise<void>;
}

/** Resolves to whether the text went as it is. Rejects as `write` does. */
export async function paste(text: string, options: Paste, target: PasteTarget): Promise<boolean> {
  const { pause_ms, submit, submit_ms, newline, bracketed = target.bracketed } = options;
  const { plain, changed } = plainText(text);
  const wait = (ms: number) => new Promise<void>((resolve) => void target.clock.after(ms, resolve));
  for (const [i, piece] of slices(plain, options).entries()) {
    if (i > 0 && pause_ms > 0) await wait(pause_ms);
    const sent = piece.replaceAll('\n', newline);
    await target.write(bracketed ? `\x1b[200~${sent}\x1b[201~` : sent);
  }
  if (submit !== '') {
    if (submit_ms > 0) await wait(submit_ms);
    await target.write(submit);
  }
  return !changed;
}
