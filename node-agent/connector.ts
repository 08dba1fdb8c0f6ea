/** What the node asks of a connector. Its answers come from Lua, or from a fixture in tests. */
import type { ConnectorInfo, Name, SessionId } from '../proto/index.js';
import type { StartAgent } from './agent-process.js';

/** What a connector is told about the session that it shall open. */
export interface SessionRequest {
  sessionId: SessionId;
  cwd: string;
  yolo: boolean;
  interactive: boolean;
  /** One of the connector's transports; undefined: the first. */
  transport?: Name | undefined;
}

/** What a connector knows of its agent besides how to start it. */
export interface AgentManner {
  /** The id of the agent's own mode in which the session starts, where the agent has it. */
  mode?: string | undefined;
  /** A sentence for the person, at the start of the session. */
  warning?: string | undefined;
  /** A session may not be loaded in the minute in which it was started: the agent would overwrite its history. */
  loadInNewMinute?: boolean | undefined;
  /** What to do on the node when the agent wants a login first. */
  setup?: string | undefined;
  /** How the agent is driven, where its connector has several ways. */
  transport?: Name | undefined;
}

/** An ACP agent to start: its frames pass through. */
export interface AcpChildSpec extends AgentManner {
  command: string[];
  env: Record<string, string>;
}

/** An agent that the connector's script drives; it speaks ACP all the same. */
export interface ScriptedSpec extends AgentManner {
  start: StartAgent;
  /** Instead of `start`, when it is not wanted any more. */
  discard(): Promise<void>;
}

export type AgentSpec = AcpChildSpec | ScriptedSpec;

export interface Connector {
  readonly id: Name;
  /** Whether the agent is there, for the list of nodes. */
  info(): Promise<ConnectorInfo>;
  /** Says what to start. Rejects with PraxisError. */
  open(request: SessionRequest): Promise<AgentSpec>;
}
