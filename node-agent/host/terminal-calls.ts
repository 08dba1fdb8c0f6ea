/** What a script may do with a terminal, as functions of the host; each takes the terminal's handle first. */
import { z } from 'zod';
import { Paste } from './paste.js';
import type { Terminal } from './terminal.js';

const Text = z.string();
/** Milliseconds since 1970 at which a wait ends; none: it does not. */
const Limit = z.number().optional();
const Milliseconds = z.number().min(0).optional();
const Size = z.number().int().min(2).max(1_000);
const States = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(Text).min(1));

/** The fields of `host.pty` besides those of `host.process`. */
export const TerminalFields = {
  cols: Size.default(120),
  rows: Size.default(40),
  term: z.string().min(1).max(64).default('xterm-256color'),
  scrollback: z.number().int().min(0).max(10_000).default(200),
};

type Calls = Record<string, (handle: unknown, ...args: unknown[]) => unknown>;

export function terminalCalls(terminal: (handle: unknown) => Terminal, now: () => number): Calls {
  return {
    screen: (handle) => terminal(handle).look(),
    wait_screen: (handle, ms) => terminal(handle).changed(Milliseconds.parse(ms)),
    settle: (handle, quiet, ms) =>
      terminal(handle).settled(z.number().min(0).parse(quiet), Milliseconds.parse(ms)),
    text: (handle, version, limit) => {
      const until = Limit.parse(limit);
      return terminal(handle).text(
        z.number().optional().parse(version),
        until === undefined ? undefined : until - now(),
      );
    },
    wait_status: (handle, states, ms) =>
      terminal(handle).inState(States.parse(states), Milliseconds.parse(ms)),
    paste: (handle, text, options) => terminal(handle).paste(Text.parse(text), Paste.parse(options)),
    resize: (handle, cols, rows) => terminal(handle).resize(Size.parse(cols), Size.parse(rows)),
  };
}
