/**
 * A Client that no system stands behind: one node with agents that do what a prompt's first word says, at once or when told.
 * For driving the screen where the real system would only add time.
 */
import type {
  Client,
  ClientResult,
  Cursor,
  LinkState,
  NewSession,
  SessionEvent,
  Turn,
  TurnResult,
} from '../../client/index.js';
import {
  type ClientMethods,
  type ContentBlock,
  type NodeInfo,
  newId,
  type OpenApproval,
  PraxisError,
  parseFrame,
  type SessionInfo,
} from '../../proto/index.js';
import { act, type Stage } from './scripted-agent.js';
import { FILES, LOST_NODE, NODE } from './scripted-places.js';

type Listener<T> = (value: T) => void;

export { LOST_NODE, NODE } from './scripted-places.js';

interface QueueChange {
  sessionId: string;
  turnId: string;
  prompt?: ContentBlock[];
}

interface Session {
  info: SessionInfo;
  events: SessionEvent[];
  watchers: Set<Listener<SessionEvent>>;
  running: { turnId: string; done(result: TurnResult): void } | null;
  queue: { turnId: string; text: string; done(result: TurnResult): void }[];
  question: { id: string; at: number; params: object; answered(optionId: string | null): void } | null;
}

export class ScriptedClient implements Client {
  readonly address = `ada.${newId()}`;
  link: LinkState = { kind: 'connected' };
  readonly #links = new Set<Listener<LinkState>>();
  readonly #sessionListeners = new Set<Listener<SessionInfo[]>>();
  readonly #sessions = new Map<string, Session>();

  constructor(readonly nodes: NodeInfo[] = [NODE, LOST_NODE]) {}

  onLink(listener: Listener<LinkState>): () => void {
    this.#links.add(listener);
    return () => void this.#links.delete(listener);
  }
  setLink(link: LinkState): void {
    this.link = link;
    for (const l of this.#links) l(link);
  }
  onNodes(listener: Listener<NodeInfo[]>): () => void {
    queueMicrotask(() => listener(this.nodes));
    return () => undefined;
  }
  onSessions(listener: Listener<SessionInfo[]>): () => void {
    this.#sessionListeners.add(listener);
    queueMicrotask(() => listener([...this.#sessions.values()].map((s) => s.info)));
    return () => void this.#sessionListeners.delete(listener);
  }
  /** Knows the names in directories (those of FILES, below a session's directory and on every node), the queues, and the open questions. */
  async call<M extends keyof typeof ClientMethods>(
    method: M,
    params: Record<string, unknown>,
  ): Promise<ClientResult<M>> {
    if (method.startsWith('_praxis/turn/')) {
      this.#changeQueue(method, params as unknown as QueueChange);
      return {} as ClientResult<M>;
    }
    if (method === '_praxis/session/rename') {
      this.#named(String(params.sessionId), params.title as string | null);
      return {} as ClientResult<M>;
    }
    if (method === '_praxis/approvals') return { approvals: this.#questions() } as unknown as ClientResult<M>;
    if (method === '_praxis/approvals/answer') {
      const { requestId, choice } = params as { requestId: string; choice: { optionId: string } };
      const asking = [...this.#sessions.values()].find((s) => s.question?.id === requestId);
      if (!asking) throw new PraxisError(1005, 'The question is not open (any more)');
      this.#resolve(asking.info.sessionId, choice.optionId, 'ada');
      return {} as ClientResult<M>;
    }
    if (method !== '_praxis/files') throw new Error('The scripted client has no service to call');
    const path = String(params.path);
    const entries = FILES[path] ?? [];
    return { path, entries, truncated: false } as unknown as ClientResult<M>;
  }
  request(): never {
    throw new Error('The scripted client has no service to ask');
  }
  notify(): void {}
  async ready(): Promise<void> {}
  async flushed(): Promise<void> {}
  async close(): Promise<void> {}

  async listSessions(): Promise<SessionInfo[]> {
    return [...this.#sessions.values()].map((s) => s.info);
  }
  async findSession(prefix: string): Promise<SessionInfo> {
    return this.#session(prefix).info;
  }
  async newSession(
    options: NewSession,
    onEvent: Listener<SessionEvent>,
  ): Promise<{ sessionId: string; cursor: Cursor }> {
    if (options.cwd === '/forbidden')
      throw new PraxisError(1008, 'The directory is not allowed', { hint: 'Choose one below /home/me.' });
    const sessionId = this.addSession(options);
    return { sessionId, cursor: await this.attach(sessionId, 0, onEvent) };
  }

  /** A session that is there without anybody having opened it. */
  addSession(options: NewSession & { agent?: string; createdAt?: number } = {}): string {
    const sessionId = newId();
    const info: SessionInfo = {
      sessionId,
      node: options.node ?? 'laptop',
      connector: options.connector ?? 'demo',
      agent: options.agent ?? 'Demo agent',
      cwd: options.cwd ?? '/home/me',
      title: options.title ?? null,
      state: 'idle',
      reason: null,
      yolo: options.yolo ?? false,
      queued: 0,
      seq: 0,
      epoch: 1,
      createdAt: options.createdAt ?? Date.now(),
      updatedAt: Date.now(),
    };
    this.#sessions.set(sessionId, {
      info,
      events: [],
      watchers: new Set(),
      running: null,
      queue: [],
      question: null,
    });
    const { node, connector, cwd, yolo } = info;
    this.#say(sessionId, '_praxis/session/opened', {
      node,
      connector,
      cwd,
      yolo,
      agentInfo: { name: 'demo', title: info.agent },
    });
    this.#state(sessionId, 'idle');
    return sessionId;
  }

  #session(prefix: string): Session {
    const found = [...this.#sessions.entries()].find(([id]) => id.startsWith(prefix));
    if (!found) throw new PraxisError(-32002, `There is no session ${prefix}`);
    return found[1];
  }

  async attach(
    sessionId: string,
    after: number,
    onEvent: Listener<SessionEvent>,
    onCaughtUp?: () => void,
  ): Promise<Cursor> {
    const session = this.#session(sessionId);
    for (const event of session.events.slice(after)) onEvent(event);
    onCaughtUp?.();
    session.watchers.add(onEvent);
    return {
      sessionId,
      seq: session.events.length,
      detach: async () => void session.watchers.delete(onEvent),
    };
  }

  prompt(sessionId: string, prompt: ContentBlock[]): Turn {
    const turnId = newId();
    const cancel = () => this.cancel(sessionId);
    const text = prompt.map((b) => (b.type === 'text' ? b.text : '')).join('');
    if (text.startsWith('refuse')) {
      const refused = Promise.reject(new PraxisError(1006, 'The queue is full'));
      refused.catch(() => undefined);
      return { turnId, accepted: refused, result: refused, cancel };
    }
    let accept = (): void => undefined;
    const accepted = new Promise<void>((resolve) => {
      accept = resolve;
    });
    const result = new Promise<TurnResult>((done) => {
      // An event of its own, as over a bus.
      setTimeout(
        () => {
          this.#enqueue(sessionId, turnId, text, done);
          accept();
        },
        text.startsWith('late') ? 300 : 0,
      );
    });
    return { turnId, accepted, result, cancel };
  }

  #enqueue(sessionId: string, turnId: string, text: string, done: (result: TurnResult) => void): void {
    const session = this.#session(sessionId);
    const fields = { turnId, prompt: [{ type: 'text', text }], by: 'ada' };
    if (session.running) {
      session.queue.push({ turnId, text, done });
      this.#say(sessionId, '_praxis/turn', { ...fields, state: 'queued' });
      return;
    }
    session.running = { turnId, done };
    this.#say(sessionId, '_praxis/turn', { ...fields, state: 'running' });
    this.#state(sessionId, 'working');
    void act(this.#stage(sessionId), text);
  }

  #questions(): OpenApproval[] {
    return [...this.#sessions.values()].flatMap(({ info, question }) => {
      if (!question) return [];
      const { sessionId, node, connector, agent, title } = info;
      const { id: requestId, at, params } = question;
      const method = 'session/request_permission';
      const about = { sessionId, node, connector, agent, title };
      return [{ ...about, requestId, method, at, denyAt: null, hash: requestId, params: { ...params } }];
    });
  }

  #changeQueue(method: string, { sessionId, turnId, prompt }: QueueChange): void {
    const { queue } = this.#session(sessionId);
    const at = queue.findIndex((waiting) => waiting.turnId === turnId);
    const waiting = queue[at];
    if (!waiting) throw new PraxisError(1005, 'The prompt does not wait any more');
    if (method.endsWith('edit')) {
      waiting.text = (prompt ?? []).map((b) => (b.type === 'text' ? b.text : '')).join('');
      this.#say(sessionId, '_praxis/turn', { turnId, state: 'queued', prompt });
      return;
    }
    queue.splice(at, 1);
    if (method.endsWith('next')) {
      queue.unshift(waiting);
      this.#say(sessionId, '_praxis/turn', { turnId, state: 'queued', next: true });
    } else this.#say(sessionId, '_praxis/turn', { turnId, state: 'removed' });
  }

  cancel(sessionId: string): void {
    const session = this.#session(sessionId);
    if (!session.running) return;
    this.#say(sessionId, '_praxis/turn', { turnId: session.running.turnId, state: 'cancelling' });
    if (session.question) this.#resolve(sessionId, null, 'cancel');
    this.#end(sessionId, 'cancelled');
  }

  async closeSession(sessionId: string): Promise<void> {
    const session = this.#session(sessionId);
    if (session.running) this.cancel(sessionId);
    this.#state(sessionId, 'ended', 'closed');
  }

  answer(sessionId: string, requestId: string, answer: { result: unknown } | { error: unknown }): void {
    const session = this.#session(sessionId);
    if (session.question?.id !== requestId || !('result' in answer)) return;
    const { outcome } = answer.result as { outcome: { optionId: string } };
    this.#resolve(sessionId, outcome.optionId, 'ada');
  }

  #resolve(sessionId: string, optionId: string | null, by: string): void {
    const session = this.#session(sessionId);
    const question = session.question!;
    session.question = null;
    const outcome = optionId === null ? { outcome: 'cancelled' } : { outcome: 'selected', optionId };
    this.#say(sessionId, '_praxis/request/resolved', { requestId: question.id, result: { outcome }, by });
    this.#state(sessionId, 'working');
    question.answered(optionId);
  }

  /** One event of the session, to all that watch it. */
  event(sessionId: string, frame: object): void {
    const session = this.#session(sessionId);
    const seq = session.events.length + 1;
    const event: SessionEvent = {
      sessionId,
      seq,
      epoch: 1,
      at: Date.now(),
      frame: parseFrame(JSON.stringify({ jsonrpc: '2.0', ...frame })),
    };
    session.events.push(event);
    for (const watcher of session.watchers) watcher(event);
  }
  #say(sessionId: string, method: string, params: object): void {
    this.event(sessionId, { method, params: { sessionId, at: Date.now(), ...params } });
  }
  update(
    sessionId: string,
    update: { sessionUpdate?: string; title?: string; [more: string]: unknown },
  ): void {
    if (update.sessionUpdate === 'session_info_update') this.#named(sessionId, update.title ?? null);
    this.event(sessionId, { method: 'session/update', params: { sessionId, update } });
  }
  #named(sessionId: string, title: string | null): void {
    const session = this.#session(sessionId);
    session.info = { ...session.info, title };
    for (const l of this.#sessionListeners) l([session.info]);
  }

  #state(sessionId: string, state: SessionInfo['state'], reason: string | null = null): void {
    const session = this.#session(sessionId);
    session.info = { ...session.info, state, reason, updatedAt: Date.now(), queued: session.queue.length };
    this.#say(sessionId, '_praxis/session/state', { state, reason });
    for (const l of this.#sessionListeners) l([session.info]);
  }

  #end(sessionId: string, stopReason: 'end_turn' | 'cancelled'): void {
    const session = this.#session(sessionId);
    const { running } = session;
    if (!running) return;
    session.running = null;
    this.#say(sessionId, '_praxis/turn', {
      turnId: running.turnId,
      state: 'ended',
      stopReason,
      result: { stopReason, usage: { inputTokens: 120, outputTokens: 34, totalTokens: 154 } },
    });
    running.done({ stopReason });
    this.#state(sessionId, 'idle');
    const next = session.queue.shift();
    if (next) this.#enqueue(sessionId, next.turnId, next.text, next.done);
  }

  #stage(sessionId: string): Stage {
    const isRunning = () => this.#session(sessionId).running !== null;
    return {
      get running() {
        return isRunning();
      },
      say: (text) => {
        this.update(sessionId, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
      },
      update: (update) => this.update(sessionId, update),
      ask: (toolCall, options) => this.#ask(sessionId, toolCall, options),
      end: () => this.#end(sessionId, 'end_turn'),
    };
  }

  #ask(sessionId: string, call: object, options: readonly object[]): Promise<string | null> {
    const session = this.#session(sessionId);
    const id = newId();
    const params = { sessionId, toolCall: { toolCallId: `ask-${id}`, ...call }, options };
    const answer = new Promise<string | null>((answered) => {
      session.question = { id, at: Date.now(), params, answered };
    });
    this.event(sessionId, { id, method: 'session/request_permission', params });
    this.#state(sessionId, 'waiting');
    return answer;
  }
}
