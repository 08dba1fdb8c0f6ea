/** The table, and docs/performance.md: a part for each program that measures, which writes its own and leaves the others. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Row } from './target.js';

/** The order of the parts. */
const PARTS = ['The system', 'The screen'] as const;

const FILE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

const HEAD = `# Performance

Every figure stands beside its limit from the same run: what the same machine reaches with less. They are ratios to read, not promises:
all processes share the processors.
`;

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, praxis, limit, ratio, target }) => [what, praxis, limit, ratio, target]);
  const lines = [
    ['what', 'Praxis', 'limit in the same run', 'Praxis / limit', 'target'],
    Array(5).fill('---'),
    ...cells,
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function machine(): string {
  const kernel = execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim();
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gib} GiB, ${kernel}, Node.js ${process.version}. Load at the end of the run, its own included: ${loadavg()[0]!.toFixed(1)}`;
}

/** Puts a part in the place of what its program wrote before. `intro` says how it was measured, `notes` what its words mean. */
export function writePart(
  title: (typeof PARTS)[number],
  intro: string,
  rows: readonly Row[],
  notes: string,
): void {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const parts = new Map<string, string>(
    before
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.split('\n', 1)[0]!, part.trimEnd()]),
  );
  parts.set(title, `${title}\n\n${intro}\n\nMachine: ${machine()}.\n\n${table(rows)}\n\n${notes}`);
  const known = PARTS.flatMap((name) => parts.get(name) ?? []);
  writeFileSync(FILE, `${[HEAD.trimEnd(), ...known.map((part) => `## ${part}`)].join('\n\n')}\n`);
}

export const writeSystem = (rows: readonly Row[], broker: string): void =>
  writePart(
    'The system',
    `Written by \`npm run bench\`. Configurations take turns within a run, in rounds; the figures are medians of the rounds.
Client, broker, service, node and agents share the processors. Broker: ${broker}, unless a row names the embedded one.`,
    rows,
    `- **bare relay**: amqplib and nothing else over the same hops, with the same guarantees: persistent from the node to the middle process,
  confirmed on both hops, acknowledged after the next hop's confirm. The same agents are its source. It sends a message for each frame.
- **bare relay, gathered**: the same, but frames that come while a confirm is outstanding travel together, as Praxis sends them. Praxis
  reads, numbers and journals each of these frames (SQLite, committed before it is acknowledged); the relay looks at none.
- **session/new**: Praxis starts the agent's process, so its own share is the difference to the bare start.
- **first output to first chunk**: the agent says the system's monotonic time as it speaks, and who hears it compares. The driver alone reads
  the agent's pipe in the measuring process.
- **sessions streaming at once**: each has an agent's process of its own and a turn; a disconnect is what the client, the service or the node say of their
  connection to the broker; updates are numbered by the agents.
- **memory of an idle session**: what the resident memory of the part has grown by with each 200 sessions more, divided by 200: the median of five such
  steps, and the smallest and largest. Before each look all garbage is collected, that of the worker threads with the Lua VMs too: some 25 MiB of it,
  however many sessions there are, come on top, and would be counted for whichever sessions came last. The sessions have had no prompt; agents are tiny
  programs of their own and not in it. Lua's memory is in the resident memory, not in the heap of the main thread. On a terminal the agents have larger scripts,
  and xterm takes some 45 KiB for each screen. The medians of three runs of claude-code were 106 to 114 KiB.`,
  );
