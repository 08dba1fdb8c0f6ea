/**
 * Recorded examples of connectors, `connectors/<id>/examples/<case>.jsonl`: what the client does (`case`), what went to the agent's
 * program and came from it (`to`, `from`; on a terminal `args`, `in`, `out`, `file` with its `line`, `exit`), and the ACP frames that
 * the connector makes of it (`acp`), a JSON object a line.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notificationLine, type PtyConfig, packageRoot, resultLine } from '../../proto/index.js';
import { LuaConnectors } from './lua-connectors.js';
import { TestServer } from './node-server.js';
import { waitUntil } from './wait.js';

export interface ExampleCase {
  prompt: string;
  /** What is done with the first permission question: an option is chosen, or the turn is cancelled. */
  question?: string;
  /** Cancel when the first text is there. */
  cancel?: boolean;
  /** Further prompts: each is given when the answer before is there and the agent has said `after`, and cancelled at once if that is told. */
  next?: { prompt: string; after?: string; cancel?: boolean }[];
  /** Of a connector with several. */
  transport?: string;
  /** The agent's entry in node.json, for a connector that drives any program: its command is the recorded program with `args`. */
  agent?: { args: string[]; pty: PtyConfig };
  /** What the client wants its agent to have. */
  mcpServers?: object[];
  /** Variables of the agents' environment; `~/` is the home directory of the case. */
  env?: Record<string, string>;
}

export interface CaseOptions {
  /** Called when the session's directory is there and nothing has been started. */
  prepare?(cwd: string): void;
  /** Called when the first question is there. */
  beforeAnswer?(node: TestServer): Promise<void>;
}

export interface Example {
  connector: string;
  name: string;
  file: string;
  case: ExampleCase;
  /** The program was on a terminal. */
  isTerminal: boolean;
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
        isTerminal: entries.some((entry) => 'args' in entry),
        acp: entries.flatMap(({ acp }) => (acp ? [acp] : [])),
      };
    });
}

/** A connector on the same thread whose prompt never ends, so that every script there has to be made anew. */
const ENDLESS = 'return { open = function() end, prompt = function() while true do end end }';

const PROGRAM = join(packageRoot, 'tests/support/example-program.mjs');

/** A home directory and variables of a case, as long as it runs. Returns the way back. */
function enter(home: string, env: Record<string, string>): () => void {
  mkdirSync(home, { recursive: true });
  const wanted: NodeJS.ProcessEnv = { HOME: home };
  for (const [name, value] of Object.entries(env)) wanted[name] = value.replace(/^~/, home);
  const before = Object.keys(wanted).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, wanted);
  return () => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Runs a case with a stand-in for the agent's program, started with these arguments; `dir` is for its files, its home directory among
 * them. Resolves to the ACP frames, made comparable.
 */
export async function runCase(
  connector: string,
  told: ExampleCase,
  args: string[],
  dir: string,
  { prepare, beforeAnswer }: CaseOptions = {},
): Promise<unknown[]> {
  const program = join(dir, 'program');
  const standIn = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
  writeFileSync(program, `#!/bin/sh\nexec ${standIn} "$@"\n`);
  chmodSync(program, 0o755);
  const leave = enter(join(dir, 'home'), told.env ?? {});
  const lua = new LuaConnectors({ program });
  const { args: words = [], ...more } = told.agent ?? {};
  const agent = told.agent && { title: connector, command: [program, ...words], env: {}, ...more };
  const node = new TestServer([
    await lua.shipped(connector, agent && { agent }),
    await lua.compile('endless', ENDLESS),
  ]);
  prepare?.(node.cwd);
  try {
    const session = await node.open(connector, told.transport ? { transport: told.transport } : {}, {
      mcpServers: told.mcpServers ?? [],
    });
    const answer = node.prompt(session, told.prompt);
    if (told.question) {
      await node.waitFor('session/request_permission');
      await beforeAnswer?.(node);
      await decide(node, session, told.question);
    }
    if (told.cancel) {
      await waitUntil(() => node.textOf(session) !== '', 20_000);
      node.give(notificationLine('session/cancel', { sessionId: session }), session);
    }
    await answer;
    for (const { prompt, after = '', cancel } of told.next ?? []) {
      await waitUntil(() => node.textOf(session).includes(after), 20_000);
      const answered = node.prompt(session, prompt);
      if (cancel) node.cancel(session);
      await answered;
    }
    return comparable(node, session);
  } finally {
    await node.stop();
    await lua.close();
    leave();
  }
}

/** Answers the newest question. */
async function decide(node: TestServer, session: string, choice: string): Promise<void> {
  const asked = node.sent.filter(
    ({ frame }) => 'method' in frame && frame.method === 'session/request_permission',
  );
  const question = asked.at(-1)!.frame;
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
