/**
 * The clients that have said initialize, and the way to them. `delivery` numbers the messages to each, so that it sees when
 * its queue overflowed. A client that the broker cannot route to is forgotten; what it asked for goes on.
 */
import { Unroutable } from '../../bus/index.js';
import {
  CLIENTS,
  type FrameId,
  type Headers,
  MAX_KEPT_ANSWERS,
  type NewSessionMeta,
} from '../../proto/index.js';
import type { Publisher } from '../ports.js';

/** Characters of answers that are kept for one client, besides MAX_KEPT_ANSWERS. */
const MAX_KEPT_CHARACTERS = 4 * 1024 * 1024;

export type Delivered = 'sent' | 'gone' | 'disconnected';
type EventHeaders = Pick<Headers, 'session' | 'seq' | 'epoch' | 'at' | 'events'>;

/** An answer, and the event of a session that it comes after. */
export interface Answer {
  line: string;
  session?: string;
  seq: number;
}

export class Client {
  /** It takes answers in the message of the events that precede them; from `initialize`. */
  mixed = false;
  /** What `session/new` means when it does not say; from `initialize`. */
  defaults: Partial<NewSessionMeta> = {};
  private delivery = 0;
  private spokenTo = true;
  private readonly kept = new Map<string, Answer>();
  private keptCharacters = 0;
  /** Lines that the broker did not confirm, to be sent when it is back. */
  private unsent: string[] = [];

  constructor(
    readonly address: string,
    private readonly bus: Publisher,
    /** The run of this service, which tells a client that it was restarted. */
    private readonly boot: string,
    private readonly forget: (address: string) => void,
  ) {}

  /** The login's name. */
  get name(): string {
    return this.address.slice(0, this.address.indexOf('.'));
  }

  /** Sends frames, in the order of the calls. Never rejects. */
  async send(lines: readonly string[], headers: EventHeaders = {}): Promise<Delivered> {
    this.delivery++;
    this.spokenTo = true;
    try {
      await this.bus.publish({
        exchange: CLIENTS,
        key: this.address,
        headers: { ...headers, boot: this.boot, delivery: this.delivery },
        lines,
        mandatory: true,
      });
      return 'sent';
    } catch (error) {
      if (!(error instanceof Unroutable)) return 'disconnected';
      this.forget(this.address);
      return 'gone';
    }
  }

  /** Sends frames that are no events: again after a reconnect, when the broker has not confirmed them. */
  async say(line: string): Promise<void> {
    if ((await this.send([line])) === 'disconnected') this.unsent.push(line);
  }

  reconnected(): void {
    const lines = this.unsent;
    this.unsent = [];
    for (const line of lines) void this.say(line);
  }

  /** Sends `line` unless something was sent since the last call, so that a client that is gone is noticed. */
  probe(line: string): void {
    if (!this.spokenTo) void this.send([line]);
    this.spokenTo = false;
  }

  keep(id: FrameId, answer: Answer): void {
    const name = JSON.stringify(id);
    this.keptCharacters += answer.line.length - (this.kept.get(name)?.line.length ?? 0);
    this.kept.set(name, answer);
    for (const [key, { line }] of this.kept) {
      if (this.kept.size <= MAX_KEPT_ANSWERS && this.keptCharacters <= MAX_KEPT_CHARACTERS) break;
      this.kept.delete(key);
      this.keptCharacters -= line.length;
    }
  }

  /** The answer that the request `id` got before. */
  answered(id: FrameId): Answer | undefined {
    return this.kept.get(JSON.stringify(id));
  }
}

export class Clients {
  private readonly byAddress = new Map<string, Client>();

  constructor(
    private readonly bus: Publisher,
    private readonly boot: string,
    private readonly forgotten: (address: string) => void,
  ) {}

  get(address: string): Client | undefined {
    return this.byAddress.get(address);
  }

  add(address: string): Client {
    const known = this.byAddress.get(address);
    if (known) return known;
    const client = new Client(address, this.bus, this.boot, (gone) => {
      if (this.byAddress.delete(gone)) this.forgotten(gone);
    });
    this.byAddress.set(address, client);
    return client;
  }

  /** The way to somebody who has not said initialize; nothing is kept of it. */
  stranger(address: string): Client {
    return new Client(address, this.bus, this.boot, () => {});
  }

  all(): IterableIterator<Client> {
    return this.byAddress.values();
  }
}
