/**
 * What clients say. The sender is who the broker says; every request gets one answer, and the same request sent again is
 * the same request. Nothing is changed before a request has been checked as a whole.
 */
import type { Disposition, Incoming } from '../../bus/index.js';
import {
  derivedId,
  ErrorCode,
  errorLine,
  type Frame,
  type FrameId,
  MAX_KEPT_REFUSALS,
  type Notification,
  PraxisError,
  parseFrame,
  parseLogin,
  praxisMeta,
  type Request,
  sessionIdOf,
} from '../../proto/index.js';
import type { Client, Clients } from '../clients/clients.js';
import type { Viewers } from '../clients/viewers.js';
import { type Asker, keyOf, type Waiters } from '../clients/waiters.js';
import type { Committer, Input } from '../commit.js';
import type { Changes } from '../methods/changes.js';
import type { MethodServer } from '../methods/server.js';
import type { Log } from '../ports.js';
import type { Hops } from '../routing/hops.js';
import type { Approvals } from '../sessions/approvals.js';
import type { Journal } from '../sessions/journal.js';
import { forNode } from '../sessions/lines.js';
import type { Sessions } from '../sessions/session.js';
import type { Turns } from '../sessions/turns.js';
import type { SessionMethods } from './session-methods.js';

export interface ClientInboxDeps {
  committer: Committer;
  log: Log;
  clients: Clients;
  waiters: Waiters;
  viewers: Viewers;
  sessions: Sessions;
  journal: Journal;
  hops: Hops;
  turns: Turns;
  approvals: Approvals;
  server: MethodServer;
  changes: Changes;
  sessionMethods: SessionMethods;
}

export class ClientInbox {
  /** Requests that the service is working on itself; a repetition waits for the same answer. */
  private readonly working = new Set<string>();
  /** Requests that were refused: a copy of one that came through the broker again must not be accepted. */
  private readonly refused = new Map<string, PraxisError>();

  constructor(private readonly deps: ClientInboxDeps) {}

  /** A message from `praxis.commands`. */
  async receive(message: Incoming): Promise<Disposition> {
    const login = parseLogin(message.userId);
    const address = message.headers.client;
    if (login?.role !== 'client' || !address?.startsWith(`${login.name}.`)) {
      this.deps.log.warn(
        { userId: message.userId },
        'a message was dropped: its sender is not the client it names',
      );
      return 'drop';
    }
    return this.deps.committer.run(this.input(address, message.lines));
  }

  private input(address: string, lines: readonly string[]): Input {
    // Each is read once: a prompt may be large.
    const read = lines.map(readable);
    // Nobody would hear of the refusal of what asks for no answer, such as a cancel or a person's answer: it waits instead.
    const refusable = read.every((frame) => 'refused' in frame || frame.kind === 'request');
    const refuse = () => {
      if (read.some((frame) => this.isAccepted(address, frame))) return false;
      for (const line of lines) this.refuse(address, line);
      return true;
    };
    return {
      about: () => lines.flatMap((line) => this.sessionOf(line) ?? []),
      handle: () => {
        for (const frame of read) this.take(address, frame);
      },
      ...(refusable && { refuse }),
      fail: (error) => {
        for (const line of lines) this.failed(address, line, error);
      },
      split: () => lines.map((line) => this.input(address, [line])),
    };
  }

  private take(address: string, frame: Frame | Unreadable): void {
    if ('refused' in frame) {
      // Whoever sends this is told, even before initialize: there is no id to wait for.
      this.reject(address, null, frame.refused);
      return;
    }
    const client = this.clientOf(address, frame);
    if (!client) {
      const early = new PraxisError(ErrorCode.InvalidRequest, 'The first request is initialize');
      if (frame.kind === 'request') this.reject(address, frame.id, early);
      return;
    }
    if (frame.kind === 'request') this.request(client, frame);
    else if (frame.kind === 'notification') this.notification(client, frame);
    else {
      const session = this.deps.sessions.withRequest(String(frame.id));
      if (session) this.deps.approvals.answer(session, client, frame);
    }
  }

  /**
   * The sender, unless it has not said initialize. One that the service does not know but that is past its first request said
   * it to an earlier run of the service; what it sent meanwhile came through the broker before its next initialize.
   */
  private clientOf(address: string, frame: Frame): Client | undefined {
    const known = this.deps.clients.get(address);
    if (known) return known;
    const first = frame.kind === 'request' && frame.method === 'initialize';
    const later = frame.kind !== 'request' || (typeof frame.id === 'number' && frame.id > 1);
    return first || later ? this.deps.clients.add(address) : undefined;
  }

  private reject(address: string, id: FrameId, error: unknown): void {
    const { clients, committer } = this.deps;
    const known = clients.get(address);
    const client = known ?? clients.stranger(address);
    committer.effect(() => void client.say(errorLine(id, error)));
  }

  private request(client: Client, frame: Request): void {
    const { waiters, journal, server } = this.deps;
    const asker = { client: client.address, id: frame.id };
    const answered = frame.method === 'initialize' ? undefined : client.answered(frame.id);
    if (answered) {
      journal.after(() => waiters.repeat(client, answered));
      return;
    }
    if (server.has(frame.method)) {
      this.own(client, frame);
      return;
    }
    const refused = this.refused.get(keyOf(asker));
    if (refused) {
      journal.after(() => waiters.refuse(asker, refused));
      return;
    }
    try {
      if (this.deps.changes.has(frame.method)) this.deps.changes.handle(client, frame, asker);
      else this.deps.sessionMethods.handle(client, frame, asker);
    } catch (error) {
      // Anything else is a fault of ours, which may have left half of its changes behind: it is not for us to catch.
      if (!(error instanceof PraxisError)) throw error;
      this.remember(asker, error);
      journal.after(() => waiters.refuse(asker, error));
    }
  }

  private remember(asker: Asker, refusal: PraxisError): void {
    this.refused.set(keyOf(asker), refusal);
    for (const key of this.refused.keys()) {
      if (this.refused.size <= MAX_KEPT_REFUSALS) break;
      this.refused.delete(key);
    }
  }

  /** A method of the service itself. Its answer goes out when everything that it could see is saved. */
  private own(client: Client, frame: Request): void {
    const { server, committer, waiters } = this.deps;
    const key = keyOf({ client: client.address, id: frame.id });
    if (this.working.has(key)) return;
    this.working.add(key);
    const afterwards: (() => void)[] = [];
    const call = { client, afterwards: (next: () => void) => void afterwards.push(next) };
    void server.answer(frame, call).then((outcome) => {
      committer.effect(() => {
        this.working.delete(key);
        waiters.reply({ client: client.address, id: frame.id }, outcome);
        for (const next of afterwards) next();
      });
    });
  }

  private notification(client: Client, frame: Notification): void {
    const { sessions, turns, hops, journal } = this.deps;
    if (frame.method === '$/cancel_request') {
      this.cancelRequest(client, frame.params.requestId);
      return;
    }
    const session = sessions.get(sessionIdOf(frame) ?? '');
    if (!session?.live) return;
    if (frame.method === 'session/cancel') {
      // A cancel that the broker delivers again must not hit the turn after the one that was meant.
      const meant = praxisMeta(frame.params)?.turnId;
      if (meant === undefined || meant === session.running?.id) turns.cancel(session, frame.line);
      else if (typeof meant === 'string') turns.remove(session, meant);
    } else if (!frame.method.startsWith('$/')) {
      const { node, epoch } = session.record;
      journal.after(() => hops.tell({ node, session: session.id, epoch }, forNode(frame.line)));
    }
  }

  /** Cancellation is per hop: the client's id becomes ours. What waits in a queue is ours to cancel. */
  private cancelRequest(client: Client, id: unknown): void {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const { waiters, hops, turns, sessions, journal } = this.deps;
    // A request that is not saved yet waits for nothing; what it will wait for has the id that derives from it.
    const topic = waiters.topicOf({ client: client.address, id }) ?? derivedId(client.address, id);
    const session = sessions.withTurn(topic);
    if (session && turns.remove(session, topic)) return;
    const hop = hops.get(topic);
    if (!hop?.session) return;
    const to = { node: hop.node, session: hop.session, epoch: hop.epoch ?? 0 };
    const line = JSON.stringify({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: topic } });
    journal.after(() => hops.tell(to, line));
  }

  /** The handler of this frame failed. Who asked something is told so. */
  private failed(address: string, line: string, error: unknown): void {
    const frame = readable(line);
    if ('kind' in frame && frame.kind === 'request') this.reject(address, frame.id, error);
  }

  private sessionOf(line: string): string | undefined {
    const frame = readable(line);
    if ('refused' in frame) return undefined;
    if (frame.kind === 'response') return this.deps.sessions.withRequest(String(frame.id))?.id;
    return sessionIdOf(frame);
  }

  /** It asks again for what is in the journal already, as a client does that lost the service. */
  private isAccepted(address: string, frame: Frame | Unreadable): boolean {
    if ('refused' in frame || frame.kind !== 'request') return false;
    return this.deps.sessionMethods.isAccepted(frame, { client: address, id: frame.id });
  }

  /** The journal cannot be written: what only reads is answered, the rest is refused. */
  private refuse(address: string, line: string): void {
    const frame = readable(line);
    if ('refused' in frame) {
      this.reject(address, null, frame.refused);
      return;
    }
    if (frame.kind !== 'request') return;
    const client = this.clientOf(address, frame);
    if (client && this.deps.server.has(frame.method)) {
      this.own(client, frame);
      return;
    }
    const error = new PraxisError(
      ErrorCode.StorageFailed,
      'The journal cannot be written; nothing was accepted',
    );
    this.remember({ client: address, id: frame.id }, error);
    void (client ?? this.deps.clients.stranger(address)).say(errorLine(frame.id, error));
  }
}

/** A line that is no frame, and what its sender is to hear. */
type Unreadable = { refused: unknown };

function readable(line: string): Frame | Unreadable {
  try {
    return parseFrame(line);
  } catch (error) {
    return { refused: error };
  }
}
