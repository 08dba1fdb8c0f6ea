/**
 * Who waits for the answer of what: every request of a client gets exactly one answer, under the id that it came with,
 * after the events that precede it. Several clients may wait for one thing, such as the end of a turn.
 */
import { type FrameId, PraxisError } from '../../proto/index.js';
import { answerLine } from '../sessions/journal.js';
import type { Outcome, Session } from '../sessions/session.js';
import type { Answer, Client, Clients } from './clients.js';

/** A request of a client. */
export interface Asker {
  client: string;
  id: FrameId;
}

export interface WaitersDeps {
  clients: Pick<Clients, 'get'>;
  /** Sends a line to a client once it has seen the session's events up to `seq`; at once when it is no viewer. */
  sendAfter(client: Client, session: string, seq: number, line: string): void;
}

/** A request among those of all clients. */
export const keyOf = ({ client, id }: Asker): string => `${client}#${JSON.stringify(id)}`;

export class Waiters {
  /** By what is waited for (a turn, a session, a hop), then by asker. */
  private readonly waiting = new Map<string, Map<string, Asker>>();
  private readonly topics = new Map<string, string>();

  constructor(private readonly deps: WaitersDeps) {}

  /** `asker` gets the answer of `topic`. A repeated request is the same asker. */
  wait(topic: string, asker: Asker): void {
    const askers = this.waiting.get(topic) ?? new Map<string, Asker>();
    this.waiting.set(topic, askers.set(keyOf(asker), asker));
    this.topics.set(keyOf(asker), topic);
  }

  /** What a request waits for. */
  topicOf(asker: Asker): string | undefined {
    return this.topics.get(keyOf(asker));
  }

  askersOf(topic: string): Asker[] {
    return [...(this.waiting.get(topic)?.values() ?? [])];
  }

  /** Everybody who waits for `topic` gets its outcome. */
  answer(topic: string, outcome: Outcome, session?: Session, seq = session?.record.seq ?? 0): void {
    const askers = this.waiting.get(topic);
    if (!askers) return;
    this.waiting.delete(topic);
    for (const asker of askers.values()) {
      this.topics.delete(keyOf(asker));
      this.reply(asker, outcome, session?.id, seq);
    }
  }

  /** Answers one request. A client that is gone hears nothing. */
  reply({ client: address, id }: Asker, outcome: Outcome, session?: string, seq = 0): void {
    const client = this.deps.clients.get(address);
    if (!client) return;
    const answer = { line: answerLine(id, outcome), ...(session && { session }), seq };
    client.keep(id, answer);
    this.repeat(client, answer);
  }

  /** Sends an answer that the client got, or should have got, before. */
  repeat(client: Client, { session, seq, line }: Answer): void {
    if (session) this.deps.sendAfter(client, session, seq, line);
    else void client.say(line);
  }

  refuse(asker: Asker, error: unknown): void {
    this.reply(asker, { error: JSON.stringify(PraxisError.from(error)) });
  }

  forget(client: string): void {
    for (const [topic, askers] of this.waiting) {
      for (const [key, asker] of askers)
        if (asker.client === client) {
          askers.delete(key);
          this.topics.delete(key);
        }
      if (askers.size === 0) this.waiting.delete(topic);
    }
  }
}
