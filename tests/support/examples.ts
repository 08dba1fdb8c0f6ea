/**
 * Recorded examples of connectors, `connectors/<id>/examples/<case>.jsonl`: what the client does (`case`), what went to the agent's
 * program and came from it (`to`, `from`), and the ACP frames that the connector makes of it (`acp`), a JSON object a line.
 */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notificationLine, packageRoot, resultLine } from '../../proto/index.js';
import { LuaConnectors } from './lua-connectors.js';
import { TestServer } from './node-server.js';
import { waitUntil } from './wait.js';

export interface ExampleCase {
  prompt: string;
  /** What is done with the first permission question: an option is chosen, or the turn is cancelled. */
  question?: string;
  /** Cancel when the first text is there. */
  cancel?: boolean;
}

export interface Example {
  connector: string;
  name: string;
  file: string;
  case: ExampleCase;
  acp: unknown[];
}

const lines = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export function examples(): Example[] {
  const folder = join(packageRoot, 'connectors');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/examples\/[^/]+\.jsonl$/.test(path))
    .sort()
    .map((path) => {
      const file = join(folder, path);
      const entries = lines(file);
      const [connector, , name] = path.split('/');
      return {
        connector: connector!,
        name: name!.replace('.jsonl', ''),
        file,
        case: entries[0]!.case as ExampleCase,
        acp: entries.flatMap(({ acp }) => (acp ? [acp] : [])),
      };
    });
}

/** A connector on the same thread whose prompt never ends, so that every script there has to be made anew. */
const ENDLESS = 'return { open = function() end, prompt = function() while true do end end }';

const PROGRAM = join(packageRoot, 'tests/support/example-program.mjs');

/** Runs a case with a stand-in for the agent's program, started with these arguments. Resolves to the ACP frames, made comparable. */
export async function runCase(
  connector: string,
  told: ExampleCase,
  args: string[],
  dir: string,
  beforeAnswer: (node: TestServer) => Promise<void> = async () => undefined,
): Promise<unknown[]> {
  const program = join(dir, 'program');
  writeFileSync(program, `#!/bin/sh\nexec ${[process.execPath, PROGRAM, ...args].join(' ')} "$@"\n`);
  chmodSync(program, 0o755);
  const lua = new LuaConnectors({ program });
  const node = new TestServer([await lua.shipped(connector), await lua.compile('endless', ENDLESS)]);
  try {
    const session = await node.open(connector);
    const answer = node.prompt(session, told.prompt);
    if (told.question) {
      await node.waitFor('session/request_permission');
      await beforeAnswer(node);
      await decide(node, session, told.question);
    }
    if (told.cancel) {
      await waitUntil(() => node.textOf(session) !== '', 20_000);
      node.give(notificationLine('session/cancel', { sessionId: session }), session);
    }
    await answer;
    return comparable(node, session);
  } finally {
    await node.stop();
    await lua.close();
  }
}

async function decide(node: TestServer, session: string, choice: string): Promise<void> {
  const question = await node.waitFor('session/request_permission');
  const outcome = { outcome: 'selected', optionId: choice };
  if (choice === 'cancel') node.cancel(session);
  else node.give(resultLine((question as unknown as { id: string }).id, { outcome }), session);
}

/** The frames with their random ids numbered in the order in which they appear. */
function comparable(node: TestServer, session: string): unknown[] {
  const ids = new Map<string, string>();
  const numbered = (id: string) => {
    if (!ids.has(id)) ids.set(id, `id-${ids.size + 1}`);
    return ids.get(id)!;
  };
  return node.framesOf(session).map(({ frame }) => {
    const text = frame.line.replaceAll(node.cwd, '/project');
    return JSON.parse(
      text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, numbered),
    );
  });
}
