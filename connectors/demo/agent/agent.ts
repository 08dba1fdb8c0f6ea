/** The agent's side of ACP v1: handshake, sessions, prompts, cancel. Several sessions may live in one process. */
import { randomUUID } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { Memory } from './memory.js';
import { parseScript } from './script.js';
import { runSteps, STEPS } from './steps.js';
import { endCommands } from './tools.js';
import { Cancelled, type SessionState, Turn } from './turn.js';
import { type Handlers, RpcError, type Wire } from './wire.js';

type Params = Record<string, unknown>;

const MODES = [
  { id: 'ask', name: 'Ask', description: 'Asks before it writes or runs anything' },
  { id: 'auto', name: 'Auto', description: 'Writes and runs without asking' },
];

/** Milliseconds between two words, and tokens of the pretended context. */
const PACE_MS = 5;
const CONTEXT_SIZE = 100_000;

interface Session extends SessionState {
  turn: Turn | undefined;
  /** Resolves when the running turn has been answered. */
  idle: Promise<void>;
}

const unknown = (id: unknown) => new RpcError(-32002, `There is no session ${id}`, { sessionId: id });
const invalid = (message: string) => new RpcError(-32602, message);

export class DemoAgent implements Handlers {
  private initialized = false;
  private readonly sessions = new Map<string, Session>();
  private readonly memory = new Memory();
  /** How it takes up a session of an earlier process. */
  private readonly resumes = process.env.DEMO_AGENT_RESUMES ?? 'resume';
  wire!: Wire;

  constructor(private readonly version: string) {}

  /** Begins at once, so that a cancel that follows on the heels of its prompt finds it. */
  async request(method: string, params: Params): Promise<unknown> {
    if (!this.initialized && method !== 'initialize') throw new RpcError(-32600, 'initialize comes first');
    const methods: Record<string, () => unknown> = {
      initialize: () => this.initialize(),
      'session/new': () => this.newSession(params),
      'session/load': () => this.load(params),
      'session/resume': () => this.takeUp(params),
      'session/prompt': () => this.prompt(params),
      'session/set_mode': () => this.setMode(params),
      'session/close': () => this.close(params),
    };
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!run) throw new RpcError(-32601, `Method not found: ${method}`, { method });
    return run();
  }

  answered(method: string, result: unknown): void {
    if (method !== 'session/new') return;
    const availableCommands = Object.entries(STEPS)
      .filter(([, { about }]) => about !== '')
      .map(([name, { about, hint }]) => ({ name, description: about, ...(hint && { input: { hint } }) }));
    const { sessionId } = result as { sessionId: string };
    this.wire.notify('session/update', {
      sessionId,
      update: { sessionUpdate: 'available_commands_update', availableCommands },
    });
  }

  notification(method: string, params: Params): void {
    if (method !== 'session/cancel') return;
    const session = this.sessions.get(String(params.sessionId));
    if (session && !session.ignoreCancel) session.turn?.abort.abort();
  }

  end(): void {
    endCommands();
    process.exit(0);
  }

  private initialize() {
    this.initialized = true;
    return {
      protocolVersion: 1,
      agentInfo: { name: 'praxis-demo', title: 'Demo agent', version: this.version },
      agentCapabilities: {
        loadSession: this.resumes !== 'no',
        promptCapabilities: { embeddedContext: true },
        sessionCapabilities: { close: {}, ...(this.resumes === 'resume' && { resume: {} }) },
      },
      authMethods: [],
    };
  }

  private newSession(params: Params) {
    const { id } = this.open(randomUUID(), params);
    return { sessionId: id, modes: { currentModeId: 'ask', availableModes: MODES } };
  }

  /** The history first, then the answer (https://agentclientprotocol.com/protocol/v1/session-setup). */
  private load(params: Params) {
    const answer = this.takeUp(params);
    const { sessionId } = params;
    for (const text of this.session(sessionId).prompts)
      this.wire.notify('session/update', {
        sessionId,
        update: { sessionUpdate: 'user_message_chunk', content: { type: 'text', text } },
      });
    return answer;
  }

  private takeUp(params: Params) {
    const known = this.memory.read(params.sessionId);
    if (!known || this.resumes === 'no') throw unknown(params.sessionId);
    const session = this.open(String(params.sessionId), params);
    Object.assign(session, known);
    return { modes: { currentModeId: session.mode, availableModes: MODES } };
  }

  private open(id: string, { cwd, mcpServers }: Params): Session {
    if (typeof cwd !== 'string' || !isAbsolute(cwd)) throw invalid('cwd must be an absolute path');
    if (!Array.isArray(mcpServers)) throw invalid('mcpServers must be a list');
    const session: Session = {
      id,
      cwd,
      mode: 'ask',
      pace: PACE_MS,
      ignoreCancel: false,
      used: 0,
      prompts: [],
      turn: undefined,
      idle: Promise.resolve(),
    };
    this.sessions.set(id, session);
    return session;
  }

  private async prompt({ sessionId, prompt, _meta }: Params) {
    const session = this.session(sessionId);
    if (session.turn) throw new RpcError(-32600, 'A prompt is already in progress');
    const text = promptText(prompt);
    const turn = new Turn(session, this.wire, _meta);
    session.turn = turn;
    session.used += Math.ceil(text.length / 4);
    session.prompts.push(text);
    this.memory.write(session.id, session);
    const running = this.work(turn, text);
    session.idle = running.then(
      () => undefined,
      () => undefined,
    );
    return { stopReason: await running };
  }

  private async work(turn: Turn, text: string) {
    const session = turn.session as Session;
    try {
      const stopReason = await runSteps(turn, parseScript(text));
      turn.update({ sessionUpdate: 'usage_update', used: session.used, size: CONTEXT_SIZE });
      return stopReason;
    } catch (error) {
      if (error instanceof Cancelled) return 'cancelled';
      throw error;
    } finally {
      turn.settleCalls();
      session.turn = undefined;
    }
  }

  private setMode({ sessionId, modeId }: Params) {
    const session = this.session(sessionId);
    if (modeId !== 'ask' && modeId !== 'auto') throw invalid(`There is no mode ${modeId}`);
    session.mode = modeId;
    return {};
  }

  private async close({ sessionId }: Params) {
    const session = this.session(sessionId);
    session.turn?.abort.abort();
    await session.idle;
    this.sessions.delete(session.id);
    return {};
  }

  private session(id: unknown): Session {
    const session = this.sessions.get(String(id));
    if (!session) throw unknown(id);
    return session;
  }
}

/** The text of a prompt; a linked or embedded resource is its address. */
function promptText(prompt: unknown): string {
  if (!Array.isArray(prompt)) throw invalid('prompt must be a list of content blocks');
  return prompt
    .map((block: { type?: string; text?: string; uri?: string; resource?: { uri?: string } }) => {
      if (block?.type === 'text' && typeof block.text === 'string') return block.text;
      if (block?.type === 'resource_link') return block.uri ?? '';
      if (block?.type === 'resource') return block.resource?.uri ?? '';
      throw invalid(`I do not take content of type ${block?.type}`);
    })
    .join('\n');
}
