/** Exit codes, each with one meaning (sysexits.h where it has one), and the sentence that a failing command ends with. */
import { sanitizeLine } from '../client/index.js';
import { ErrorCode, invalidParams, isFault, PraxisError, StopReason } from '../proto/index.js';
import { type Io, json, note, styled } from './io.js';

/** Code → meaning; docs/cli.md has the same table, and a test compares the two. */
export const EXIT: Record<string, [number, string]> = {
  ok: [0, 'done; the turn ended with `end_turn`'],
  failed: [1, 'anything else went wrong'],
  maxTokens: [3, 'the turn ended with `max_tokens`'],
  maxTurnRequests: [4, 'the turn ended with `max_turn_requests`'],
  refusal: [5, 'the turn ended with `refusal`'],
  usage: [64, 'the command line or a parameter is wrong'],
  noSession: [66, 'there is no such session'],
  unavailable: [69, 'the service, the bus or the node is out of reach, or nothing runs here'],
  internal: [70, 'an error inside Praxis'],
  storage: [74, 'the journal could not be written'],
  tryLater: [
    75,
    'no answer within the time limit, or too many prompts wait or sessions live: try again later',
  ],
  agent: [
    76,
    'the agent failed: it did not start, it ended, it answered with an error, or it ended the turn with no stop reason that is known here',
  ],
  forbidden: [
    77,
    'not allowed by the owner of the node or by the login; or the agent wants a login of its own',
  ],
  config: [78, 'a configuration or credentials file cannot be used, or this version is too old'],
  timeout: [124, 'the time limit of `--timeout` was reached and the prompt was cancelled'],
  cancelled: [130, 'the prompt was cancelled'],
};

const code = (name: keyof typeof EXIT): number => EXIT[name]![0];

const BY_STOP = {
  end_turn: 'ok',
  cancelled: 'cancelled',
  max_tokens: 'maxTokens',
  max_turn_requests: 'maxTurnRequests',
  refusal: 'refusal',
} as const satisfies Record<StopReason, keyof typeof EXIT>;

/** `reason` as the agent gave it, if it gave one. */
export function exitOfStop(reason: string | null): number {
  const known = StopReason.safeParse(reason);
  return code(known.success ? BY_STOP[known.data] : 'agent');
}

const BY_ERROR: Partial<Record<number, keyof typeof EXIT>> = {
  [ErrorCode.InvalidParams]: 'usage',
  [ErrorCode.InvalidRequest]: 'usage',
  [ErrorCode.MethodNotFound]: 'usage',
  [ErrorCode.ResourceNotFound]: 'noSession',
  [ErrorCode.RequestCancelled]: 'cancelled',
  [ErrorCode.InternalError]: 'internal',
  [ErrorCode.NodeUnavailable]: 'unavailable',
  [ErrorCode.NodeLost]: 'unavailable',
  [ErrorCode.Disconnected]: 'unavailable',
  [ErrorCode.AgentStartFailed]: 'agent',
  [ErrorCode.AgentLost]: 'agent',
  [ErrorCode.SessionLost]: 'agent',
  [ErrorCode.PromptTimedOut]: 'timeout',
  [ErrorCode.QueueFull]: 'tryLater',
  [ErrorCode.TimedOut]: 'tryLater',
  [ErrorCode.Conflict]: 'failed',
  [ErrorCode.JournalFull]: 'failed',
  [ErrorCode.TooManySessions]: 'tryLater',
  [ErrorCode.FrameTooLarge]: 'usage',
  [ErrorCode.Forbidden]: 'forbidden',
  [ErrorCode.NotAllowed]: 'forbidden',
  [ErrorCode.StorageFailed]: 'storage',
  [ErrorCode.TooOld]: 'config',
  // ACP: authentication required.
  [-32000]: 'forbidden',
};

export class UsageError extends Error {
  override name = 'UsageError';
}

/** What an agent answered to a prompt, whatever code it gave it. */
export class AgentError extends PraxisError {}

/** The error of a prompt, which says whose it is: the agent, its connector and Praxis all have the code of an internal error. */
export function ofTurn(error: unknown): unknown {
  if (!(error instanceof PraxisError) || error.code !== ErrorCode.InternalError) return error;
  const { code, message, data } = error;
  if (isFault(error)) return new PraxisError(code, `Praxis itself failed: ${message}`, data);
  const byConnector = (data as { by?: unknown } | null | undefined)?.by === 'connector';
  return new AgentError(code, byConnector ? message : `The agent answered with an error: ${message}`, data);
}

/** What commander says, without the word that it begins with. */
export const withoutPrefix = (text: string): string => text.replace(/^error: /, '');

export function exitOfError(error: unknown): number {
  if (error instanceof UsageError || error instanceof RangeError) return code('usage');
  if (error instanceof AgentError) return code('agent');
  if (error instanceof PraxisError) return code(BY_ERROR[error.code] ?? 'agent');
  return code(error instanceof Error && error.name === 'ConfigError' ? 'config' : 'failed');
}

/** Says what went wrong: one sentence on stderr, or the error as JSON on stdout. Returns the exit code. */
export function report(io: Io, error: unknown, asJson: boolean): number {
  const exitCode = exitOfError(error);
  // A wrong command line is no fault of Praxis.
  const told = error instanceof UsageError ? invalidParams(error.message) : PraxisError.from(error);
  if (asJson) {
    json(io, { error: told, exitCode });
    return exitCode;
  }
  const { message, data } = told;
  note(io, `${styled(io, 'stderr', 'red', 'praxis:')} ${sanitizeLine(message)}`);
  const { hint, matches, details, choices } = (data ?? {}) as Record<string, unknown>;
  for (const more of [hint, details]) if (typeof more === 'string') note(io, `  ${sanitizeLine(more)}`);
  if (Array.isArray(matches)) for (const match of matches) note(io, `  ${matchLine(match)}`);
  if (Array.isArray(choices)) for (const choice of choices) note(io, `  ${choiceLine(choice)}`);
  return exitCode;
}

/** A node and its agents, of an error about a node or an agent that could not be chosen. */
function choiceLine(choice: unknown): string {
  const { node, state, connectors } = (choice ?? {}) as Record<string, unknown>;
  const agents = Array.isArray(connectors) && connectors.length > 0 ? connectors.join(', ') : 'no agents';
  return sanitizeLine(`${node} (${state}): ${agents}`);
}

function matchLine(match: unknown): string {
  const { sessionId, agent, state, title } = (match ?? {}) as Record<string, unknown>;
  return sanitizeLine([sessionId ?? match, agent, state, title].filter((word) => word != null).join('  '));
}
