/**
 * What an agent says, on its way up to the service: with our session id in the place of its own, held until the answer to
 * `session/new` is out, and no faster than the bus takes it. It cannot speak as the node or the service do.
 */
import {
  ErrorCode,
  errorLine,
  MAX_FRAME_BYTES,
  memberText,
  methodNotFound,
  type Notification,
  notificationLine,
  PraxisError,
  type Request,
  replaceMember,
  type SessionId,
} from '../proto/index.js';
import type { AgentExit, Rubbish } from './agent-link.js';
import type { Clock } from './clock.js';
import { Pace } from './pace.js';
import { autoAllow } from './permission.js';
import type { SessionLane } from './uplink.js';

/**
 * Things that an agent may say before it answers `session/new`, and their characters. One that says more is not read any
 * further, so it misses AGENT_START_MS and is ended.
 */
const MAX_EARLY = 10_000;
const MAX_EARLY_CHARACTERS = 2 * MAX_FRAME_BYTES;

/** Requests of one agent that wait for an answer. One more gets an error. */
const MAX_ASKED = 1_000;

/** Updates that tell the conversation: what an agent says of these while it loads a session is in the journal already. */
const HISTORY = new Set([
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);

/** The one method of Praxis that an agent may use, as those do that the node speaks for: a sentence for the person. */
const NOTICE = '_praxis/agent/notice';

export interface FromAgentOptions {
  /** The agent asked something that is not answered here: it waits. */
  onAsk(): void;
  sessionId: SessionId;
  yolo: boolean;
  lane: SessionLane;
  /** The agent's own output, and a line to its input. */
  agent: { pause(): void; resume(): void; send(line: string): void };
  clock: Clock;
  /** Frames of the agent that are read in a second. */
  maxFramesPerSecond: number;
}

export class FromAgent {
  private agentSessionId: string | undefined;
  private early: (() => void)[] = [];
  private earlyCharacters = 0;
  /** Why the agent is not read now. */
  private readonly waitsFor = new Set<'release' | 'room' | 'pace'>();
  private readonly pace: Pace;
  private wasTooFast = false;
  private dropsHistory = false;
  /** The ids, as JSON text, of the agent's requests that wait for an answer. */
  private readonly asked = new Set<string>();

  constructor(private readonly options: FromAgentOptions) {
    this.pace = new Pace(options.maxFramesPerSecond, options.clock);
  }

  /** The agent is to bring a session back: what it repeats of the conversation until release() is dropped. */
  dropHistory(): void {
    this.dropsHistory = true;
  }

  /** The answer to `session/new` is out: what the agent said meanwhile follows. */
  release(agentSessionId: string): void {
    this.agentSessionId = agentSessionId;
    this.dropsHistory = false;
    for (const say of this.early.splice(0)) say();
    this.goOn('release');
  }

  frame(frame: Request | Notification): void {
    if (this.dropsHistory && isHistory(frame)) return;
    if (frame.method.startsWith('_praxis/') && frame.method !== NOTICE) {
      this.notItsPlace(frame);
      return;
    }
    this.whenReleased(frame.line.length, () => {
      if (frame.kind === 'request' && (this.answeredHere(frame) || !this.ask(frame))) return;
      const ours = JSON.stringify(this.options.sessionId);
      const isOwn = frame.params.sessionId === this.agentSessionId;
      this.say(isOwn ? replaceMember(frame.line, ['params', 'sessionId'], ours) : frame.line);
    });
  }

  /** Whether the agent waits for an answer. */
  get isAsking(): boolean {
    return this.asked.size > 0;
  }

  /** Whether the request goes up, to be answered there. */
  private ask({ line }: Request): boolean {
    const id = idText(line);
    if (this.asked.has(id)) {
      this.warn('The agent asked again under the id of a question that is still open; it was dropped');
      return false;
    }
    if (this.asked.size >= MAX_ASKED) {
      const message = `${MAX_ASKED} requests of this agent wait for an answer already`;
      const refusal = errorLine(null, new PraxisError(ErrorCode.InvalidRequest, message));
      this.options.agent.send(replaceMember(refusal, ['id'], id));
      return false;
    }
    this.asked.add(id);
    this.options.onAsk();
    return true;
  }

  /** Whether this answers a request that the agent waits for; the second time it does not. */
  takeAnswer(line: string): boolean {
    return this.asked.delete(idText(line));
  }

  rubbish(kind: Rubbish): void {
    const text =
      kind === 'too large'
        ? 'The agent wrote a line that is too large; it was dropped'
        : `The agent wrote a line that is ${kind}; such lines are dropped`;
    this.warn(text);
  }

  /** A sentence of ours for the person, among what the agent says. */
  warn(text: string): void {
    this.whenReleased(text.length, () => this.tell('_praxis/agent/notice', { severity: 'warning', text }));
  }

  exited({ code, signal, detail }: AgentExit): void {
    this.tell('_praxis/agent/exited', { code, signal, detail });
  }

  /** YOLO: the agent has its answer at once, and the transcript shows it. */
  private answeredHere({ method, params, line }: Request): boolean {
    if (!this.options.yolo || method !== 'session/request_permission') return false;
    const result = autoAllow(params);
    if (!result) return false;
    this.options.agent.send(`{"jsonrpc":"2.0","id":${idText(line)},"result":${JSON.stringify(result)}}`);
    const { sessionId } = this.options;
    this.tell('_praxis/agent/auto', { method, params: { ...params, sessionId }, result, by: 'yolo' });
    return true;
  }

  /** The journal would believe it: that a turn or the session ended, or who answered a question. */
  private notItsPlace(frame: Request | Notification): void {
    if (frame.kind === 'notification') return;
    const refusal = errorLine(null, methodNotFound(frame.method));
    this.options.agent.send(replaceMember(refusal, ['id'], idText(frame.line)));
  }

  private whenReleased(characters: number, say: () => void): void {
    if (this.agentSessionId !== undefined) {
      say();
      return;
    }
    this.earlyCharacters += characters;
    if (this.early.push(say) >= MAX_EARLY || this.earlyCharacters >= MAX_EARLY_CHARACTERS)
      this.wait('release', () => undefined);
  }

  private tell(method: string, params: Record<string, unknown>): void {
    this.say(notificationLine(method, { sessionId: this.options.sessionId, ...params }));
  }

  /** Sends a frame up; the agent waits while too much is on its way, and while it is too fast. */
  private say(line: string): void {
    const { lane, clock, maxFramesPerSecond } = this.options;
    lane.send(line);
    if (lane.full) this.wait('room', (go) => void lane.room().then(go));
    const ms = this.pace.frame();
    if (ms === 0) return;
    this.wait('pace', (go) => void clock.after(ms, go));
    if (this.wasTooFast) return;
    this.wasTooFast = true;
    this.warn(`The agent says more than ${maxFramesPerSecond} things a second: it is read no faster`);
  }

  private wait(why: 'release' | 'room' | 'pace', over: (go: () => void) => void): void {
    if (this.waitsFor.has(why)) return;
    this.waitsFor.add(why);
    this.options.agent.pause();
    over(() => this.goOn(why));
  }

  private goOn(why: 'release' | 'room' | 'pace'): void {
    if (this.waitsFor.delete(why) && this.waitsFor.size === 0) this.options.agent.resume();
  }
}

function isHistory({ method, params }: Request | Notification): boolean {
  const update = params.update as { sessionUpdate?: unknown } | null | undefined;
  return method === 'session/update' && HISTORY.has(String(update?.sessionUpdate));
}

const idText = (line: string): string => memberText(line, ['id']) ?? 'null';
