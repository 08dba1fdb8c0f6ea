/**
 * What Praxis adds to ACP: `_meta.praxis`, the `_praxis/*` methods that parts and clients call, and the notifications
 * that are events of a session's journal. docs/protocol.md tells them in prose, with the order in which they come.
 */
import { z } from 'zod';
import { ContentBlock } from './acp.js';
import { ApprovalMethods } from './approval-methods.js';
import { Name, SessionId, TurnId } from './ids.js';
import { LifeMethods } from './life-methods.js';
import { ApprovalPolicy, IdleTimeoutSecs, NodePolicy } from './policy.js';
import { TerminalMethods } from './terminal-methods.js';
import { TurnMethods } from './turn-methods.js';

const text = z.string();
const time = z.number().int().min(0);

/* ---- _meta.praxis of requests ------------------------------------------------------------------------------ */

/** On `session/new`: which agent, where, and how. On `initialize`: the defaults of the connection. */
export const NewSessionMeta = z.looseObject({
  node: Name.optional(),
  connector: Name.optional(),
  /** How the connector drives its agent, one of its `transports`; default: the first. */
  transport: Name.optional(),
  /** The id that the client chose for the session, so that a repeated request makes one session. */
  sessionId: SessionId.optional(),
  /** Answer the agent's permission requests with "allow" (the node's owner may forbid it). */
  yolo: z.boolean().optional(),
  /** Somebody may answer questions. False: what no viewer can answer is answered "reject". */
  interactive: z.boolean().optional(),
  /** In the place of the node's policy. */
  approvals: ApprovalPolicy.optional(),
  idleTimeoutSecs: IdleTimeoutSecs.optional(),
  promptTimeoutSecs: z.number().int().min(1).max(86_400).optional(),
  title: z.string().max(200).optional(),
});
export type NewSessionMeta = z.infer<typeof NewSessionMeta>;

/** On `session/prompt`: the turn's id, made by the client, so that it knows its turn among the events. */
export const PromptMeta = z.looseObject({
  turnId: TurnId.optional(),
  /** Cancels the turn that runs and goes before all that wait. */
  urgent: z.boolean().optional(),
});
export type PromptMeta = z.infer<typeof PromptMeta>;

/** What an agent's messages are; without it, markdown, as ACP's clients draw them. */
export const MessageText = z.enum(['markdown', 'plain']);
export type MessageText = z.infer<typeof MessageText>;

/** On an agent's `agentInfo`: what it says of itself. */
export const AgentInfoMeta = z.looseObject({ text: MessageText.optional() });
export type AgentInfoMeta = z.infer<typeof AgentInfoMeta>;

/* ---- what a session is ------------------------------------------------------------------------------------- */

export const SessionState = z.enum(['starting', 'idle', 'working', 'waiting', 'lost', 'ended', 'archived']);
export type SessionState = z.infer<typeof SessionState>;

export const EndReason = z.enum(['closed', 'timeout', 'failed', 'node_removed']);
export type EndReason = z.infer<typeof EndReason>;

/** A session in lists; `_meta.praxis` of each item of `session/list`. */
export const SessionInfo = z.looseObject({
  sessionId: SessionId,
  node: Name,
  connector: Name,
  agent: text,
  cwd: text,
  title: text.nullable(),
  state: SessionState,
  reason: text.nullable(),
  yolo: z.boolean(),
  /** Prompts that wait besides the running one. */
  queued: z.number().int().min(0),
  seq: z.number().int().min(0),
  epoch: z.number().int().min(0),
  createdAt: time,
  updatedAt: time,
  /** Characters of the journal. */
  size: z.number().int().min(0).optional(),
  /** What the session sets for itself in the place of its node's. */
  approvals: ApprovalPolicy.optional(),
  idleTimeoutSecs: IdleTimeoutSecs.optional(),
  /** How its connector drives the agent, where there are several ways. */
  transport: Name.optional(),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

export const ConnectorInfo = z.looseObject({
  id: Name,
  title: text,
  version: text.nullable(),
  /** ready; or why not, with what to do on the node. `checking`: the node has just started and is looking; a session may be tried. */
  status: z.enum(['ready', 'checking', 'missing', 'needs_setup', 'unsupported']),
  hint: text.nullable(),
  /** The ways in which it can drive its agent, the one first that a session gets which names none. Absent: there is no choice. */
  transports: z.array(Name).optional(),
});
export type ConnectorInfo = z.infer<typeof ConnectorInfo>;

export const NodeInfo = z.looseObject({
  name: Name,
  state: z.enum(['live', 'lost']),
  version: text,
  os: text,
  connectors: z.array(ConnectorInfo),
  /** What the owner allows. */
  roots: z.array(text),
  yolo: z.enum(['allow', 'deny']),
  /** What the owner sets for the sessions of the node. */
  policy: NodePolicy.optional(),
  /** Where a session starts when nobody says where. */
  home: text,
  sessions: z.number().int().min(0),
  lastSeen: time,
});
export type NodeInfo = z.infer<typeof NodeInfo>;

/* ---- methods that the service answers ---------------------------------------------------------------------- */

const bySession = z.looseObject({ sessionId: SessionId });
const ofLogin = z.looseObject({ role: z.enum(['node', 'client']), name: Name });

/** Where to look: below the directory of a session (`path` is relative), or anywhere that the owner of a node allows (absolute). */
export const FilesParams = z
  .looseObject({
    sessionId: SessionId.optional(),
    node: Name.optional(),
    path: z
      .string()
      .max(4_096)
      .refine((path) => !path.includes('\0'), 'must have no NUL'),
    prefix: z.string().max(256).optional(),
  })
  .refine((p) => (p.sessionId === undefined) !== (p.node === undefined), 'needs either sessionId or node');
export type FilesParams = z.infer<typeof FilesParams>;

export const FilesResult = z.looseObject({
  /** The directory, symbolic links resolved. */
  path: text,
  entries: z.array(z.looseObject({ name: text, kind: z.enum(['directory', 'file', 'other']) })),
  truncated: z.boolean(),
});
export type FilesResult = z.infer<typeof FilesResult>;

/** One of the processes that can serve. */
const ServiceProcess = z.looseObject({ host: text, pid: z.number().int() });

/** Requests a client makes: params and result of each. */
export const ClientMethods = {
  ...TurnMethods,
  ...ApprovalMethods,
  ...LifeMethods,
  ...TerminalMethods,
  '_praxis/status': {
    params: z.looseObject({}),
    result: z.looseObject({
      version: text,
      boot: text,
      startedAt: time,
      bus: text,
      /** The journal's database, for people. */
      store: text.optional(),
      /** The process that answers, and those that would go on in its place. */
      active: ServiceProcess.optional(),
      standby: z.array(ServiceProcess).optional(),
      nodes: z.array(NodeInfo),
      /** Those whose agent is there, or is on its way. */
      sessions: z.number().int(),
      /** Of these, those whose agent waits for an answer. */
      waiting: z.number().int(),
      /** Those besides whose agent or node is gone, and that may come back. An older service counts them as open. */
      lost: z.number().int().optional(),
    }),
  },
  '_praxis/nodes': { params: z.looseObject({}), result: z.looseObject({ nodes: z.array(NodeInfo) }) },
  /** The names in a directory on a node: those that begin with `prefix`, no contents. The node answers. */
  '_praxis/files': { params: FilesParams, result: FilesResult },
  /** Sessions whose id begins with `prefix`, newest first; 20 at most. Ended ones too. */
  '_praxis/session/find': {
    params: z.looseObject({ prefix: z.string().min(1).max(64) }),
    result: z.looseObject({ sessions: z.array(SessionInfo) }),
  },
  /**
   * Makes the client a viewer: first this answer, then every event with `seq` > `after` in order, then the live ones.
   * Again on the same session: the stream starts anew after `after`. Without `after`: live ones only.
   */
  '_praxis/session/attach': {
    params: bySession.extend({ after: z.number().int().min(0).optional() }),
    result: z.looseObject({ session: SessionInfo, after: z.number().int().min(0) }),
  },
  /** Brings a lost session back; answers when it is there. `context` is `live` when the session was not lost. */
  '_praxis/session/resume': {
    params: bySession,
    result: z.looseObject({ sessionId: SessionId, context: z.enum(['kept', 'new', 'live']) }),
  },
  '_praxis/session/detach': { params: bySession, result: z.looseObject({}) },
  /** One page of the journal, for reading without being a viewer. `last` is the journal's newest seq. */
  '_praxis/session/events': {
    params: bySession.extend({
      after: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).default(1_000),
    }),
    result: z.looseObject({
      events: z.array(z.looseObject({ seq: time, epoch: time, at: time, frame: text })),
      last: z.number().int(),
    }),
  },
  /**
   * Makes a login at the broker; `join` is the text that `praxis join` reads on the other machine. It holds a secret. Refused
   * with NotAllowed unless the client works where a service runs, and with InvalidParams for the logins in use there.
   */
  '_praxis/enroll': { params: ofLogin, result: z.looseObject({ join: text }) },
  /**
   * Takes a login away: its connections end. With that of a node, the node is listed no more and its sessions end, with reason
   * `node_removed`; the answer says how many. Refused like enrolling, and with InvalidParams where there is no such login.
   */
  '_praxis/revoke': { params: ofLogin, result: z.looseObject({ sessions: z.number().int().optional() }) },
} as const;

/* ---- events that the service writes into a session's journal, besides the agent's own frames ---------------- */

const event = { sessionId: SessionId, at: time };

export const TurnState = z.enum(['queued', 'running', 'cancelling', 'ended', 'removed']);
export type TurnState = z.infer<typeof TurnState>;

/** Notifications in the journal: an event's frame is either one of these or a frame that the agent said. */
export const Events = {
  /** The session is there: what the agent said of itself. `result` is the agent's answer to `session/new`. */
  '_praxis/session/opened': z.looseObject({
    ...event,
    node: Name,
    connector: Name,
    cwd: text,
    yolo: z.boolean(),
    agentInfo: z.looseObject({}).nullish(),
    agentCapabilities: z.looseObject({}).nullish(),
    result: z.looseObject({}).nullish(),
  }),
  '_praxis/session/state': z.looseObject({
    ...event,
    state: SessionState,
    reason: text.nullish(),
    detail: text.nullish(),
  }),
  /** A person named the session, or (null) gives the name back to the agent. */
  '_praxis/session/renamed': z.looseObject({ ...event, title: text.nullable(), by: text }),
  /** A line for the person that is no word of the agent: a warning, a lost context, a killed process. */
  '_praxis/session/notice': z.looseObject({
    ...event,
    severity: z.enum(['info', 'warning', 'error']),
    text,
  }),
  /**
   * A turn changed. The first event of a turn has its `prompt`; being in the journal means that it is accepted. A later
   * `queued` with a `prompt` is an edit; `queued` after `running` says that no agent has got it. `ended` has either `result` (and its `stopReason`, if it has one) or `error`.
   */
  '_praxis/turn': z.looseObject({
    ...event,
    turnId: TurnId,
    state: TurnState,
    prompt: z.array(ContentBlock).optional(),
    /** The name of the client login that prompted. */
    by: text.optional(),
    /** With `queued`: it waits before all others. */
    next: z.boolean().optional(),
    stopReason: text.optional(),
    result: z.looseObject({}).optional(),
    error: z.looseObject({ code: z.number(), message: text }).optional(),
  }),
  /** A request of the agent (a permission question, say) got its one answer. `requestId` is the id of the request's frame. */
  '_praxis/request/resolved': z.looseObject({
    ...event,
    requestId: text,
    /** The answer that the agent got. */
    result: z.unknown().optional(),
    error: z.looseObject({ code: z.number(), message: text }).optional(),
    /** A client login's name, or what else answered: `yolo`, `policy`, `cancel`. */
    by: text,
  }),
  /** A permission question that was answered at once, by YOLO on the node. `params` is the question. */
  '_praxis/request/auto': z.looseObject({
    ...event,
    method: text,
    params: z.looseObject({}),
    result: z.unknown(),
    by: text,
  }),
} as const;
export type EventMethod = keyof typeof Events;
export type EventParams<M extends EventMethod> = z.infer<(typeof Events)[M]>;

/* ---- between the parts ------------------------------------------------------------------------------------- */

/** Node → service, notifications outside any session. */
export const NodeMessages = {
  /** Sent first on every connection, and again when the service says that it is online. */
  '_praxis/node/hello': z.looseObject({
    name: Name,
    boot: text,
    version: text,
    features: z.array(text),
    os: text,
    home: text,
    roots: z.array(text),
    yolo: z.enum(['allow', 'deny']),
    policy: NodePolicy.optional(),
    connectors: z.array(ConnectorInfo),
    /** The sessions that live here, with the run of their agent. */
    sessions: z.array(z.looseObject({ sessionId: SessionId, epoch: z.number().int() })),
    /** A polite stop has begun: it takes nothing more, ends what runs, and then says bye. */
    leaving: z.boolean().optional(),
  }),
  /** Every NODE_BEAT_MS. */
  '_praxis/node/beat': z.looseObject({ boot: text }),
  /** A polite stop: its sessions are gone. */
  '_praxis/node/bye': z.looseObject({ boot: text }),
} as const;

/**
 * Node → service, notifications of one session in the order of its frames. They become `_praxis/session/*` events; the
 * service adds `at`.
 */
export const NodeSessionMessages = {
  /** The agent's process ended outside a close. The session is lost; its unanswered requests get an error from the node first. */
  '_praxis/agent/exited': z.looseObject({
    sessionId: SessionId,
    code: z.number().int().nullable(),
    signal: text.nullable(),
    detail: text,
  }),
  '_praxis/agent/notice': z.looseObject({
    sessionId: SessionId,
    severity: z.enum(['info', 'warning', 'error']),
    text,
  }),
  /** YOLO answered a permission question. */
  '_praxis/agent/auto': z.looseObject({
    sessionId: SessionId,
    method: text,
    params: z.looseObject({}),
    result: z.unknown(),
    by: text,
  }),
} as const;

/** The answer of a node to `session/new`, and to the `session/resume` that brings a lost session back: the agent's own result with our session id, and what it said of itself. */
export const NodeOpened = z.looseObject({
  sessionId: SessionId,
  _meta: z.looseObject({
    praxis: z.looseObject({
      agentInfo: z.looseObject({}).nullish(),
      agentCapabilities: z.looseObject({}).nullish(),
      /** The agent's own id of the session, by which it is brought back. */
      agentSessionId: text.nullish(),
      /** How the agent is driven, where there are several ways; a reopening asks for the same. */
      transport: Name.nullish(),
      /** After a reopening: whether the agent still knows what was said. */
      context: z.enum(['kept', 'new']).nullish(),
    }),
  }),
});

/** Service → node: `_meta.praxis` of the `session/resume` that brings a lost session back, besides that of its `session/new`. */
export const ReopenMeta = NewSessionMeta.extend({
  sessionId: SessionId,
  /** The run of the new agent process. */
  epoch: z.number().int().min(1),
  agentSessionId: text.nullable(),
});
export type ReopenMeta = z.infer<typeof ReopenMeta>;

/** Service → everyone. */
export const Broadcasts = {
  /** The service is there; `boot` tells a new one from the old. Nodes say hello again, clients ask again what is open. */
  '_praxis/service/online': z.looseObject({ boot: text, version: text }),
  /** The connection of that run of the service has ended: the broker says so, until the service or another one is there again. */
  '_praxis/service/silent': z.looseObject({ boot: text }),
  '_praxis/nodes/changed': z.looseObject({ nodes: z.array(NodeInfo) }),
  /** Some session changed its state, title or queue, or is new. For lists; viewers get the event itself. */
  '_praxis/sessions/changed': z.looseObject({ sessions: z.array(SessionInfo) }),
} as const;
