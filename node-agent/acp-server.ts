/**
 * The node's ACP server: one for all its connectors and sessions. Every request of the service gets exactly one answer, is run
 * once however often it comes, and a frame that is no good harms nobody but its sender.
 */
import type { Incoming } from '../bus/index.js';
import {
  DEFAULT_PROMPT_TIMEOUT_SECS,
  ErrorCode,
  errorLine,
  type Frame,
  invalidParams,
  methodNotFound,
  NewSessionMeta,
  PraxisError,
  parseFrame,
  praxisMeta,
  type Request,
  resultLine,
  SessionId,
  sessionIdOf,
  unknownSession,
} from '../proto/index.js';
import { AcpSession } from './acp-session.js';
import type { StartAgent } from './agent-process.js';
import { Answers } from './answers.js';
import { Child } from './child.js';
import type { Clock } from './clock.js';
import type { Connector } from './connector.js';
import type { Groups } from './groups.js';
import { allowedDirectory } from './roots.js';
import type { Uplink } from './uplink.js';

/** The run of an agent's process. A session's agent is not replaced yet, so it is the first. */
const EPOCH = 1;

export interface AcpServerOptions {
  connectors: readonly Connector[];
  /** What the node's owner allows. */
  roots: readonly string[];
  yolo: 'allow' | 'deny';
  uplink: Uplink;
  groups: Groups;
  clock: Clock;
  /** A service came up: it wants to know who is there. */
  onServiceOnline(): void;
  /** A warning for the log: ids and sizes only. */
  warn(message: string, details: Record<string, unknown>): void;
}

interface OpenSession {
  cwd: string;
  acp: AcpSession;
}

export class AcpServer {
  private readonly sessions = new Map<SessionId, OpenSession>();
  private readonly answers = new Answers();
  private stopped = false;

  constructor(private readonly options: AcpServerOptions) {}

  /** The sessions that live here, as `hello` tells them. */
  list(): { sessionId: SessionId; epoch: number }[] {
    return [...this.sessions.keys()].map((sessionId) => ({ sessionId, epoch: EPOCH }));
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
    await Promise.all([...this.sessions.values()].map(({ acp }) => acp.end()));
  }

  private dispatch(frame: Frame, session: SessionId | undefined, epoch: number | undefined): void {
    if (frame.kind === 'request') {
      this.request(frame);
      return;
    }
    if (frame.kind === 'notification' && frame.method === '_praxis/service/online') {
      this.options.onServiceOnline();
      return;
    }
    const open = this.sessions.get(session ?? sessionIdOf(frame) ?? '');
    if (frame.kind === 'notification') open?.acp.notification(frame);
    // An answer for an earlier run of the agent means nothing to this one.
    else if (epoch === undefined || epoch === EPOCH) open?.acp.response(frame);
  }

  private request(request: Request): void {
    const begun = this.answers.begin(JSON.stringify(request.id));
    if (begun.fresh) this.run(request);
    else if (begun.answer) this.send(begun.answer.sessionId, begun.answer.line);
  }

  private run(request: Request): void {
    const sessionId = sessionIdOf(request);
    if (request.method === 'session/new') void this.open(request);
    else if (request.method === 'session/list')
      this.answer(undefined, request.id, resultLine(request.id, this.page()));
    else if (sessionId === undefined) this.refuse(undefined, request, methodNotFound(request.method));
    else {
      const open = this.sessions.get(sessionId);
      if (open) open.acp.request(request);
      else this.refuse(sessionId, request, unknownSession(sessionId));
    }
  }

  private page() {
    return { sessions: [...this.sessions].map(([sessionId, { cwd }]) => ({ sessionId, cwd })) };
  }

  private async open(request: Request): Promise<void> {
    const meta = NewSessionMeta.safeParse(praxisMeta(request.params) ?? {});
    const sessionId = meta.data?.sessionId;
    try {
      if (!meta.success || !sessionId) throw invalidParams('session/new needs _meta.praxis.sessionId');
      const acp = await this.start(sessionId, meta.data, request);
      await acp.open(request);
    } catch (error) {
      this.refuse(sessionId, request, error);
    }
  }

  private async start(sessionId: SessionId, meta: NewSessionMeta, request: Request): Promise<AcpSession> {
    const { connectors, roots, uplink, groups, clock } = this.options;
    if (this.sessions.has(sessionId)) throw invalidParams(`There is a session ${sessionId} already`);
    const connector = connectors.find(({ id }) => id === meta.connector);
    if (!connector) throw this.unknownConnector(meta.connector);
    const cwd = allowedDirectory(request.params.cwd, roots);
    if (meta.yolo && this.options.yolo === 'deny')
      throw new PraxisError(ErrorCode.Forbidden, "The node's owner does not allow YOLO (node.json: yolo)");
    const yolo = meta.yolo ?? false;
    const spec = await connector.open({ sessionId, cwd, yolo, interactive: meta.interactive ?? false });
    if (this.stopped) throw new PraxisError(ErrorCode.NodeLost, 'The node is stopping');
    const start: StartAgent =
      'start' in spec ? spec.start : (events) => new Child({ ...spec, ...events, cwd, groups, clock });
    const acp = new AcpSession({
      start,
      sessionId,
      epoch: EPOCH,
      yolo,
      promptTimeoutSecs: meta.promptTimeoutSecs ?? DEFAULT_PROMPT_TIMEOUT_SECS,
      lane: uplink.lane(sessionId, EPOCH),
      clock,
      answer: (hopId, line) => this.answer(sessionId, hopId, line),
      onEnd: () => this.sessions.delete(sessionId),
    });
    this.sessions.set(sessionId, { cwd, acp });
    return acp;
  }

  private unknownConnector(wanted: string | undefined): PraxisError {
    const known = this.options.connectors.map(({ id }) => id);
    const message = wanted ? `There is no connector ${wanted} on this node` : 'Which connector? Name one';
    return invalidParams(`${message}: ${known.join(', ')}`, { connectors: known });
  }

  private refuse(sessionId: SessionId | undefined, request: Request, error: unknown): void {
    this.answer(sessionId, request.id, errorLine(request.id, error));
  }

  private answer(sessionId: string | undefined, hopId: Request['id'], line: string): void {
    const known = SessionId.safeParse(sessionId).data;
    this.answers.end(JSON.stringify(hopId), { sessionId: known, line });
    this.send(known, line);
  }

  private send(sessionId: SessionId | undefined, line: string): void {
    if (sessionId) this.options.uplink.lane(sessionId, EPOCH).send(line);
    else this.options.uplink.say(line);
  }
}
