/** Brings an agent up to the answer of its `session/new`: spawn, `initialize`, `session/new`, all within one time limit. */
import {
  AGENT_START_MS,
  ErrorCode,
  InitializeResult,
  PROTOCOL_VERSION,
  PraxisError,
  type Request,
  setMember,
  VERSION,
} from '../proto/index.js';
import type { AgentLink, Reply } from './agent-link.js';
import { type Clock, within } from './clock.js';
import { withoutPraxisMeta } from './praxis-meta.js';

export interface StartedAgent {
  /** The agent's own id of the session. */
  agentSessionId: string;
  initialized: InitializeResult;
  /** The answer to `session/new` as it came. */
  line: string;
}

/**
 * Starts the agent behind `link`. Rejects with the agent's own error to `session/new`, or AgentStartFailed; the caller
 * ends the process then.
 */
export async function startAgent(link: AgentLink, request: Request, clock: Clock): Promise<StartedAgent> {
  const started = await within(clock, AGENT_START_MS, start(link, request));
  if (started) return started;
  throw startFailed(link, `The agent did not answer within ${AGENT_START_MS / 1_000} s of its start`);
}

async function start(link: AgentLink, request: Request): Promise<StartedAgent> {
  await link.child.started.catch((error: NodeJS.ErrnoException) => {
    throw spawnFailed(error);
  });
  const initialized = await initialize(link);
  const reply = await new Promise<Reply>((resolve) => {
    link.forward(newSessionLine(request), request.id, resolve);
  });
  if ('lost' in reply) throw startFailed(link, reply.lost.message);
  const { result, error, line } = reply.response;
  if (error) throw new PraxisError(error.code, error.message, error.data);
  const id = (result as { sessionId?: unknown } | null)?.sessionId;
  if (typeof id !== 'string') throw startFailed(link, 'The agent answered session/new without a session id');
  return { agentSessionId: id, initialized, line };
}

/** Paths belong to the node, so the agent reads and writes its files itself: no fs, no terminal. */
async function initialize(link: AgentLink): Promise<InitializeResult> {
  const answer = await link
    .call('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
      clientInfo: { name: 'praxis', title: 'Praxis', version: VERSION },
    })
    .catch((error: PraxisError) => {
      throw startFailed(
        link,
        error.code === ErrorCode.AgentLost ? error.message : `initialize: ${error.message}`,
      );
    });
  const parsed = InitializeResult.safeParse(answer);
  if (!parsed.success) throw startFailed(link, 'The agent did not answer initialize as ACP asks');
  if (parsed.data.protocolVersion !== PROTOCOL_VERSION)
    throw startFailed(
      link,
      `The agent speaks ACP ${parsed.data.protocolVersion}, Praxis speaks ${PROTOCOL_VERSION}`,
    );
  return parsed.data;
}

/** The client's request as the agent gets it. `mcpServers` is required by the specification; older clients omit it. */
function newSessionLine(request: Request): string {
  const line = withoutPraxisMeta(request.line);
  return request.params.mcpServers ? line : setMember(line, ['params'], 'mcpServers', '[]');
}

function spawnFailed(error: NodeJS.ErrnoException): PraxisError {
  const why =
    error.code === 'ENOENT'
      ? 'is not installed'
      : error.code === 'EACCES'
        ? 'may not be executed'
        : error.message;
  return new PraxisError(ErrorCode.AgentStartFailed, `The agent's program ${error.path ?? ''} ${why}`, {
    hint: "Install it on the node, or correct the agent's command in node.json",
  });
}

const startFailed = (link: AgentLink, message: string) =>
  new PraxisError(ErrorCode.AgentStartFailed, message, {
    stderr: link.child.stderrTail,
    hint: "Run the agent's command by hand on the node to see what it lacks",
  });
