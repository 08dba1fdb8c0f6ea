/**
 * The error codes of the wire, each with one meaning. Codes below zero are those of JSON-RPC and ACP
 * (https://agentclientprotocol.com/protocol/v1/error-handling); ours are positive, so that no editor mistakes one of them
 * for a request to log in (-32000).
 */
export const ErrorCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  /** The session does not exist or has ended; `data.sessionId` names it. */
  ResourceNotFound: -32002,
  /** The request was cancelled with `$/cancel_request`. */
  RequestCancelled: -32800,

  /** No node of that name is connected; nothing was sent. */
  NodeUnavailable: 1001,
  /** The node went away before it answered. */
  NodeLost: 1002,
  /** The agent could not be started; `data.hint` says what to do on the node. */
  AgentStartFailed: 1003,
  /** The agent's process ended, or broke the protocol, before it answered. */
  AgentLost: 1004,
  /** The prompt ran longer than the session's time limit and was stopped. */
  PromptTimedOut: 1005,
  /** The session already has the most prompts that may wait. */
  QueueFull: 1006,
  /** The frame is larger than MAX_FRAME_BYTES. */
  FrameTooLarge: 1007,
  /** The node's owner does not allow this: the directory or YOLO. */
  Forbidden: 1008,
  /** The session's agent is gone; `data.hint` says how to go on. */
  SessionLost: 1009,
  /** The sender's login may not say this. */
  NotAllowed: 1010,
  /** The journal could not be written; nothing was accepted. */
  StorageFailed: 1011,
  /** The part that speaks is too old; `data.hint` has the command that upgrades it. */
  TooOld: 1012,
  /** No answer within the time limit of this request. */
  TimedOut: 1013,
  /** The service or the bus is out of reach. */
  Disconnected: 1014,
  /** What the request is about is no longer as the sender saw it: answered, running or changed meanwhile. */
  Conflict: 1015,
  /** As many sessions live on the node as its owner allows. */
  TooManySessions: 1016,
  /** The session's journal is as large as it may be; it takes no more prompts. */
  JournalFull: 1017,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** The `error` member of a JSON-RPC response. */
export interface ErrorObject {
  code: number;
  message: string;
  data?: unknown;
}

/** An error that crosses the wire as it is: a code, a sentence for a person, and data for a program. */
export class PraxisError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
    this.name = 'PraxisError';
  }

  toJSON(): ErrorObject {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }

  /** Any thrown thing as an error for the wire: ours untouched, the rest as a fault of ours without its stack. */
  static from(thrown: unknown): PraxisError {
    if (thrown instanceof PraxisError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return fault(message);
  }
}

/** A fault of Praxis itself. Its data tell it from an agent's own "internal error", which has the same code. */
export const fault = (message: string, data: object = {}) =>
  new PraxisError(ErrorCode.InternalError, message, { ...data, by: 'praxis' });

export const isFault = ({ code, data }: ErrorObject): boolean =>
  code === ErrorCode.InternalError && (data as { by?: unknown } | null | undefined)?.by === 'praxis';

/** The line of what a program told that says what went wrong: a stack trace and Node's own footer come after it. */
export function tellingLine(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /^praxis:|\berror\b|Error:/i.test(line)) ?? lines.at(-1);
}

export const invalidParams = (message: string, data?: unknown) =>
  new PraxisError(ErrorCode.InvalidParams, message, data);

/** A session wants a transport that its connector does not have. */
export const unknownTransport = (connector: string, wanted: string, transports: readonly string[]) =>
  invalidParams(
    transports.length === 0
      ? `${connector} has no transports to choose from: leave ${wanted} out`
      : `${connector} has no transport ${wanted}: ${transports.join(', ')}`,
    { transports },
  );

export const unknownSession = (sessionId: string) =>
  new PraxisError(ErrorCode.ResourceNotFound, `There is no session ${sessionId}`, { sessionId });

/** The session has ended, or is archived: it takes nothing more. */
export const endedSession = (sessionId: string, connector: string) =>
  new PraxisError(ErrorCode.ResourceNotFound, `The session ${sessionId} has ended`, {
    sessionId,
    hint: `Its transcript stays: praxis session attach ${sessionId.slice(0, 8)}. Start another one with: praxis session start ${connector}`,
  });

export const methodNotFound = (method: string) =>
  new PraxisError(ErrorCode.MethodNotFound, `Method not found: ${method}`, { method });
