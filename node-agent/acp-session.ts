/**
 * A session whose agent speaks ACP: its frames pass through, with the ids and the session id of each hop put in place and
 * nothing else touched. All that the agent said before an answer goes up before the answer.
 */
import {
  CANCEL_GRACE_MS,
  ErrorCode,
  type ErrorObject,
  errorLine,
  invalidParams,
  methodNotFound,
  type Notification,
  PraxisError,
  PromptParams,
  type Request,
  type Response,
  replaceMember,
  resultLine,
  type SessionId,
  withoutPraxis,
} from '../proto/index.js';
import { type AgentExit, AgentLink, type Reply } from './agent-link.js';
import type { StartAgent } from './agent-process.js';
import { type Clock, within } from './clock.js';
import type { AgentManner } from './connector.js';
import { FromAgent } from './from-agent.js';
import { withPraxisMeta } from './praxis-meta.js';
import { unsupportedBlock } from './prompt-blocks.js';
import { startAgent } from './start-agent.js';
import type { ViewedTerminal } from './terminal-requests.js';
import { Turn } from './turn.js';
import type { SessionLane } from './uplink.js';

/** Milliseconds that an agent has to answer the cancel of a node that stops. */
const LEAVE_MS = 1_000;

export interface AcpSessionOptions extends AgentManner {
  start: StartAgent;
  sessionId: SessionId;
  epoch: number;
  yolo: boolean;
  promptTimeoutSecs: number;
  lane: SessionLane;
  clock: Clock;
  /** Frames of the agent that are read in a second. */
  maxFramesPerSecond: number;
  /** Sends the one answer to a request of the service, on the session's lane. */
  answer(hopId: Request['id'], line: string): void;
  /** The session is over: its agent ended or could not be started. */
  onEnd(): void;
}

/** Methods that would make a second session in the agent, or that the service answers from its journal. */
const NOT_FORWARDED = new Set(['session/load', 'session/resume', 'session/fork', 'session/delete']);

export const stillStarting = () => new PraxisError(ErrorCode.InvalidRequest, 'The session is still starting');

export class AcpSession {
  private readonly link: AgentLink;
  private agent:
    | { sessionId: string; promptCapabilities: Record<string, unknown> | null; close: boolean }
    | undefined;
  private turn: Turn | undefined;
  private turnSettled: Promise<void> = Promise.resolve();
  private closing = false;
  private readonly fromAgent: FromAgent;

  constructor(private readonly options: AcpSessionOptions) {
    const { sessionId, yolo, lane, clock, maxFramesPerSecond } = options;
    this.link = new AgentLink({
      ...options,
      onRequest: (request) => this.fromAgent.frame(request),
      onNotification: (notification) => this.fromAgent.frame(notification),
      onRubbish: (kind) => this.fromAgent.rubbish(kind),
      onExit: (exit) => this.exited(exit),
    });
    this.fromAgent = new FromAgent({
      sessionId,
      yolo,
      lane,
      agent: this.link,
      clock,
      maxFramesPerSecond,
      onAsk: () => this.turn?.hold(),
    });
  }

  /**
   * Starts the agent and answers the request that asked for it: `session/new`, or the `session/resume` of a session that the
   * agent knows as `resume` (null: by no id). Never rejects: a failure is the answer.
   */
  async open(request: Request, resume?: string | null): Promise<void> {
    try {
      if (typeof resume === 'string') this.fromAgent.dropHistory();
      const started = await startAgent(this.link, request, this.options, resume);
      const { agentCapabilities, agentInfo } = started.initialized;
      const close = agentCapabilities?.sessionCapabilities?.close;
      this.agent = {
        sessionId: started.agentSessionId,
        promptCapabilities: agentCapabilities?.promptCapabilities ?? null,
        close: close !== undefined && close !== null,
      };
      const ours = replaceMember(
        started.line,
        ['result', 'sessionId'],
        JSON.stringify(this.options.sessionId),
      );
      const { agentSessionId, context } = started;
      const { transport } = this.options;
      const told = { agentInfo, agentCapabilities, agentSessionId, transport };
      const meta = { ...told, ...(resume !== undefined && { context }) };
      const line = withPraxisMeta(ours, meta);
      this.options.answer(request.id, replaceMember(line, ['id'], JSON.stringify(request.id)));
      this.fromAgent.release(started.agentSessionId);
      for (const text of started.warnings) this.fromAgent.warn(text);
    } catch (error) {
      this.closing = true;
      await this.link.child.terminate();
      this.options.onEnd();
      this.options.answer(request.id, errorLine(request.id, error));
    }
  }

  /** A request of the service about this session. It is answered once, whatever happens. */
  request(request: Request): void {
    if (request.method === 'session/close') this.close(request);
    else if (!this.agent) this.refuse(request, stillStarting());
    else if (NOT_FORWARDED.has(request.method)) this.refuse(request, methodNotFound(request.method));
    else if (request.method === 'session/prompt') this.prompt(request);
    else this.forward(request, (reply) => this.pass(request, reply));
  }

  notification(notification: Notification): void {
    const { method, params } = notification;
    if (method === 'session/cancel') this.turn?.stop('cancelled');
    else if (method === '$/cancel_request') this.cancelRequest(params.requestId);
    else if (this.agent) this.link.send(this.toAgent(notification.line));
  }

  /** An answer to a request of the agent, with the agent's own id. A second one, or one to nothing asked, is dropped. */
  response(response: Response): void {
    if (!this.fromAgent.takeAnswer(response.line)) return;
    this.link.send(response.line);
    if (!this.fromAgent.isAsking) this.turn?.goOn();
  }

  /** The terminal that the agent runs on, if it does. */
  get terminal(): ViewedTerminal | undefined {
    return this.link.child.terminal;
  }

  /** Ends the agent because its node stops: the running prompt is answered as cancelled, also when the agent does not answer it in time. */
  async leave(): Promise<void> {
    this.turn?.stop('cancelled');
    await within(this.options.clock, LEAVE_MS, this.turnSettled);
    await this.end();
  }

  /** Ends the agent and its process group, without a word to the service. */
  async end(): Promise<void> {
    this.closing = true;
    await this.link.child.stop();
  }

  private prompt(request: Request): void {
    const problem = this.promptProblem(request);
    if (problem) this.refuse(request, problem);
    else this.startTurn(request);
  }

  private promptProblem(request: Request): PraxisError | undefined {
    const params = PromptParams.safeParse(request.params);
    if (!params.success) return invalidParams('session/prompt needs a list of content blocks');
    const block = unsupportedBlock(params.data.prompt, this.agent?.promptCapabilities);
    if (block) return invalidParams(`This agent does not take ${block} in a prompt`);
    return this.turn && new PraxisError(ErrorCode.InvalidRequest, 'A prompt is already in progress');
  }

  private startTurn(request: Request): void {
    const turn = new Turn(
      String(request.id),
      this.options.clock,
      this.turnMeans(),
      this.options.promptTimeoutSecs,
    );
    this.turn = turn;
    this.turnSettled = new Promise((resolve) => {
      this.forward(request, (reply) => {
        turn.settle();
        this.turn = undefined;
        this.endTurn(request, turn, reply);
        resolve();
      });
    });
  }

  private turnMeans() {
    return {
      cancel: () => this.link.notify('session/cancel', { sessionId: this.agent?.sessionId }),
      interrupt: () => this.link.child.signal('SIGINT'),
      terminate: () => void this.link.child.terminate(),
    };
  }

  private endTurn(request: Request, turn: Turn, reply: Reply): void {
    if (turn.stopping === 'timed_out') {
      const message = `The prompt ran longer than ${this.options.promptTimeoutSecs} s and was stopped`;
      this.refuse(request, new PraxisError(ErrorCode.PromptTimedOut, message));
    } else if (turn.stopping === 'cancelled' && 'lost' in reply) {
      this.options.answer(request.id, resultLine(request.id, { stopReason: 'cancelled' }));
    } else this.pass(request, reply);
  }

  private close(request: Request): void {
    this.closing = true;
    void this.closeAgent().then(() => {
      this.options.onEnd();
      this.options.answer(request.id, resultLine(request.id, {}));
    });
  }

  /** Cancels, lets the prompt be answered, tells the agent if it wants to know, ends its processes. */
  private async closeAgent(): Promise<void> {
    this.turn?.stop('cancelled');
    await this.turnSettled;
    if (this.agent?.close) {
      const closed = this.link.call('session/close', { sessionId: this.agent.sessionId });
      // The session ends all the same when the agent objects or is gone.
      await within(this.options.clock, CANCEL_GRACE_MS, closed).catch((_error: PraxisError) => undefined);
    }
    await this.link.child.stop();
  }

  private cancelRequest(hopId: unknown): void {
    const requestId = this.link.numberOf(hopId);
    if (this.turn?.id === hopId) this.turn?.stop('cancelled');
    else if (requestId !== undefined) this.link.notify('$/cancel_request', { requestId });
  }

  private forward(request: Request, reply: (reply: Reply) => void): void {
    this.link.forward(this.toAgent(request.line), request.id, reply);
  }

  private toAgent(line: string): string {
    return replaceMember(
      withoutPraxis(line, ['params']),
      ['params', 'sessionId'],
      JSON.stringify(this.agent?.sessionId),
    );
  }

  private pass(request: Request, reply: Reply): void {
    const { id } = request;
    if ('lost' in reply) this.refuse(request, reply.lost);
    else this.options.answer(id, replaceMember(reply.response.line, ['id'], JSON.stringify(id)));
  }

  private refuse(request: Request, error: PraxisError | ErrorObject): void {
    const { code, message, data } = error;
    this.options.answer(request.id, errorLine(request.id, new PraxisError(code, message, data)));
  }

  private exited(exit: AgentExit): void {
    if (this.closing || !this.agent) return;
    this.options.onEnd();
    this.fromAgent.exited(exit);
  }
}
