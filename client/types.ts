/**
 * What the TUI, the command line and the ACP bridge share: one connection to the service over the bus that survives
 * restarts of both, and cursors over the journals of sessions. Drawing and printing are elsewhere.
 */
import type { z } from 'zod';
import type {
  ApprovalPolicy,
  ClientMethods,
  ContentBlock,
  ErrorObject,
  Frame,
  NodeInfo,
  PromptResult,
  SessionInfo,
} from '../proto/index.js';

/** What a status line shows. `reason` is a sentence; `retryAt` is in ms since 1970. */
export type LinkState =
  | { kind: 'connecting'; reason?: string; retryAt?: number }
  | { kind: 'connected' }
  /** The broker is there, the service does not answer. */
  | { kind: 'service_lost'; since: number }
  | { kind: 'closed' };

/** One event of a session's journal. */
export interface SessionEvent {
  sessionId: string;
  seq: number;
  epoch: number;
  /** Milliseconds since 1970. */
  at: number;
  frame: Frame;
}

export interface Cursor {
  readonly sessionId: string;
  /** The newest event that was handed over. */
  readonly seq: number;
  /** Stop watching. The session lives on. */
  detach(): Promise<void>;
}

export interface NewSession {
  node?: string;
  connector?: string;
  /** How the agent is driven; default: the first of its transports. */
  transport?: string;
  /** Default: the node's home directory, or the first directory that it allows. */
  cwd?: string;
  yolo?: boolean;
  interactive?: boolean;
  promptTimeoutSecs?: number;
  title?: string;
  /** In the place of the node's policy. */
  approvals?: ApprovalPolicy;
  /** Seconds without an event after which the idle session is ended. */
  idleTimeoutSecs?: number;
}

/** What the agent answered to the prompt. */
export type TurnResult = PromptResult;

export interface Turn {
  turnId: string;
  accepted: Promise<void>;
  result: Promise<TurnResult>;
  /** Cancels this turn and no other, also while it waits for its start. */
  cancel(): void;
}

export type ClientResult<M extends keyof typeof ClientMethods> = z.infer<(typeof ClientMethods)[M]['result']>;

/** A request rejects with PraxisError: the error of the service or agent as it was, or Disconnected / TimedOut of ours. */
export interface Client {
  /** `<login>.<uuid>` of this run. */
  readonly address: string;
  readonly link: LinkState;
  onLink(listener: (state: LinkState) => void): () => void;
  /** Resolves when the service knows this client; rejects with Disconnected and the reason after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;

  /** The newest lists, kept up to date by broadcasts and read anew after every reconnect. */
  onNodes(listener: (nodes: NodeInfo[]) => void): () => void;
  onSessions(listener: (changed: SessionInfo[]) => void): () => void;

  call<M extends keyof typeof ClientMethods>(
    method: M,
    params: Record<string, unknown>,
  ): Promise<ClientResult<M>>;
  /** Any ACP request, as it is. It is sent again after a reconnect until it is answered; the service runs it once. */
  request(method: string, params: Record<string, unknown>): Promise<unknown>;
  notify(method: string, params: Record<string, unknown>): void;

  /** The sessions that live, newest first; with `all` those that have ended too; with `archived` the archived ones instead. */
  listSessions(options?: { cwd?: string; all?: boolean; archived?: boolean }): Promise<SessionInfo[]>;
  /** The one session whose id begins with `prefix`. Rejects with InvalidParams (`data.matches` when ambiguous). */
  findSession(prefix: string): Promise<SessionInfo>;
  /** Makes a session; `cursor` delivers its events from the first. */
  newSession(
    options: NewSession,
    onEvent: (event: SessionEvent) => void,
  ): Promise<{ sessionId: string; cursor: Cursor }>;
  /**
   * Every event after `after` (0: from the start), once and in order, then live ones; across reconnects too.
   * `onCaughtUp` is called once, when the history that existed at the call has been handed over.
   */
  attach(
    sessionId: string,
    after: number,
    onEvent: (event: SessionEvent) => void,
    onCaughtUp?: () => void,
  ): Promise<Cursor>;
  /**
   * `accepted` resolves when the prompt is in the journal; `result` when the turn has ended. An urgent prompt cancels the
   * running turn and runs before those that wait.
   */
  prompt(sessionId: string, prompt: ContentBlock[], options?: { urgent?: boolean }): Turn;
  /**
   * Cancels the turn `turnId`; without it, the one that runs in a session that this client watches, and in another the
   * one that runs when the service gets to it.
   */
  cancel(sessionId: string, turnId?: string): void;
  closeSession(sessionId: string): Promise<void>;
  /** Answers an agent's request by the id of its frame. A second answer is ignored by the service. */
  answer(sessionId: string, requestId: string, answer: { result: unknown } | { error: ErrorObject }): void;

  /** Resolves when the broker has confirmed, or lost, everything that was sent on this connection. */
  flushed(): Promise<void>;
  /** Sends what is left, closes. */
  close(): Promise<void>;
}
