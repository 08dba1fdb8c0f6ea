/**
 * What this client said and the service has not settled, in the order in which it was said. A request stays until it is
 * answered, a notification until the broker has confirmed it; both are sent again, under the same id and in the same
 * order, after a reconnect, a new run of the service, or a gap. The service runs each once.
 */
import { ErrorCode, frameTooLarge, isTooLarge, PraxisError, type Response } from '../proto/index.js';

export interface CommandsOptions {
  /** Sends now; resolves when confirmed, rejects when the connection ended before. */
  publish(line: string, session: string | undefined): Promise<void>;
  /** Bytes that may wait before `full`. */
  maxBytes: number;
}

interface Entry {
  line: string;
  session: string | undefined;
  /** The generation in which it was last sent. */
  sentIn: number;
  /** Kept to be sent again in the next generation; otherwise it fails when this generation ends. */
  lasting: boolean;
  answer?: (response: Response) => void;
  fail?: (error: PraxisError) => void;
}

export interface RequestOptions {
  session?: string;
  /** False: this request belongs to the connection of the moment and rejects with Outdated when that ends. */
  lasting?: boolean;
}

/** The connection on which a passing request was sent has ended; who made it makes a new one. */
export class Outdated extends PraxisError {
  constructor() {
    super(ErrorCode.Disconnected, 'The connection was renewed before the answer');
    this.name = 'Outdated';
  }
}

export class Commands {
  readonly #entries = new Map<number, Entry>();
  readonly #rooms: (() => void)[] = [];
  readonly #quiet: (() => void)[] = [];
  #next = 1;
  #generation = 0;
  #online = false;
  #unconfirmed = 0;
  #bytes = 0;

  constructor(private readonly options: CommandsOptions) {}

  /** Resolves with the answer as it came, an error answer too. `compose` writes the line with the id that it gets. */
  request(compose: (id: number) => string, options: RequestOptions = {}): Promise<Response> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const { session, lasting = true } = options;
      const line = compose(id);
      // The service could not tell whose request it refuses: it does not read what is too large.
      if (isTooLarge(line)) throw frameTooLarge();
      this.#add(id, { line, session, lasting, sentIn: 0, answer: resolve, fail: reject });
    });
  }

  /** A notification, or an answer to a request of the agent. */
  say(line: string, session?: string): void {
    this.#add(this.#next++, { line, session, lasting: true, sentIn: 0 });
  }

  /** The answer to one of our requests came. An id that nobody waits for is an answer that came twice. */
  settle(response: Response): void {
    if (typeof response.id !== 'number') return;
    const entry = this.#entries.get(response.id);
    if (!entry?.answer) return;
    this.#remove(response.id);
    entry.answer(response);
  }

  /** A connection begins, or the service is a new one: what was not lasting fails. Nothing old is sent before resend(). */
  renew(): void {
    this.#generation++;
    this.#online = true;
    this.#failWhere((entry) => !entry.lasting, new Outdated());
  }

  /** Sends what is left from earlier generations. */
  resend(): void {
    for (const [id, entry] of [...this.#entries]) if (entry.sentIn < this.#generation) this.#send(id, entry);
  }

  /** The connection is gone; what is said from now on waits. */
  pause(): void {
    this.#online = false;
  }

  /** Rejects every request that waits and forgets the rest. */
  fail(error: PraxisError): void {
    this.#failWhere(() => true, error);
  }

  get full(): boolean {
    return this.#bytes > this.options.maxBytes;
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#rooms.push(resolve)) : Promise.resolve();
  }

  /** Resolves when the broker has confirmed all that was sent on this connection. */
  confirmed(): Promise<void> {
    return this.#unconfirmed === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#quiet.push(resolve);
        });
  }

  #add(id: number, entry: Entry): void {
    this.#entries.set(id, entry);
    this.#bytes += entry.line.length;
    if (this.#online) this.#send(id, entry);
  }

  #send(id: number, entry: Entry): void {
    entry.sentIn = this.#generation;
    this.#unconfirmed++;
    this.options
      .publish(entry.line, entry.session)
      .then(
        () => {
          if (!entry.answer) this.#remove(id);
        },
        // Not confirmed: it stays and goes out again with the next generation.
        () => undefined,
      )
      .finally(() => {
        if (--this.#unconfirmed === 0) for (const resolve of this.#quiet.splice(0)) resolve();
      });
  }

  #remove(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#bytes -= entry.line.length;
    if (!this.full) for (const resolve of this.#rooms.splice(0)) resolve();
  }

  #failWhere(which: (entry: Entry) => boolean, error: PraxisError): void {
    for (const [id, entry] of [...this.#entries]) {
      if (!which(entry)) continue;
      this.#remove(id);
      entry.fail?.(error);
    }
  }
}
