/** The table, and docs/performance.md with the machine that it is from. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Row } from './target.js';

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
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gib} GiB, ${kernel}, Node.js ${process.version}`;
}

export function writeReport(rows: readonly Row[], broker: string): void {
  const text = `# Performance

Written by \`npm run bench\`. Every figure stands beside its limit from the same run: what the same machine reaches without Praxis.
Configurations take turns within a run, in rounds; the figures are medians of the rounds. They are ratios to read, not promises:
client, broker, service, node and agents share the processors.

Machine: ${machine()}. Broker: ${broker}, unless a row names the embedded one.

${table(rows)}

- **bare relay**: amqplib and nothing else over the same hops, with the same guarantees: persistent from the node to the middle process,
  confirmed on both hops, acknowledged after the next hop's confirm. The same agents are its source. It sends a message for each frame.
- **bare relay, gathered**: the same, but frames that come while a confirm is outstanding travel together, as Praxis sends them. Praxis
  reads, numbers and journals each of these frames (SQLite, committed before it is acknowledged); the relay looks at none.
- **session/new**: Praxis starts the agent's process, so its own share is the difference to the bare start.
- Memory is resident memory, which the garbage collector gives back late: the figure is an upper bound.
`;
  writeFileSync(fileURLToPath(new URL('../docs/performance.md', import.meta.url)), text);
}
