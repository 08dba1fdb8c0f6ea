/** `praxis run` and `praxis session start`: a new session, its prompt, its reply. */

import { resolve } from 'node:path';
import { type Client, type NewSession, type SessionEvent, sanitizeLine } from '../../client/index.js';
import {
  type ApprovalPolicy,
  ErrorCode,
  MAX_FRAME_BYTES,
  PraxisError,
  type ToolKind,
} from '../../proto/index.js';
import { withClient } from '../connect.js';
import { UsageError } from '../exit.js';
import { canAsk, type Io, json, note, readAll, say } from '../io.js';
import { asidesOf, JsonPrinter, type Printer, TextPrinter } from '../turn/printer.js';
import { Questions, type Unattended } from '../turn/questions.js';
import { runTurn } from '../turn/turn.js';
import { waitsElsewhere } from '../turn/waits.js';

export interface RunOptions {
  node?: string;
  transport?: string;
  cwd?: string;
  yolo?: boolean;
  timeout?: number;
  json?: boolean;
  keep?: boolean;
  verbose?: boolean;
  auto?: ToolKind[];
  denyAfter?: number;
  idleTimeout?: number;
}

export const printerFor = (io: Io, options: { json?: boolean; verbose?: boolean }): Printer =>
  options.json ? new JsonPrinter(io) : new TextPrinter(io, asidesOf(io, options.verbose));

/** The policy that the options name; nothing where they name none, so that the node's holds. */
export function policyOf({ auto, denyAfter }: { auto?: ToolKind[]; denyAfter?: number }): {
  approvals?: ApprovalPolicy;
} {
  if (auto === undefined && denyAfter === undefined) return {};
  return {
    approvals: { auto: auto ?? [], ...(denyAfter !== undefined && { denyAfterSecs: denyAfter }) },
  };
}

/** Of a command that makes its session. */
const unattended = (client: Client): Unattended => ({
  waits: (sessionId) => waitsElsewhere(client, sessionId),
  how: (_sessionId, kind) =>
    `${kind === null ? '' : `--auto ${kind} for this kind, `}--yolo for everything, or --deny-after 600 to have it wait for praxis approvals`,
  howToWait: () => '--deny-after 600',
});

/** The prompt as it was given, or from stdin for `-` or, where input is piped, for nothing. */
export async function promptText(io: Io, given: string | undefined): Promise<string> {
  const fromStdin = given === '-' || (given === undefined && io.stdin.isTTY !== true);
  const text = fromStdin ? await readAll(io, MAX_FRAME_BYTES / 2) : given;
  if (text === undefined || text.trim() === '')
    throw new UsageError('There is no prompt: give one, or pipe it in');
  return text;
}

export async function run(
  io: Io,
  agent: string,
  prompt: string | undefined,
  options: RunOptions,
): Promise<number> {
  const text = await promptText(io, prompt);
  return withClient(io, async (client) => {
    const printer = printerFor(io, options);
    const questions = new Questions(io, client, printer, unattended(client));
    const { sessionId } = await newSession(io, client, agent, options, printer, (event) => {
      printer.event(event);
      questions.event(event);
    });
    try {
      return await runTurn({ io, client, sessionId, text, printer, questions, timeoutSecs: options.timeout });
    } finally {
      if (!options.keep) {
        // The service closes it by itself once it has the request; nobody waits for the agent to end.
        client.closeSession(sessionId).catch((error: PraxisError) => {
          if (error.code !== ErrorCode.Disconnected)
            note(io, sanitizeLine(`The session was not closed: ${error.message}`));
        });
        await client.flushed();
      } else if (!options.json) note(io, `session ${sessionId}`);
    }
  });
}

/** `praxis session start` without a prompt: makes the session and says its id. */
export async function start(
  io: Io,
  agent: string,
  prompt: string | undefined,
  options: RunOptions,
): Promise<number> {
  if (prompt !== undefined) return run(io, agent, prompt, { ...options, keep: true });
  return withClient(io, async (client) => {
    const printer = printerFor(io, options);
    const { sessionId } = await newSession(io, client, agent, options, printer, () => undefined);
    if (options.json) json(io, { sessionId });
    else say(io, sessionId);
    return 0;
  });
}

/**
 * In the directory that was asked for. Without one: in ours, where the node has it too and allows it, else in a
 * directory that the node allows, which is said.
 */
async function newSession(
  io: Io,
  client: Client,
  agent: string,
  options: RunOptions,
  printer: Printer,
  onEvent: (event: SessionEvent) => void,
) {
  const wish: NewSession = {
    connector: agent,
    interactive: canAsk(io),
    ...(options.node !== undefined && { node: options.node }),
    ...(options.transport !== undefined && { transport: options.transport }),
    ...(options.yolo && { yolo: true }),
    ...policyOf(options),
    ...(options.idleTimeout !== undefined && { idleTimeoutSecs: options.idleTimeout }),
    ...(options.timeout !== undefined && { promptTimeoutSecs: Math.ceil(options.timeout) }),
  };
  if (options.cwd !== undefined)
    return client.newSession({ ...wish, cwd: resolve(io.cwd, options.cwd) }, onEvent);
  try {
    return await client.newSession({ ...wish, cwd: io.cwd }, onEvent);
  } catch (error) {
    const { code, data } = PraxisError.from(error);
    const aboutCwd =
      code === ErrorCode.Forbidden || (data as { cwd?: unknown } | undefined)?.cwd !== undefined;
    if (!aboutCwd) throw error;
    const session = await client.newSession(wish, onEvent);
    const { cwd } = await client.findSession(session.sessionId);
    printer.remark(`${io.cwd} cannot be used on the node; the session works in ${cwd} (choose with --cwd)`);
    return session;
  }
}
