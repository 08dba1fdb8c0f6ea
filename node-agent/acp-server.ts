/**
 * The node's ACP server: one for all its connectors and sessions. Every request of the service gets exactly one answer, is run
 * once however often it comes, and a frame that is no good harms nobody but its sender.
 */
import type { Incoming } from '../bus/index.js';
import {
  DEFAULT_PROMPT_TIMEOUT_SECS,
  ErrorCode,
  errorLine,
  FilesParams,
  type Frame,
  invalidParams,
  MAX_AGENT_FRAMES_PER_SECOND,
  methodNotFound,
  NewSessionMeta,
  type NodePolicy,
  PraxisError,
  parseFrame,
  praxisMeta,
  ReopenMeta,
  type Request,
  resultLine,
  SessionId,
  sessionIdOf,
  unknownSession,
} from '../proto/index.js';
import { AcpSession, stillStarting } from './acp-session.js';
import { checkAgentOptions, checkDirectories } from './agent-options.js';
import type { StartAgent } from './agent-process.js';
import { type Answer, Answers } from './answers.js';
import { Child } from './child.js';
import type { Clock } from './clock.js';
import type { AgentSpec, Connector } from './connector.js';
import { listFiles } from './files.js';
import type { Groups } from './groups.js';
import { LastStarts } from './last-starts.js';
import { allowedDirectory } from './roots.js';
import { isTerminalRequest, type TerminalRight, terminalRequest } from './terminal-requests.js';
import type { Uplink } from './uplink.js';

/** The run of a session's first agent process. The service counts the later ones. */
const FIRST_EPOCH = 1;

export interface AcpServerOptions {
  connectors: readonly Connector[];
  /** What the node's owner allows. */
  roots: readonly string[];
  yolo: 'allow' | 'deny';
  terminal: TerminalRight;
  /** Whether sessions may bring MCP servers, which are programs that are started here. */
  mcpServers: 'allow' | 'deny';
  /** What the owner sets for sessions; the service keeps to most of it. */
  policy?: NodePolicy;
  uplink: Uplink;
  groups: Groups;
  clock: Clock;
  /** A service came up: it wants to know who is there. */
  onServiceOnline(): void;
  /** A warning for the log: ids and sizes only. */
  warn(message: string, details: Record<string, unknown>): void;
}

interface OpenSession {
  readonly epoch: number;
  /** Undefined while its connector is asked what to start. */
  running?: { cwd: string; acp: AcpSession };
  /** Nothing may be started for it any more. */
  givenUp: boolean;
}

interface Prepared {
  cwd: string;
  yolo: boolean;
  spec: AgentSpec;
}

/** Ends what there is of a session, and keeps anything more from being started for it. */
async function giveUp(open: OpenSession): Promise<void> {
  open.givenUp = true;
  await open.running?.acp.end();
}

const overtaken = () =>
  new PraxisError(
    ErrorCode.AgentStartFailed,
    'The session was closed, or started again, before its agent was started',
  );

export class AcpServer {
  private readonly sessions = new Map<SessionId, OpenSession>();
  private readonly answers = new Answers();
  private readonly starts: LastStarts;
  private stopped = false;

  constructor(private readonly options: AcpServerOptions) {
    this.starts = new LastStarts(options.clock, Date.now);
  }

  /** The sessions that live here, as `hello` tells them. */
  list(): { sessionId: SessionId; epoch: number }[] {
    return [...this.sessions].map(([sessionId, { epoch }]) => ({ sessionId, epoch }));
  }

  /** Takes a message of the service. */
  receive({ headers, lines }: Incoming): void {
    for (const line of lines) {
      try {
        this.dispatch(parseFrame(line), headers.session, headers.epoch);
      } catch (error) {
        this.options.warn('dropped a frame', {
          reason: PraxisError.from(error).message,
          length: line.length,
        });
      }
    }
  }

  /** Ends every agent. Resolves when no process of any is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(
      [...this.sessions.values()].map((open) => {
        open.givenUp = true;
        return open.running?.acp.leave();
      }),
    );
  }

  private dispatch(frame: Frame, session: SessionId | undefined, epoch: number | undefined): void {
    if (frame.kind === 'request') {
      this.request(frame, epoch);
      return;
    }
    if (frame.kind === 'notification' && frame.method === '_praxis/service/online') {
      this.options.onServiceOnline();
      return;
    }
    const open = this.sessions.get(session ?? sessionIdOf(frame) ?? '');
    if (frame.kind === 'notification') open?.running?.acp.notification(frame);
    // An answer for an earlier run of the agent means nothing to this one.
    else if (epoch === undefined || epoch === open?.epoch) open?.running?.acp.response(frame);
  }

  private request(request: Request, epoch: number | undefined): void {
    const begun = this.answers.begin(JSON.stringify(request.id));
    if (begun.fresh) this.run(request, epoch);
    else if (begun.answer) this.send(begun.answer);
  }

  private run(request: Request, epoch: number | undefined): void {
    const sessionId = sessionIdOf(request);
    if (request.method === 'session/new') void this.open(request, NewSessionMeta);
    else if (request.method === 'session/resume') void this.open(request, ReopenMeta);
    else if (request.method === 'session/list')
      this.answer(undefined, request.id, resultLine(request.id, this.page()));
    else if (request.method === '_praxis/files') void this.files(request, sessionId);
    else if (isTerminalRequest(request)) void this.terminal(request, sessionId);
    else if (sessionId === undefined) this.refuse(undefined, request, methodNotFound(request.method));
    else {
      const open = this.sessions.get(sessionId);
      if (open && (!epoch || epoch === open.epoch)) this.ask(sessionId, open, request);
      else this.absent(sessionId, request, epoch || FIRST_EPOCH);
    }
  }

  private ask(sessionId: SessionId, open: OpenSession, request: Request): void {
    const { running, epoch } = open;
    if (running) running.acp.request(request);
    else if (request.method === 'session/close') {
      open.givenUp = true;
      this.ended(sessionId, epoch);
      this.answer(sessionId, request.id, resultLine(request.id, {}), epoch);
    } else this.refuse(sessionId, request, stillStarting(), epoch);
  }

  private async files(request: Request, sessionId: SessionId | undefined): Promise<void> {
    const open = sessionId === undefined ? undefined : this.sessions.get(sessionId);
    const epoch = open?.epoch ?? FIRST_EPOCH;
    try {
      const params = FilesParams.safeParse(request.params);
      if (!params.success) throw invalidParams(`_praxis/files: ${params.error.issues[0]?.message}`);
      if (sessionId !== undefined && !open) throw unknownSession(sessionId);
      const result = await listFiles(params.data, open?.running?.cwd, this.options.roots);
      this.answer(sessionId, request.id, resultLine(request.id, result), epoch);
    } catch (error) {
      this.refuse(sessionId, request, error, epoch);
    }
  }

  /** Answered outside of the session's lane: what a terminal shows is no part of what the agent said. */
  private async terminal(request: Request, sessionId: SessionId | undefined): Promise<void> {
    const open = sessionId === undefined ? undefined : this.sessions.get(sessionId);
    try {
      if (!open) throw unknownSession(sessionId ?? '');
      const result = await terminalRequest(request, open.running?.acp.terminal, this.options.terminal);
      this.answer(undefined, request.id, resultLine(request.id, result));
    } catch (error) {
      this.refuse(undefined, request, error);
    }
  }

  /** Nothing of the request has happened, so it may come again under its id when the session is back. */
  private absent(sessionId: SessionId, request: Request, epoch: number): void {
    this.answers.drop(JSON.stringify(request.id));
    this.send({ sessionId, epoch, line: errorLine(request.id, unknownSession(sessionId)) });
  }

  private page() {
    return {
      sessions: [...this.sessions].flatMap(([sessionId, { running }]) =>
        running ? [{ sessionId, cwd: running.cwd }] : [],
      ),
    };
  }

  /** Makes a session, or brings one back whose agent is gone. */
  private async open(request: Request, shape: typeof NewSessionMeta | typeof ReopenMeta): Promise<void> {
    const meta: { data?: NewSessionMeta & Partial<ReopenMeta> } = shape.safeParse(
      praxisMeta(request.params) ?? {},
    );
    const { sessionId, epoch = FIRST_EPOCH, agentSessionId } = meta.data ?? {};
    try {
      if (!meta.data || !sessionId) throw invalidParams(`${request.method} needs _meta.praxis.sessionId`);
      const acp = await this.start(sessionId, epoch, meta.data, request);
      await acp.open(request, agentSessionId);
      this.starts.note(sessionId);
    } catch (error) {
      this.refuse(sessionId, request, error, epoch);
    }
  }

  /** One process for a session, whatever else is asked about it while its connector says what to start. */
  private async start(
    sessionId: SessionId,
    epoch: number,
    meta: NewSessionMeta,
    request: Request,
  ): Promise<AcpSession> {
    const before = this.sessions.get(sessionId);
    if (before && before.epoch >= epoch) throw invalidParams(`There is a session ${sessionId} already`);
    const open: OpenSession = { epoch, givenUp: false };
    this.sessions.set(sessionId, open);
    try {
      // The service has given the earlier process up: two must never work on one session.
      if (before) await giveUp(before);
      const { cwd, yolo, spec } = await this.prepare(sessionId, epoch, meta, request);
      if (open.givenUp || this.stopped) {
        if ('discard' in spec) await spec.discard();
        throw this.stopped ? new PraxisError(ErrorCode.NodeLost, 'The node is stopping') : overtaken();
      }
      const acp = this.newAcpSession(sessionId, epoch, meta, { cwd, yolo, spec });
      open.running = { cwd, acp };
      return acp;
    } catch (error) {
      this.ended(sessionId, epoch);
      throw error;
    }
  }

  /** What to start, and where: all that may be asked of others before the process is there. */
  private async prepare(
    sessionId: SessionId,
    epoch: number,
    meta: NewSessionMeta,
    request: Request,
  ): Promise<Prepared> {
    const { connectors, roots } = this.options;
    const connector = connectors.find(({ id }) => id === meta.connector);
    if (!connector) throw this.unknownConnector(meta.connector);
    const cwd = allowedDirectory(request.params.cwd, roots);
    this.checkMore(request.params);
    if (meta.yolo && this.options.yolo === 'deny')
      throw new PraxisError(ErrorCode.Forbidden, "The node's owner does not allow YOLO (node.json: yolo)");
    const yolo = meta.yolo ?? false;
    const { interactive = false, transport } = meta;
    const spec = await connector.open({ sessionId, cwd, yolo, interactive, transport });
    if (spec.loadInNewMinute && epoch > FIRST_EPOCH) await this.starts.minuteOver(sessionId);
    return { cwd, yolo, spec };
  }

  /** What a session may reach or start besides its own directory and agent. Throws InvalidParams and Forbidden. */
  private checkMore({ additionalDirectories, mcpServers, _meta }: Request['params']): void {
    checkDirectories('additionalDirectories', additionalDirectories, this.options.roots);
    checkAgentOptions(_meta, this.options);
    if (this.options.mcpServers === 'deny' && Array.isArray(mcpServers) && mcpServers.length > 0)
      throw new PraxisError(
        ErrorCode.Forbidden,
        "The node's owner does not allow MCP servers of clients (node.json: mcpServers)",
      );
  }

  private newAcpSession(
    sessionId: SessionId,
    epoch: number,
    { promptTimeoutSecs = DEFAULT_PROMPT_TIMEOUT_SECS }: NewSessionMeta,
    { cwd, yolo, spec }: Prepared,
  ): AcpSession {
    const { uplink, groups, clock } = this.options;
    const start: StartAgent =
      'start' in spec ? spec.start : (events) => new Child({ ...spec, ...events, cwd, groups, clock });
    return new AcpSession({
      ...spec,
      start,
      sessionId,
      epoch,
      yolo,
      promptTimeoutSecs,
      lane: uplink.lane(sessionId, epoch),
      clock,
      maxFramesPerSecond: this.options.policy?.maxFramesPerSecond ?? MAX_AGENT_FRAMES_PER_SECOND,
      answer: (hopId, line) => this.answer(sessionId, hopId, line, epoch),
      onEnd: () => this.ended(sessionId, epoch),
    });
  }

  private ended(sessionId: SessionId, epoch: number): void {
    if (this.sessions.get(sessionId)?.epoch === epoch) this.sessions.delete(sessionId);
  }

  private unknownConnector(wanted: string | undefined): PraxisError {
    const known = this.options.connectors.map(({ id }) => id);
    const message = wanted ? `There is no connector ${wanted} on this node` : 'Which connector? Name one';
    return invalidParams(`${message}: ${known.join(', ')}`, { connectors: known });
  }

  private refuse(
    sessionId: SessionId | undefined,
    request: Request,
    error: unknown,
    epoch = FIRST_EPOCH,
  ): void {
    this.answer(sessionId, request.id, errorLine(request.id, error), epoch);
  }

  private answer(
    sessionId: string | undefined,
    hopId: Request['id'],
    line: string,
    epoch = FIRST_EPOCH,
  ): void {
    const answer = { sessionId: SessionId.safeParse(sessionId).data, epoch, line };
    this.answers.end(JSON.stringify(hopId), answer);
    this.send(answer);
  }

  private send({ sessionId, epoch, line }: Answer): void {
    if (sessionId) this.options.uplink.lane(sessionId, epoch).send(line);
    else this.options.uplink.say(line);
  }
}
