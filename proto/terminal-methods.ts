/**
 * The methods by which a client looks at the terminal of a session's agent, and types on it. The node answers; nothing of it
 * is in the journal. A terminal travels as what it shows, cell by cell, never as the bytes that its program wrote.
 */
import { z } from 'zod';
import { SessionId } from './ids.js';
import { MAX_TERMINAL_INPUT, TERMINAL_WAIT_MS } from './limits.js';

const cells = z.number().int().min(0).max(1_000);

/** One of the 256 colours of a terminal, or `#rrggbb`. */
const Colour = z.union([z.number().int().min(0).max(255), z.string().regex(/^#[0-9a-f]{6}$/)]);

/** Neighbouring cells that look alike. */
export const TerminalRun = z.looseObject({
  /** The column of the first, from 0. */
  column: cells,
  /** Columns that they take. */
  width: cells,
  text: z.string().max(32_000),
  fg: Colour.optional(),
  bg: Colour.optional(),
  bold: z.literal(true).optional(),
  dim: z.literal(true).optional(),
  italic: z.literal(true).optional(),
  underline: z.literal(true).optional(),
  inverse: z.literal(true).optional(),
  strikethrough: z.literal(true).optional(),
});
export type TerminalRun = z.infer<typeof TerminalRun>;

export const TerminalPicture = z.looseObject({
  /** Names this picture, for `after`. */
  version: z.string(),
  cols: cells,
  rows: cells,
  /** From 0. */
  cursor: z.looseObject({ row: cells, column: cells }),
  title: z.string(),
  /** False: the program has ended, this is what it showed last. */
  running: z.boolean(),
  /** Whether the node's owner lets clients type. */
  writable: z.boolean(),
  /** The rows that are not those of the picture that `after` named; all of them when it is not known. */
  lines: z.array(z.looseObject({ row: cells, runs: z.array(TerminalRun) })),
});
export type TerminalPicture = z.infer<typeof TerminalPicture>;

const bySession = z.looseObject({ sessionId: SessionId });

export const TerminalMethods = {
  /** Answers when the terminal shows something else than the picture named `after`, when the program has ended, or after `waitMs`. */
  '_praxis/terminal/show': {
    params: bySession.extend({
      after: z.string().max(100).optional(),
      waitMs: z.number().int().min(0).max(TERMINAL_WAIT_MS).default(0),
    }),
    result: TerminalPicture,
  },
  /** Types the text, as it is. Refused with Forbidden where the node's owner does not let clients type. */
  '_praxis/terminal/type': {
    params: bySession.extend({ text: z.string().min(1).max(MAX_TERMINAL_INPUT) }),
    result: z.looseObject({}),
  },
} as const;
