/**
 * What the service keeps, as rows, and the store that keeps them. The store promises one thing: a batch is committed as a
 * whole or not at all. Every call is asynchronous, so that a database over a network fits behind it too.
 */
import type { SessionState } from '../../proto/index.js';

export interface SessionRow {
  id: string;
  node: string;
  connector: string;
  /** The agent's title, for people. */
  agent: string;
  cwd: string;
  title: string | null;
  state: SessionState;
  reason: string | null;
  /** 1 when permission questions are answered with "allow" on the node. */
  yolo: number;
  /** The newest event's number. */
  seq: number;
  /** The run of the agent's process. */
  epoch: number;
  /** The run of the node that made the session; null until the node has spoken about it. */
  nodeBoot: string | null;
  /** The newest frame of that run that is in the journal: what comes again is dropped. */
  nodeSeq: number;
  createdAt: number;
  updatedAt: number;
  /** Characters of the journal. */
  size: number;
  /** What was set for this session, as JSON (see sessions/settings.ts). */
  settings: string;
}

/** How a session was opened; apart from its row because it is written twice and read seldom. All are JSON texts. */
export interface OpeningRow {
  session: string;
  /** The request to the node that makes the session or brings it back, until it is answered. */
  line: string | null;
  /** `session/new` as the node got it, from which a lost session is brought back. Null until it is answered. */
  request: string | null;
  /** The agent's own id of the session; null when it told none. */
  agentSessionId: string | null;
  result: string | null;
  error: string | null;
  agentInfo: string | null;
  agentCapabilities: string | null;
}

export interface TurnRow {
  id: string;
  session: string;
  state: 'queued' | 'running' | 'cancelling' | 'ended';
  /** Order among the turns of a session. */
  position: number;
  /** The request to the node, until the turn has ended. */
  line: string | null;
  result: string | null;
  error: string | null;
  /** The login that prompted. */
  by: string;
  at: number;
}

/** A request of an agent. It is kept after its answer until its turn ends, so that the answer can be sent to the node again. */
export interface RequestRow {
  /** The id under which viewers know it. */
  id: string;
  session: string;
  /** The agent's own id, as JSON text. */
  agentId: string;
  epoch: number;
  method: string;
  /** When it was asked, in milliseconds since 1970. */
  at: number;
  /** The frame as viewers get it. */
  frame: string;
  /** The answer as the agent gets it; null while it is open. */
  answer: string | null;
  /** JSON of what the agent has announced of the tool call that it asks about; null when it has announced nothing. */
  call: string | null;
  /** JSON of the addresses of the clients that said that they cannot answer it. */
  abstained: string;
}

export interface EventRow {
  session: string;
  seq: number;
  epoch: number;
  /** Milliseconds since 1970. */
  at: number;
  frame: string;
}

export interface NodeRow {
  name: string;
  boot: string;
  /** NodeInfo as JSON. */
  info: string;
}

/** Everything about some sessions, except their events. */
export interface SessionRows {
  sessions: SessionRow[];
  openings: OpeningRow[];
  turns: TurnRow[];
  requests: RequestRow[];
}

/** What one transaction writes. Rows replace those of the same key. */
export interface Batch extends SessionRows {
  events: EventRow[];
  nodes: NodeRow[];
  /** Ids of requests that nobody needs any more. */
  doneRequests: string[];
  /** Ids of sessions that go with everything they have. */
  removedSessions: string[];
  /** Names of nodes that are none any more. */
  removedNodes: string[];
}

export interface Store {
  /** Commits all of it or, when it rejects, nothing. Rejects with Fenced when another service has taken over. */
  commit(batch: Batch): Promise<void>;
  /** Every session; of the turns those that are open or ended after `since` (ms since 1970). */
  load(since: number): Promise<SessionRows & { nodes: NodeRow[] }>;
  /** The same for these sessions, after a commit that failed. */
  loadSessions(ids: readonly string[], since: number): Promise<SessionRows>;
  /** Events with `seq` > `after` in order: at most `limit`, and no more once they hold `maxBytes` characters. */
  events(session: string, after: number, limit: number, maxBytes?: number): Promise<EventRow[]>;
}
