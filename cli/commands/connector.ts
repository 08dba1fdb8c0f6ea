/** `praxis connector ...`: which agents the nodes have and lack, and the person's own connectors. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sanitizeLine } from '../../client/index.js';
import { type ConnectorInfo, homeOf, makeDirectory, Name, packageRoot } from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { EXIT, UsageError } from '../exit.js';
import { type Io, json, note, say } from '../io.js';
import { table } from '../table.js';

/** What bin/ lends: tries a connector, given by its id or a path in `cwd`, as a node would load it; null: there is none. */
export type CheckConnector = (
  which: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
) => Promise<{
  file: string;
  problems: string[];
  functions: string[];
  reads: string[];
  found: ConnectorInfo | null;
} | null>;

/** Every connector of every node, those whose agent is missing too, as the service knows them. */
export function list(io: Io, options: { json?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const { nodes } = await within(client.call('_praxis/nodes', {}));
    const found = nodes.flatMap(({ name, connectors }) =>
      connectors.map((connector) => ({ node: name, ...connector })),
    );
    if (options.json) json(io, found);
    else {
      const rows = found.map(({ node, id, title, status, version, hint }) => [
        node,
        id,
        title,
        status,
        version ?? '-',
        hint ?? '',
      ]);
      for (const line of table(['NODE', 'CONNECTOR', 'AGENT', 'STATUS', 'VERSION', ''], rows)) say(io, line);
    }
    return 0;
  });
}

/** By its id: an agent that node.json names, one of the person's own, one that ships. Or by its path. */
export async function test(
  io: Io,
  check: CheckConnector,
  which: string,
  options: { json?: boolean },
): Promise<number> {
  const checked = await check(which, io.cwd, io.env);
  if (!checked)
    throw new UsageError(
      `There is no connector ${which} on this machine, and no file ${resolve(io.cwd, which)}`,
    );
  const { file, problems, functions, reads, found } = checked;
  if (options.json) json(io, { file, problems, functions, reads, found });
  else {
    say(io, `file       ${sanitizeLine(file)}`);
    say(io, `functions  ${functions.map(sanitizeLine).join(', ') || '-'}`);
    if (reads.length > 0) say(io, `reads      ${reads.map(sanitizeLine).join(', ')}`);
    if (found) {
      const { title, version, status, hint } = found;
      say(io, `agent      ${sanitizeLine(`${title} ${version ?? ''}`.trim())}: ${status}`);
      if (hint) say(io, `           ${sanitizeLine(hint)}`);
    }
    for (const problem of problems) note(io, `problem    ${sanitizeLine(problem)}`);
    if (problems.length === 0)
      say(
        io,
        found?.status === 'ready'
          ? 'It can be used. A running node takes it when it starts again.'
          : 'A node can load it, and waits for its agent.',
      );
  }
  return problems.length === 0 ? 0 : EXIT.config![0];
}

/** What a connector of the person's own may begin as. */
export const SKELETONS = { acp: 'skeleton.lua', terminal: 'skeleton-terminal.lua' } as const;

/** Writes a commented skeleton for an agent of this kind; never over what is there. */
export async function create(
  io: Io,
  id: string,
  { agent }: { agent: keyof typeof SKELETONS },
): Promise<number> {
  const checked = Name.safeParse(id);
  if (!checked.success) throw new UsageError(`${id}: ${checked.error.issues[0]?.message}`);
  const folder = join(homeOf(io.env).connectors, id);
  const file = join(folder, 'connector.lua');
  if (existsSync(file)) throw new UsageError(`There is a connector already: ${file}`);
  makeDirectory(folder);
  const skeleton = readFileSync(join(packageRoot, 'connectors', SKELETONS[agent]), 'utf8');
  writeFileSync(file, skeleton.replaceAll(/\bID\b/g, id));
  say(io, file);
  note(io, `Change it, then try it: praxis connector test ${id}`);
  return 0;
}
