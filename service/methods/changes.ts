/**
 * The methods of the service that change something. Each changes everything or throws before it has changed anything, and
 * is answered once that is saved, after the events that it made. While the journal cannot be written they are refused.
 */
import type { z } from 'zod';
import { methodNotFound, type Request, unknownSession } from '../../proto/index.js';
import type { Client } from '../clients/clients.js';
import type { Asker, Waiters } from '../clients/waiters.js';
import type { Journal } from '../sessions/journal.js';
import type { Session, Sessions } from '../sessions/session.js';
import { checked } from './server.js';

export interface ChangesDeps {
  sessions: Pick<Sessions, 'get'>;
  journal: Journal;
  waiters: Waiters;
}

/** Changes something and gives the result. A request that comes again must find its change made and say so. */
type Change = (params: Record<string, unknown>, client: Client, line: string) => object | undefined;

export class Changes {
  private readonly methods = new Map<string, Change>();

  constructor(private readonly deps: ChangesDeps) {}

  has(method: string): boolean {
    return this.methods.has(method);
  }

  /** Adds a method; without a result of its own it is answered with an empty object. */
  add<P extends z.ZodType>(
    method: string,
    params: P,
    change: (params: z.infer<P>, client: Client, line: string) => object | undefined,
  ): void {
    this.methods.set(method, (given, client, line) => change(checked(params, given), client, line));
  }

  /** Adds a method about one session that exists. */
  addForSession<P extends z.ZodType<{ sessionId: string }>>(
    method: string,
    params: P,
    change: (session: Session, params: z.infer<P>, client: Client, line: string) => object | undefined,
  ): void {
    this.add(method, params, (given, client, line) => {
      const session = this.deps.sessions.get(given.sessionId);
      if (!session) throw unknownSession(given.sessionId);
      return change(session, given, client, line);
    });
  }

  /** Throws what the client is to hear. */
  handle(client: Client, frame: Request, asker: Asker): void {
    const { sessions, journal, waiters } = this.deps;
    const change = this.methods.get(frame.method);
    if (!change) throw methodNotFound(frame.method);
    const result = JSON.stringify(change(frame.params, client, frame.line) ?? {});
    const session = sessions.get(String(frame.params.sessionId));
    const seq = session?.record.seq ?? 0;
    journal.after(() => waiters.reply(asker, { result }, session?.id, seq));
  }
}
