/** A core with an in-memory bus, a clock that stands still, scripted nodes and plain clients. */
import { type Incoming, type Outgoing, Unroutable } from '../../bus/index.js';
import {
  BROADCAST,
  CLIENTS,
  clientLogin,
  type Frame,
  type Headers,
  NODES,
  nodeLogin,
  notificationLine,
  parseFrame,
  type Request,
  requestLine,
  resultLine,
  newId as uuid,
} from '../../proto/index.js';
import { Core } from '../../service/core.js';
import type { Clock, Log } from '../../service/ports.js';
import { type Database, SqliteDatabase, type Store } from '../../service/store/index.js';
import { lead, memberOf } from './stores.js';

export class ManualClock implements Clock {
  time = 1_700_000_000_000;
  /** How far the wall clock is from what it was set to first. */
  private jumped = 0;
  private timers = new Set<{ at: number; call: () => void }>();

  now = () => this.time + this.jumped;
  steady = () => this.time;

  /** Somebody sets the machine's clock. */
  jump(ms: number): void {
    this.jumped += ms;
  }

  schedule(ms: number, call: () => void): () => void {
    const timer = { at: this.time + ms, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets time pass; timers run in their order, and what they cause runs before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.time = Math.max(this.time, due.at);
      due.call();
      await settled();
    }
    this.time = end;
  }
}

/** Lets everything that is under way in this process come to rest. */
export async function settled(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export const quiet: Log = { info() {}, warn() {}, error() {} };

type Listener = (message: Outgoing) => void;

/** Delivers what the core publishes to whoever listens at the address, after a turn of the event loop. */
export class MemoryBus {
  readonly listeners = new Map<string, Listener>();
  readonly broadcasts: Outgoing[] = [];
  /** False: nothing is confirmed, as when the connection is gone. */
  up = true;
  published = 0;

  async publish(message: Outgoing): Promise<void> {
    this.published++;
    await Promise.resolve();
    if (!this.up) throw new Error('disconnected');
    if (message.exchange === BROADCAST) {
      this.broadcasts.push(message);
      for (const listener of this.listeners.values()) listener(message);
      return;
    }
    const listener = this.listeners.get(`${message.exchange} ${message.key}`);
    if (listener) listener(message);
    else if (message.mandatory) throw new Unroutable(message.exchange, message.key);
  }
}

export interface Heard {
  seq: number | undefined;
  epoch: number | undefined;
  frame: Frame;
}

export class TestClient {
  readonly heard: Heard[] = [];
  readonly deliveries: number[] = [];
  /** Takes events instead of `heard`, for floods. */
  onEvents: ((first: number, lines: readonly string[]) => void) | undefined;
  private nextId = 1;

  constructor(
    private readonly world: World,
    readonly address: string,
  ) {
    this.listen();
  }

  listen(): void {
    this.world.bus.listeners.set(`${CLIENTS} ${this.address}`, ({ headers, lines }) => {
      if (headers.delivery !== undefined) this.deliveries.push(headers.delivery);
      if (this.onEvents && headers.seq !== undefined) {
        this.onEvents(headers.seq, lines);
        return;
      }
      const { events = lines.length } = headers;
      lines.forEach((line, i) => {
        const seq = headers.seq === undefined || i >= events ? undefined : headers.seq + i;
        this.heard.push({ seq, epoch: headers.epoch, frame: parseFrame(line) });
      });
    });
  }

  /** The program of the client dies: its queue is gone. */
  vanish(): void {
    this.world.bus.listeners.delete(`${CLIENTS} ${this.address}`);
  }

  /** Sends lines as one message; resolves with what became of the delivery. */
  send(...lines: string[]) {
    const name = this.address.slice(0, this.address.indexOf('.'));
    return this.world.core.command(incoming(clientLogin(name), { client: this.address }, lines));
  }

  /** Sends a request and resolves with its id, not waiting for the answer. */
  async ask(method: string, params: object, id: string | number = this.nextId++): Promise<string | number> {
    await this.send(requestLine(id, method, params));
    return id;
  }

  answersTo(id: string | number | null) {
    return this.heard.flatMap(({ frame }) => (frame.kind === 'response' && frame.id === id ? [frame] : []));
  }

  /** Sends a request and resolves with its answer. */
  async call<T = Record<string, unknown>>(
    method: string,
    params: object,
    id: string | number = this.nextId++,
  ): Promise<T> {
    await this.ask(method, params, id);
    for (let i = 0; i < 200; i++) {
      const [answer] = this.answersTo(id);
      if (answer) return (answer.error ? { error: answer.error } : answer.result) as T;
      await settled(1);
    }
    throw new Error(`${method} was not answered`);
  }

  async initialize(praxis: object = {}, clientCapabilities: object = {}) {
    return this.call('initialize', { protocolVersion: 1, clientCapabilities, _meta: { praxis } });
  }

  notify(method: string, params: object) {
    return this.send(notificationLine(method, params));
  }

  /** The events that came, in the order in which they came. */
  events(): (Heard & { seq: number })[] {
    return this.heard.filter((one): one is Heard & { seq: number } => one.seq !== undefined);
  }

  /** Methods and kinds of what came, for comparing orders. */
  story(): string[] {
    return this.heard.map(({ frame }) => storyOf(frame));
  }
}

export function storyOf(frame: Frame): string {
  if (frame.kind === 'response') return `answer ${frame.id}`;
  const { update, state } = frame.params as {
    update?: { content?: { text?: string }; sessionUpdate: string };
    state?: string;
  };
  return [frame.method, update?.content?.text ?? update?.sessionUpdate, state].filter(Boolean).join(' ');
}

/** What a scripted node needs of the world: an address to listen at, and a way to speak. */
export interface NodeWorld {
  bus: { listeners: Map<string, Listener> };
  core: { event(message: Incoming): unknown };
}

export class TestNode {
  boot = uuid();
  /** Every frame that the service sent, requests that were repeated among them. */
  readonly got: { frame: Frame; headers: Omit<Headers, 'v'> }[] = [];
  readonly sessions = new Map<string, { seq: number; epoch: number }>();
  connectors = [connector('demo')];
  /** What the agent does with a prompt; the answer is up to it. */
  onPrompt: (sessionId: string, frame: Request) => void = () => {};
  onOther: (frame: Request, session: string | undefined) => void = () => {};
  onOpen: (sessionId: string, frame: Request) => void = (sessionId, frame) => {
    this.answer(sessionId, frame.id, opened(sessionId));
  };

  constructor(
    private readonly world: NodeWorld,
    readonly name: string,
  ) {
    this.listen();
  }

  listen(): void {
    this.world.bus.listeners.set(`${NODES} ${this.name}`, ({ exchange, headers, lines }) => {
      if (exchange !== NODES) return;
      for (const line of lines) this.take(parseFrame(line), headers);
    });
  }

  vanish(): void {
    this.world.bus.listeners.delete(`${NODES} ${this.name}`);
  }

  private take(frame: Frame, headers: Omit<Headers, 'v'>): void {
    this.got.push({ frame, headers });
    if (frame.kind !== 'request') return;
    const { session } = headers;
    if (frame.method === 'session/new' && session && !this.sessions.has(session)) {
      this.sessions.set(session, { seq: 0, epoch: 1 });
      this.onOpen(session, frame);
    } else if (frame.method === 'session/prompt' && session) this.onPrompt(session, frame);
    else if (frame.method === 'session/close' && session) {
      this.answer(session, frame.id, {});
      this.sessions.delete(session);
    } else if (frame.method === 'session/list') void this.event({}, resultLine(frame.id, { sessions: [] }));
    else this.onOther(frame, session);
  }

  requests(method: string): Request[] {
    return this.got.flatMap(({ frame }) =>
      frame.kind === 'request' && frame.method === method ? [frame] : [],
    );
  }

  async event(headers: Omit<Headers, 'v'>, ...lines: string[]) {
    return this.world.core.event(incoming(nodeLogin(this.name), { boot: this.boot, ...headers }, lines));
  }

  hello(more: object = {}) {
    const sessions = [...this.sessions].map(([sessionId, { epoch }]) => ({ sessionId, epoch }));
    return this.event(
      {},
      notificationLine('_praxis/node/hello', {
        ...{
          name: this.name,
          boot: this.boot,
          version: '0.1.0',
          features: [],
          os: 'linux',
          home: '/home/me',
        },
        ...{ roots: ['/'], yolo: 'allow', connectors: this.connectors, sessions, ...more },
      }),
    );
  }

  beat() {
    return this.event({}, notificationLine('_praxis/node/beat', { boot: this.boot }));
  }

  /** Says frames of a session, numbered. */
  say(session: string, ...lines: string[]) {
    const known = this.sessions.get(session)!;
    const seq = known.seq + 1;
    known.seq += lines.length;
    return this.event({ session, seq, epoch: known.epoch }, ...lines);
  }

  text(session: string, ...texts: string[]) {
    return this.say(session, ...texts.map((text) => chunk(session, text)));
  }

  answer(session: string, id: Request['id'], result: unknown) {
    return this.say(session, resultLine(id, result));
  }
}

export const connector = (id: string, more: object = {}) => ({
  ...{ id, title: id, version: '1', status: 'ready' as const, hint: null },
  ...more,
});

export const chunk = (sessionId: string, text: string) =>
  notificationLine('session/update', {
    sessionId,
    update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
  });

export const opened = (sessionId: string, more: object = {}) => ({
  sessionId,
  ...more,
  _meta: { praxis: { agentInfo: { name: 'demo', version: '1' }, agentCapabilities: {} } },
});

const incoming = (userId: string, headers: Omit<Headers, 'v'>, lines: string[]): Incoming => ({
  headers: { v: 1, ...headers },
  lines,
  userId,
  redelivered: false,
});

export class World {
  readonly clock = new ManualClock();
  bus = new MemoryBus();
  core!: Core;
  store!: Store;
  private database: Database | undefined;
  private limits: { maxJournal?: number } = {};
  /** What looks at the broker's logins wait for, one each. */
  readonly looks: Promise<void>[] = [];
  /** Nodes whose login was taken away at the broker. */
  private readonly revoked = new Set<string>();

  /** A core over a database file; `:memory:` when it need not survive. */
  static async start(
    file = ':memory:',
    wrap: (store: Store) => Store = (store) => store,
    limits: { maxJournal?: number } = {},
  ): Promise<World> {
    const world = new World();
    world.limits = limits;
    await world.open(file, wrap);
    return world;
  }

  private async open(file: string, wrap: (store: Store) => Store = (store) => store): Promise<void> {
    this.database = await SqliteDatabase.open(file);
    this.store = wrap(await lead(this.database));
    this.core = await Core.load({
      bus: { publish: (message) => this.bus.publish(message) },
      store: this.store,
      clock: this.clock,
      newId: uuid,
      log: quiet,
      ...this.limits,
      host: {
        ...{ bus: 'memory', store: 'sqlite', active: memberOf('me'), standbys: () => [] },
        logins: {
          check: () => {},
          has: async ({ name }) => {
            await this.looks.shift();
            return !this.revoked.has(name);
          },
          enroll: async ({ role, name }) => {
            this.revoked.delete(name);
            return `${role}:${name}`;
          },
          revoke: async ({ name }) => {
            this.revoked.add(name);
            return name !== 'unknown';
          },
        },
      },
    });
    this.core.online();
    await settled();
  }

  /** The service is killed and started again on the same file: nothing in memory survives, the old core says nothing more. */
  async restart(file: string): Promise<void> {
    const { listeners } = this.bus;
    this.bus = new MemoryBus();
    await this.close();
    for (const [address, listener] of listeners) this.bus.listeners.set(address, listener);
    await this.open(file);
  }

  async close(): Promise<void> {
    await this.database?.close();
  }

  client(name = 'me'): TestClient {
    return new TestClient(this, `${name}.${uuid()}`);
  }

  /** A client that has said initialize. */
  async ready(name = 'me', praxis: object = {}): Promise<TestClient> {
    const client = this.client(name);
    await client.initialize(praxis);
    return client;
  }

  node(name = 'box'): TestNode {
    return new TestNode(this, name);
  }

  /** A registered node, a client that has said initialize, and a session of theirs. */
  async session(): Promise<{ node: TestNode; client: TestClient; sessionId: string }> {
    const node = this.node();
    await node.hello();
    const client = await this.ready();
    const { sessionId } = await client.call<{ sessionId: string }>('session/new', {
      cwd: '/tmp',
      mcpServers: [],
    });
    await settled();
    return { node, client, sessionId };
  }
}

export const promptOf = (sessionId: string, text: string, turnId?: string) => ({
  sessionId,
  prompt: [{ type: 'text', text }],
  ...(turnId && { _meta: { praxis: { turnId } } }),
});
