/**
 * One client's line to the service, frames in and out, byte for byte. It says `initialize` first on every connection and
 * to every new run of the service, then lets its listeners attach again, then repeats what is unanswered. The typed
 * Client and the ACP bridge stand on it.
 */
import type { Bus, Incoming } from '../bus/index.js';
import {
  type ClientAddress,
  COMMANDS,
  clientQueue,
  ErrorCode,
  type Frame,
  MAX_OUTBOX_BYTES,
  PraxisError,
  parseFrame,
  partitionKey,
  type Response,
  requestLine,
  SessionId,
} from '../proto/index.js';
import type { Clock } from './clock.js';
import { Commands, type RequestOptions } from './commands.js';
import { Liveness } from './liveness.js';
import type { LinkState, SessionEvent } from './types.js';

/** Unacknowledged messages that a client holds: its consumer may be a slow terminal or editor. */
const CLIENT_PREFETCH = 32;
/** Milliseconds that close() waits for the broker to confirm what was said. */
const CLOSE_WAIT_MS = 2_000;

export interface LinkOptions {
  bus: Bus;
  address: ClientAddress;
  clock: Clock;
  /** The params of `initialize`, as JSON. */
  initialize: string;
  warn(message: string, details?: Record<string, unknown>): void;
}

export interface LinkListener {
  /** The journal's events, in the order in which they came: a number may come again or be missing. */
  event?(event: SessionEvent): void;
  /** Every other frame that is no answer: broadcasts, and what a stock ACP client gets outside the journal. */
  frame?(frame: Frame): void;
  /** The service knows us on a new connection, or is a new one, or messages were lost: attach again now. */
  renewed?(): void;
  /** An answer as it comes, before the messages behind it: what it means for them is to be done now, not when a promise resolves. */
  answer?(answer: Response): void;
  /** The answer to `initialize`, on every connection. */
  introduced?(answer: Response): void;
  /** While it is a promise, the next messages stay with the broker. */
  busy?(): Promise<void> | undefined;
}

export class Link {
  readonly #commands: Commands;
  readonly #liveness: Liveness;
  readonly #listeners = new Set<LinkListener>();
  readonly #stateListeners = new Set<(state: LinkState) => void>();
  readonly #stopBus: () => void;
  #boot: string | undefined;
  /** Runs of the service that another has replaced. What one of them may still say counts no more. */
  readonly #replaced = new Set<unknown>();
  #delivery: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: LinkOptions) {
    const { bus, address, clock } = options;
    this.#commands = new Commands({
      publish: (line, session) => this.#publish(line, session),
      maxBytes: MAX_OUTBOX_BYTES,
    });
    this.#liveness = new Liveness({
      clock,
      probe: () => this.#ask((id) => requestLine(id, '_praxis/nodes', {})),
      onChange: (state) => {
        for (const listener of [...this.#stateListeners]) listener(state);
      },
    });
    this.#stopBus = bus.onState(() => this.#busChanged());
    bus.consume(clientQueue(address), (message) => this.#receive(message), { prefetch: CLIENT_PREFETCH });
    if (bus.state.kind === 'connected') this.#busChanged();
  }

  get address(): ClientAddress {
    return this.options.address;
  }

  get state(): LinkState {
    return this.#liveness.state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves with the answer as it came, also when it is an error. Rejects with PraxisError when the link closes. */
  request(compose: (id: number) => string, options?: RequestOptions): Promise<Response> {
    const answer = this.#commands.request(compose, options);
    this.#liveness.asked();
    return answer;
  }

  say(line: string, session?: string): void {
    this.#commands.say(line, session);
    this.#liveness.asked();
  }

  /** More waits than may: the speaker should pause until room() resolves. */
  get full(): boolean {
    return this.#commands.full;
  }

  room(): Promise<void> {
    return this.#commands.room();
  }

  /** Resolves when the service knows us; rejects with Disconnected and the reason after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.state.kind === 'connected') finish(resolve);
        if (this.state.kind === 'closed') finish(() => reject(closed()));
      };
      const stopTimer = this.options.clock.schedule(timeoutMs, () =>
        finish(() => reject(unreachable(this.state))),
      );
      const stop = this.onState(check);
      const finish = (settle: () => void) => {
        stopTimer();
        stop();
        settle();
      };
      check();
    });
  }

  /** Resolves when the broker has confirmed, or lost, everything that was sent on this connection. */
  flushed(): Promise<void> {
    return this.#commands.confirmed();
  }

  /** Rejects what waits, as when the link stays away longer than its user can wait. */
  abandon(error: PraxisError): void {
    this.#commands.fail(error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    let stopTimer = (): void => undefined;
    const limit = new Promise<void>((resolve) => {
      stopTimer = this.options.clock.schedule(CLOSE_WAIT_MS, resolve);
    });
    await Promise.race([this.#commands.confirmed(), limit]);
    stopTimer();
    this.#stopBus();
    this.#liveness.busChanged({ kind: 'closed' });
    this.#commands.pause();
    this.#commands.fail(closed());
    await this.options.bus.close();
  }

  #publish(line: string, session: string | undefined): Promise<void> {
    return this.options.bus.publish({
      exchange: COMMANDS,
      key: partitionKey(0),
      // A session id that is none is for the service to refuse by its answer; as a header it would void the message.
      headers: { client: this.options.address, ...(SessionId.safeParse(session).success && { session }) },
      lines: [line],
      persistent: true,
    });
  }

  #busChanged(): void {
    const { state } = this.options.bus;
    this.#liveness.busChanged(state);
    if (state.kind === 'connected') {
      this.#delivery = undefined;
      this.#renew();
    } else this.#commands.pause();
  }

  /** `initialize`, then what the listeners attach again, then what is unanswered: in this order on the wire. */
  #renew(): void {
    this.#commands.renew();
    this.#liveness.introducing();
    this.#commands
      .request(
        (id) => `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":${this.options.initialize}}`,
        {
          lasting: false,
        },
      )
      .then(
        (answer) => {
          this.#liveness.introduced();
          for (const listener of this.#listeners) listener.introduced?.(answer);
        },
        () => undefined,
      );
    for (const listener of this.#listeners) listener.renewed?.();
    this.#commands.resend();
  }

  /** A request whose answer only shows that the service is there. */
  #ask(compose: (id: number) => string): void {
    this.#commands.request(compose, { lasting: false }).catch((error) => {
      if (!(error instanceof PraxisError)) throw error;
    });
  }

  #receive({ headers, lines }: Incoming): 'ack' | Promise<'ack'> {
    if (this.#replaced.has(headers.boot)) return 'ack';
    this.#liveness.heard();
    const { session, seq, epoch = 0, at = 0, events = lines.length } = headers;
    this.#noticeLoss(headers);
    lines.forEach((line, i) => {
      const frame = this.#parse(line);
      if (!frame) return;
      if (session !== undefined && seq !== undefined && i < events) {
        const event = { sessionId: session, seq: seq + i, epoch, at, frame };
        for (const listener of this.#listeners) listener.event?.(event);
      } else if (frame.kind === 'response') {
        for (const listener of this.#listeners) listener.answer?.(frame);
        this.#commands.settle(frame);
      } else {
        if (frame.kind === 'notification' && frame.method === '_praxis/service/online')
          this.#noticeBoot(frame.params.boot, true);
        if (frame.kind === 'notification' && frame.method === '_praxis/service/silent') {
          if (frame.params.boot === this.#boot) this.#liveness.silent();
          return;
        }
        for (const listener of this.#listeners) listener.frame?.(frame);
      }
    });
    const busy = [...this.#listeners]
      .map((listener) => listener.busy?.())
      .filter((wait) => wait !== undefined);
    return busy.length === 0 ? 'ack' : Promise.all(busy).then(() => 'ack');
  }

  #noticeLoss({ boot, delivery }: Incoming['headers']): void {
    if (boot !== undefined) this.#noticeBoot(boot, false);
    if (delivery === undefined) return;
    const expected = this.#delivery;
    this.#delivery = delivery + 1;
    if (expected === undefined || delivery <= expected) return;
    this.options.warn('Messages to this client were lost; asking again', { lost: delivery - expected });
    this.#renew();
  }

  /** A run that we did not know is a new one if it says that it has come, or if we knew another. */
  #noticeBoot(boot: unknown, hasCome: boolean): void {
    if (typeof boot !== 'string' || boot === this.#boot || this.#replaced.has(boot)) return;
    if (this.#boot !== undefined) this.#replaced.add(this.#boot);
    const isNew = hasCome || this.#boot !== undefined;
    this.#boot = boot;
    if (!isNew) return;
    this.#delivery = undefined;
    this.#renew();
  }

  #parse(line: string): Frame | undefined {
    try {
      return parseFrame(line);
    } catch (error) {
      this.options.warn('A frame of the service could not be read', {
        bytes: line.length,
        problem: PraxisError.from(error).message,
      });
      return undefined;
    }
  }
}

const closed = () => new PraxisError(ErrorCode.Disconnected, 'This client is closed');

function unreachable(state: LinkState): PraxisError {
  const reason =
    state.kind === 'connecting' && state.reason !== undefined
      ? `The bus cannot be reached: ${state.reason}`
      : 'The broker is there, but the service does not answer';
  return new PraxisError(ErrorCode.Disconnected, reason, { link: state.kind });
}
