/** acpx, an independent ACP client, driving `praxis acp` as a user would configure it. */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SchemaCheck } from './acp-schema.js';
import { PRAXIS, type Run, runCommand, type System } from './system.js';

const program = createRequire(import.meta.url)
  .resolve('acpx/package.json')
  .replace(/package\.json$/, 'dist/cli.js');

export interface Frame {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

/**
 * Runs one acpx command against the connector; its state lives below the system's root. After the first prompt of a session
 * acpx leaves a process for the later ones, which ends with `sessions close`.
 */
export function acpx(system: System, connector: string, ...args: string[]): Promise<Run> {
  const home = join(system.root, `acpx-${connector}`);
  mkdirSync(home, { recursive: true });
  const agent = `${process.execPath} ${PRAXIS} acp --connector ${connector}`;
  return runCommand([process.execPath, program, '--agent', agent, '--cwd', system.work, ...args], {
    env: { ...system.env, HOME: home, TMPDIR: home },
    cwd: system.work,
  });
}

/** The frames that `--format json` prints, of both directions. */
export const framesOf = ({ stdout }: Run): Frame[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{"jsonrpc"'))
    .map((line) => JSON.parse(line) as Frame);

/** What in these frames breaks the schema of ACP v1. acpx does not print who spoke: the methods tell. */
export function problemsOf(run: Run): { problems: string[]; checked: number } {
  const check = new SchemaCheck();
  const open = new Set<unknown>();
  for (const frame of framesOf(run)) {
    const asks = frame.method === 'session/request_permission' || frame.method === 'session/update';
    if (asks && frame.id !== undefined) open.add(frame.id);
    const fromAgent = frame.method === undefined ? !open.delete(frame.id) : asks;
    check.add(fromAgent ? 'agent' : 'client', JSON.stringify(frame));
  }
  return { problems: check.problems, checked: check.checked };
}
