/**
 * An agent that a connector's script drives. To the node it is an ACP agent like any other: it takes ACP lines and says ACP lines, so
 * that time limits, cancelling, YOLO and lost agents are the same for both. A script that was stopped is made anew; its agent's
 * process goes on, and so does the turn where the script knows how (`restored`).
 */
import {
  CANCEL_GRACE_MS,
  ErrorCode,
  errorLine,
  invalidParams,
  methodNotFound,
  notificationLine,
  PROTOCOL_VERSION,
  PraxisError,
  parseFrame,
  type Request,
  requestLine,
  resultLine,
} from '../../proto/index.js';
import type { AgentEvents, AgentProcess } from '../agent-process.js';
import type { SessionRequest } from '../connector.js';
import type { SessionHost } from '../host/session-host.js';
import type { AgentEnd } from '../host/streams.js';
import { LuaError, type LuaVm } from '../lua/index.js';
import { type McpServer, mcpServers } from './mcp-servers.js';
import { agentProblem, checked, scriptProblem } from './problems.js';
import { Questions } from './questions.js';
import { sessionFace } from './session-face.js';
import { Capabilities, ConfigOptions, Ended, MessageText, type Modes, Opened } from './shapes.js';
import { Speech } from './speech.js';

/** How often the script of one session may be stopped. Once more, and the session is lost. */
const MAX_STOPS = 3;

export interface ScriptedAgentOptions extends AgentEvents {
  vm: LuaVm;
  host: SessionHost;
  session: SessionRequest;
  /** Who speaks, in the words of ACP's `initialize`. */
  agentInfo: { name: string; title: string; version: string };
  /** What the script's functions get besides the session. */
  context: unknown;
}

interface Turn {
  request: Request;
  cancelled: boolean;
  /** The script was stopped in this turn: it ends with this, whatever the agent says. */
  failure: PraxisError | undefined;
}

export class ScriptedAgent implements AgentProcess {
  readonly started = Promise.resolve();
  private readonly speech = new Speech((update) => this.update(update));
  private readonly questions: Questions;
  /** The agent's own id of the session. */
  private id: string;
  private modes: Modes | undefined;
  private mcpServers: McpServer[] = [];
  private saved: unknown;
  private turn: Turn | undefined;
  private agentEnd: AgentEnd | undefined;
  private over: Promise<void> | undefined;
  private isOpen = false;
  private stops = 0;
  /** Resolves when a script that was made anew has taken up its session. */
  private restored: Promise<void> = Promise.resolve();
  private tellRestored: (() => void) | undefined;

  constructor(private readonly options: ScriptedAgentOptions) {
    this.id = options.session.sessionId;
    this.questions = new Questions((id, question) =>
      options.onLine(requestLine(id, 'session/request_permission', { sessionId: this.id, ...question })),
    );
    const face = sessionFace({
      speech: this.speech,
      questions: this.questions,
      update: (update) => this.update(update),
      notice: (text) => this.notice(text),
      modeChanged: (modeId) => this.modeChanged(modeId),
      save: (value) => {
        this.saved = value;
      },
      withdraw: (toolCallId) => {
        const requestId = this.questions.withdraw(toolCallId);
        if (requestId) this.notify('$/cancel_request', { requestId });
      },
      done: (reason) => this.endTurn(reason),
      fail: ({ code, message, data }) =>
        this.endTurn(new PraxisError(code ?? ErrorCode.InternalError, message, data)),
    });
    options.host.extend({ ...face, onAgentEnd: (end) => void this.agentEnded(end) });
  }

  get stderrTail(): string {
    return this.agentEnd?.stderr ?? this.options.host.streams.agentStderr;
  }

  get terminal() {
    return this.options.host.streams.agentTerminal;
  }

  write(line: string): boolean {
    const frame = parseFrame(line);
    if (frame.kind === 'request') void this.request(frame);
    else if (frame.kind === 'response') this.questions.answered(frame.id, frame.result);
    else if (frame.method === 'session/cancel') this.cancel();
    return true;
  }

  pause(): void {
    this.options.host.pause();
  }

  resume(): void {
    this.options.host.resume();
  }

  signal(signal: NodeJS.Signals): void {
    this.options.host.streams.signal(signal);
  }

  stop(): Promise<void> {
    this.over ??= this.end(true);
    return this.over;
  }

  terminate(): Promise<void> {
    this.over ??= this.end(false);
    return this.over;
  }

  /** The script's VM is gone. Called before another one is made. */
  vmStopped(): void {
    this.options.host.renewed();
    this.questions.orphan();
    if (this.tellRestored) return;
    this.restored = new Promise((resolve) => {
      this.tellRestored = resolve;
    });
  }

  /** A new VM is there; with `error` when it was this script that did not stop computing. */
  async vmRenewed(error: LuaError | undefined): Promise<void> {
    if (error) this.stops++;
    if (!(await this.takeUp())) return;
    this.tellRestored?.();
    this.tellRestored = undefined;
    if (error && !this.over) this.spoilt(error);
  }

  /** Whether the new VM has taken up the session, or never will. Not when it was stopped meanwhile: then there will be another one. */
  private async takeUp(): Promise<boolean> {
    const { vm, host, context } = this.options;
    try {
      if (this.stops > MAX_STOPS || !vm.functions.has('restored')) void this.terminate();
      else await vm.call('restored', this.session(), context, host.streams.handles());
      return true;
    } catch (error) {
      if (error instanceof LuaError && (error.kind === 'restarted' || error.kind === 'timeout')) return false;
      void this.terminate();
      return true;
    }
  }

  /** What the agent said when its script did not stop computing is lost, so the turn cannot be trusted any more. */
  private spoilt(error: LuaError): void {
    this.notice(`The connector failed: ${error.message}`);
    const { turn } = this;
    if (!turn) return;
    turn.failure = scriptProblem(error);
    this.cancel();
    this.options.host.clock.after(CANCEL_GRACE_MS, () => {
      if (this.turn === turn) void this.terminate();
    });
  }

  private async request(request: Request): Promise<void> {
    try {
      const result = await this.answer(request);
      if (result !== undefined) this.options.onLine(resultLine(request.id, result));
    } catch (error) {
      this.options.onLine(errorLine(request.id, this.explain(error)));
    }
  }

  /** Undefined for a prompt, which endTurn answers. */
  private async answer(request: Request): Promise<unknown> {
    const { method, params } = request;
    switch (method) {
      case 'initialize':
        return this.initialize();
      case 'session/new':
        return this.open('open', params);
      case 'session/resume':
        return this.open('resume', params, params.sessionId);
      case 'session/prompt':
        return void this.prompt(request);
      case 'session/set_mode':
        return this.chooseMode(method, params.modeId);
      case 'session/set_config_option':
        return this.chooseOption(method, params.configId, params.value);
      case 'session/close':
        if (this.options.vm.functions.has('close')) await this.call('close');
        return {};
      default:
        throw methodNotFound(method);
    }
  }

  private async initialize() {
    const { mcp, ...promptCapabilities } = this.capabilities();
    const mcpCapabilities = { http: mcp.includes('http'), sse: mcp.includes('sse') };
    const resume = this.options.vm.functions.has('resume') && { resume: {} };
    const text = await this.messageText();
    const sessionCapabilities = { close: {}, ...resume };
    return {
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { ...this.options.agentInfo, ...(text && { _meta: { praxis: { text } } }) },
      agentCapabilities: { promptCapabilities, mcpCapabilities, sessionCapabilities },
    };
  }

  /** What the script says that its messages are: a word, or a function that gives it. */
  private async messageText() {
    const { vm, context } = this.options;
    const text = vm.functions.has('text') ? await this.call('text', context) : vm.fields.text;
    return checked(MessageText, text, 'text');
  }

  private capabilities() {
    const { mcp = [], ...prompt } = checked(
      Capabilities,
      this.options.vm.fields.capabilities,
      'capabilities',
    );
    return { mcp, ...prompt };
  }

  private async open(name: 'open' | 'resume', params: Request['params'], ...args: unknown[]) {
    if (!this.options.vm.functions.has(name)) throw methodNotFound(`session/${name}`);
    const { servers, left } = mcpServers(params.mcpServers, this.capabilities().mcp);
    if (left.length > 0)
      this.notice(`This connector cannot give its agent these MCP servers: ${left.join(', ')}`);
    this.mcpServers = servers;
    this.agentEnd = undefined;
    const answer = await this.call(name, this.options.context, ...args).catch((error) => {
      throw this.openProblem(error);
    });
    const opened = checked(Opened, answer, name);
    this.isOpen = true;
    if (this.agentEnd) void this.terminate();
    const { id = this.id, modes, configOptions } = opened;
    this.id = id;
    this.modes = modes;
    return { sessionId: id, modes, configOptions };
  }

  private async prompt(request: Request): Promise<void> {
    const turn: Turn = { request, cancelled: false, failure: undefined };
    this.turn = turn;
    try {
      const reason = await this.call('prompt', request.params.prompt);
      if (reason !== undefined && this.turn === turn) this.endTurn(checked(Ended, reason, 'prompt'));
    } catch (error) {
      // A script that was made anew goes on with the turn, or is given up, elsewhere.
      const renewed = error instanceof LuaError && (error.kind === 'restarted' || error.kind === 'timeout');
      const dead = this.over !== undefined || this.agentEnd !== undefined;
      const chosen = error instanceof LuaError && error.code !== undefined;
      if (this.turn === turn && !renewed && (!dead || chosen)) this.endTurn(this.explain(error));
    }
  }

  private cancel(): void {
    if (!this.turn) return;
    this.turn.cancelled = true;
    this.questions.cancelAll();
    // A script that cannot cancel is helped by the interrupt that follows.
    if (this.options.vm.functions.has('cancel'))
      this.call('cancel').catch((error) => this.noticeError(error));
  }

  private endTurn(outcome: Ended | PraxisError): void {
    const { turn } = this;
    if (!turn) return;
    this.turn = undefined;
    this.questions.cancelAll();
    this.speech.endTurn();
    const { id } = turn.request;
    const problem = turn.failure ?? (turn.cancelled || typeof outcome === 'string' ? undefined : outcome);
    const stopReason = turn.cancelled ? 'cancelled' : outcome;
    this.options.onLine(problem ? errorLine(id, problem) : resultLine(id, { stopReason }));
  }

  private async chooseMode(method: string, modeId: unknown) {
    const known = this.modes?.availableModes.find(({ id }) => id === modeId);
    if (!this.modes || !this.options.vm.functions.has('set_mode')) throw methodNotFound(method);
    if (!known) throw invalidParams(`There is no mode ${modeId}`);
    await this.call('set_mode', known.id);
    this.modeChanged(known.id);
    return {};
  }

  private async chooseOption(method: string, configId: unknown, value: unknown) {
    if (!this.options.vm.functions.has('set_config_option')) throw methodNotFound(method);
    const answer = await this.call('set_config_option', configId, value);
    const configOptions = checked(ConfigOptions, answer, 'set_config_option');
    this.update({ sessionUpdate: 'config_option_update', configOptions });
    return { configOptions };
  }

  private modeChanged(modeId: string): void {
    if (!this.modes || this.modes.currentModeId === modeId) return;
    this.modes.currentModeId = modeId;
    this.update({ sessionUpdate: 'current_mode_update', currentModeId: modeId });
  }

  /** The agent's program has ended: the script hears its last words, then the node is told. */
  private async agentEnded(end: AgentEnd): Promise<void> {
    this.agentEnd = end;
    this.questions.cancelAll();
    await end.heard;
    // While it is opened its script says so, and may be asked to open another.
    if (this.isOpen) await this.terminate();
  }

  private async end(politely: boolean): Promise<void> {
    const { host, vm, onExit } = this.options;
    this.questions.cancelAll();
    this.tellRestored?.();
    await host.stop(politely);
    vm.close();
    this.speech.end();
    onExit(this.agentEnd?.exit ?? { code: null, signal: 'SIGTERM' });
  }

  private async call(name: string, ...args: unknown[]): Promise<unknown> {
    await this.restored;
    return this.options.vm.call(name, this.session(), ...args);
  }

  private session() {
    const { saved, modes, mcpServers } = this;
    return { ...this.options.session, saved, modes, mcpServers };
  }

  private openProblem(error: unknown): unknown {
    if (!(error instanceof LuaError) || error.code !== undefined || this.agentEnd) return error;
    return new PraxisError(ErrorCode.AgentStartFailed, error.message, { file: error.file, line: error.line });
  }

  private explain(error: unknown): PraxisError {
    if (!(error instanceof LuaError)) return PraxisError.from(error);
    return this.agentEnd && error.code === undefined ? agentProblem(this.agentEnd) : scriptProblem(error);
  }

  private noticeError(error: unknown): void {
    if (error instanceof LuaError && error.kind === 'runtime') this.notice(scriptProblem(error).message);
  }

  private update(update: Record<string, unknown>): void {
    this.notify('session/update', { update });
  }

  private notice(text: string): void {
    this.notify('_praxis/agent/notice', { severity: 'warning', text });
  }

  private notify(method: string, params: Record<string, unknown>): void {
    this.options.onLine(notificationLine(method, { sessionId: this.id, ...params }));
  }
}
