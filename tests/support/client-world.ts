/** A client on a bus in memory, so that a test can drop a connection, a message or a confirm at the moment that it wants. */
import type { Bus, BusState, Handler, Incoming, Outgoing } from '../../bus/index.js';
import { createClient } from '../../client/client.js';
import type { Clock } from '../../client/clock.js';
import { type Frame, notificationLine, parseFrame, type Request, resultLine } from '../../proto/index.js';

export const ADDRESS = 'tester.00000000-0000-4000-8000-000000000001';
export const SESSION = '00000000-0000-4000-8000-00000000000a';

/** Lets everything that is under way in this process come to rest. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
};

export class MemoryBus implements Bus {
  readonly user = 'client.tester';
  state: BusState = { kind: 'connecting', attempt: 1 };
  /** Every frame that the client sent, repetitions among them. */
  readonly sent: Frame[] = [];
  readonly messages: Outgoing[] = [];
  /** False: the broker takes messages and confirms none. */
  confirms = true;
  onFrame: (frame: Frame) => void = () => undefined;
  #handler: Handler | undefined;
  readonly #listeners = new Set<(state: BusState) => void>();
  #unconfirmed: (() => void)[] = [];

  onState(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async ready(): Promise<void> {}

  publish(message: Outgoing): Promise<void> {
    if (this.state.kind !== 'connected') return Promise.reject(new Error('disconnected'));
    this.messages.push(message);
    for (const line of message.lines) {
      const frame = parseFrame(line);
      this.sent.push(frame);
      queueMicrotask(() => this.onFrame(frame));
    }
    if (this.confirms) return Promise.resolve();
    return new Promise((_, reject) => this.#unconfirmed.push(() => reject(new Error('lost'))));
  }

  consume(_queue: string, handler: Handler): () => Promise<void> {
    this.#handler = handler;
    return async () => undefined;
  }

  abort(): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {}

  connect(): void {
    this.#set({ kind: 'connected' });
  }

  drop(reason = 'gone'): void {
    for (const fail of this.#unconfirmed.splice(0)) fail();
    this.#set({ kind: 'connecting', attempt: 1, reason });
  }

  /** A message from the service. */
  deliver(headers: Partial<Incoming['headers']>, ...lines: string[]) {
    return this.#handler!({ headers: { v: 1, ...headers }, lines, userId: 'service', redelivered: false });
  }

  requests(method: string): Request[] {
    return this.sent.filter((frame): frame is Request => frame.kind === 'request' && frame.method === method);
  }

  #set(state: BusState): void {
    this.state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** A client whose service knows it: `initialize` is answered at once, the rest by `answer`. */
export function clientWorld(clock: Clock) {
  const bus = new MemoryBus();
  const world = {
    bus,
    /** False: the service is silent. */
    serves: true,
    answer: (_request: Request): unknown => undefined,
    client: createClient({ bus, address: ADDRESS, name: 'test', clock }),
    /** Events of the session from `seq` on, as one message; the text of each is its number. */
    say(seq: number, count: number, headers: Partial<Incoming['headers']> = {}) {
      const lines = Array.from({ length: count }, (_, i) => chunk(seq + i));
      return bus.deliver({ session: SESSION, seq, epoch: 1, at: 1, ...headers }, ...lines);
    },
  };
  bus.onFrame = (frame) => {
    if (!world.serves || frame.kind !== 'request') return;
    const result = frame.method === 'initialize' ? { protocolVersion: 1 } : world.answer(frame);
    if (result !== undefined) bus.deliver({}, resultLine(frame.id, result));
  };
  return world;
}

export const chunk = (n: number) =>
  notificationLine('session/update', {
    sessionId: SESSION,
    update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: String(n) } },
  });

export const turn = (turnId: string, state: string) =>
  notificationLine('_praxis/turn', { sessionId: SESSION, at: 1, turnId, state });

export const sessionInfo = (seq: number) => ({
  sessionId: SESSION,
  node: 'here',
  connector: 'demo',
  agent: 'Demo agent',
  cwd: '/',
  title: null,
  state: 'idle',
  reason: null,
  yolo: false,
  queued: 0,
  seq,
  epoch: 1,
  createdAt: 1,
  updatedAt: 1,
});
