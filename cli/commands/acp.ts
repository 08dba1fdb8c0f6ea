/** `praxis acp`: the bridge on stdin and stdout. stderr has the log; stdout has frames only. */
import { connectLink, sanitizeLine } from '../../client/index.js';
import { MAX_FRAME_BYTES, Name } from '../../proto/index.js';
import { Bridge } from '../acp/bridge.js';
import { readLines } from '../acp/lines.js';
import { EXIT, UsageError } from '../exit.js';
import { type Io, note, say, slowReader } from '../io.js';

/** Resolves with 0 when the editor has closed stdin; its sessions live on. */
export async function acp(
  io: Io,
  options: { node?: string; connector?: string; transport?: string },
): Promise<number> {
  const defaults: Record<string, string> = {};
  for (const key of ['node', 'connector', 'transport'] as const) {
    const name = options[key];
    if (name === undefined) continue;
    if (!Name.safeParse(name).success) throw new UsageError(`--${key} ${name}: a name is a-z, 0-9 and -`);
    defaults[key] = name;
  }
  const warn = (message: string, details: Record<string, unknown> = {}) =>
    note(io, sanitizeLine(`praxis acp: ${message} ${JSON.stringify(details)}`));
  const bridge = new Bridge({
    open: (initialize) => connectLink({ env: io.env, name: 'praxis-acp', initialize, warn }),
    defaults,
    toEditor: (line) => say(io, line),
    busy: () => slowReader(io),
    schedule(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    warn,
  });
  if (io.stdin.isTTY)
    note(
      io,
      'praxis acp is the agent of an editor: it waits here for ACP requests, one JSON object a line. Ctrl+D ends it.',
    );
  for await (const line of readLines(io.stdin, MAX_FRAME_BYTES)) await bridge.line(line);
  await bridge.close();
  return EXIT.ok![0];
}
