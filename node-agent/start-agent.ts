/** Brings an agent up to a session: spawn, `initialize`, then `session/new` or the resumption of one, and its first mode, all within one time limit. */
import {
  AGENT_START_MS,
  ErrorCode,
  type ErrorObject,
  InitializeResult,
  PROTOCOL_VERSION,
  PraxisError,
  type Request,
  type Response,
  removeMember,
  replaceMember,
  setMember,
  VERSION,
  withoutPraxis,
} from '../proto/index.js';
import type { AgentLink, Reply } from './agent-link.js';
import { setFirstMode } from './agent-mode.js';
import { type Clock, within } from './clock.js';
import type { AgentManner } from './connector.js';
import type { NotStarted } from './not-started.js';

export interface StartedAgent {
  /** The agent's own id of the session. */
  agentSessionId: string;
  initialized: InitializeResult;
  /** Whether the agent knows the earlier conversation, of a session that was to be brought back. */
  context: 'kept' | 'new';
  /** The answer that opened the session, as it came but with `result.sessionId` and the mode that was set. */
  line: string;
  /** What the person should know of this agent. */
  warnings: string[];
}

/** ACP: the agent wants a login first. */
const AUTH_REQUIRED = -32000;

/**
 * Starts the agent behind `link`: with the session that it knows as `resume`, or with a new one. Rejects with the agent's own
 * error to `session/new`, or AgentStartFailed; the caller ends the process then.
 */
export async function startAgent(
  link: AgentLink,
  request: Request,
  { clock, ...manner }: { clock: Clock } & AgentManner,
  resume?: string | null,
): Promise<StartedAgent> {
  const started = await within(clock, AGENT_START_MS, start(link, request, manner, resume));
  if (started) return started;
  throw startFailed(link, `The agent did not answer within ${AGENT_START_MS / 1_000} s of its start`);
}

async function start(
  link: AgentLink,
  request: Request,
  manner: AgentManner,
  resume: string | null | undefined,
): Promise<StartedAgent> {
  await link.child.started.catch(({ message, hint }: NotStarted) => {
    throw new PraxisError(ErrorCode.AgentStartFailed, `The agent could not be started: ${message}`, { hint });
  });
  const initialized = await initialize(link);
  const { result, opened } = await open(link, request, manner, initialized, resume);
  const first = await setFirstMode(link, opened.agentSessionId, { line: opened.line, result }, manner.mode);
  const warnings = [manner.warning, first.warning].filter((text) => text !== undefined);
  return { ...opened, initialized, line: first.line, warnings };
}

type Opened = Pick<StartedAgent, 'agentSessionId' | 'context' | 'line'>;

async function open(
  link: AgentLink,
  request: Request,
  manner: AgentManner,
  initialized: InitializeResult,
  resume: string | null | undefined,
): Promise<{ result: unknown; opened: Opened }> {
  const method = resumeMethod(initialized);
  if (typeof resume === 'string' && method) {
    const { result, error, line } = await ask(link, resumeLine(request, method, resume), request.id);
    const opened: Opened = { agentSessionId: resume, context: 'kept', line: named(line, result, resume) };
    // An agent that no longer has the session says so, and begins anew.
    if (!error) return { result, opened };
  }
  const { result, error, line } = await ask(link, newSessionLine(request), request.id);
  if (error) throw refusal(error, manner.setup);
  const id = (result as { sessionId?: unknown } | null)?.sessionId;
  if (typeof id !== 'string') throw startFailed(link, 'The agent answered session/new without a session id');
  return { result, opened: { agentSessionId: id, context: 'new', line } };
}

async function ask(link: AgentLink, line: string, hopId: Request['id']): Promise<Response> {
  const reply = await new Promise<Reply>((resolve) => {
    link.forward(line, hopId, resolve);
  });
  if ('lost' in reply) throw startFailed(link, reply.lost.message);
  return reply.response;
}

/**
 * How the agent takes a session up again: without its history where it can (https://agentclientprotocol.com/protocol/v1/session-setup).
 */
function resumeMethod({ agentCapabilities }: InitializeResult): string | undefined {
  const resume = agentCapabilities?.sessionCapabilities?.resume;
  if (resume !== undefined && resume !== null) return 'session/resume';
  return agentCapabilities?.loadSession ? 'session/load' : undefined;
}

function resumeLine(request: Request, method: string, agentSessionId: string): string {
  const line = replaceMember(newSessionLine(request), ['method'], JSON.stringify(method));
  return setMember(line, ['params'], 'sessionId', JSON.stringify(agentSessionId));
}

/** The answer to resume or load, which names no session and may be null, in the form of one to `session/new`. */
function named(line: string, result: unknown, sessionId: string): string {
  const isObject = typeof result === 'object' && result !== null;
  const object = isObject ? line : replaceMember(line, ['result'], '{}');
  return setMember(object, ['result'], 'sessionId', JSON.stringify(sessionId));
}

/** The agent's own error; when it wants a login, with what to do on the node. */
function refusal({ code, message, data }: ErrorObject, setup: string | undefined): PraxisError {
  if (code !== AUTH_REQUIRED || setup === undefined) return new PraxisError(code, message, data);
  return new PraxisError(code, message, { ...(data as object | undefined), hint: `Needs setup: ${setup}` });
}

/** Paths belong to the node, so the agent reads and writes its files itself: no fs, no terminal. Forms wait in the inbox for a person. */
async function initialize(link: AgentLink): Promise<InitializeResult> {
  const answer = await link
    .call('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: {
        fs: { readTextFile: false, writeTextFile: false },
        terminal: false,
        elicitation: { form: {} },
      },
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

/** The client's request as the agent gets it, for a new session. `mcpServers` is required by the specification; older clients omit it. */
function newSessionLine(request: Request): string {
  const bare = removeMember(withoutPraxis(request.line, ['params']), ['params', 'sessionId']);
  const line = replaceMember(bare, ['method'], '"session/new"');
  return request.params.mcpServers ? line : setMember(line, ['params'], 'mcpServers', '[]');
}

const startFailed = (link: AgentLink, message: string) =>
  new PraxisError(ErrorCode.AgentStartFailed, message, {
    stderr: link.child.stderrTail,
    hint: "Run the agent's command by hand on the node to see what it lacks",
  });
