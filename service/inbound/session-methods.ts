/** The requests of a client that concern a session: made, prompted, loaded, closed; everything else goes to its node. */
import {
  derivedId,
  ErrorCode,
  endedSession,
  FilesParams,
  invalidParams,
  MAX_NODE_SESSIONS,
  methodNotFound,
  NewSessionMeta,
  NewSessionParams,
  type NodeInfo,
  PraxisError,
  PromptMeta,
  PromptParams,
  praxisMeta,
  type Request,
  sessionIdOf,
  unknownSession,
} from '../../proto/index.js';
import type { Client } from '../clients/clients.js';
import type { Replay } from '../clients/replay.js';
import type { Asker, Waiters } from '../clients/waiters.js';
import { checked } from '../methods/server.js';
import { checkTransport, choose } from '../routing/choose.js';
import { type Hops, nodeUnavailable } from '../routing/hops.js';
import type { Nodes } from '../routing/nodes.js';
import type { Journal } from '../sessions/journal.js';
import type { Lifecycle } from '../sessions/lifecycle.js';
import { forNode, openLine } from '../sessions/lines.js';
import { checkPolicy } from '../sessions/policy.js';
import { checkPrompt } from '../sessions/prompts.js';
import type { Session, Sessions } from '../sessions/session.js';
import { settingsOf } from '../sessions/settings.js';
import { lostError, type Turns } from '../sessions/turns.js';

export interface SessionMethodsDeps {
  sessions: Sessions;
  nodes: Nodes;
  hops: Hops;
  journal: Journal;
  lifecycle: Lifecycle;
  turns: Turns;
  waiters: Waiters;
  replay: Replay;
}

export class SessionMethods {
  constructor(private readonly deps: SessionMethodsDeps) {}

  /** Answers the request now or later. Throws what the client is to hear. */
  handle(client: Client, frame: Request, asker: Asker): void {
    if (frame.method === 'session/new') {
      this.open(client, frame, asker);
      return;
    }
    const { sessionId } = frame.params;
    const ours = frame.method.startsWith('session/') && frame.method !== 'session/list';
    if (frame.method === '_praxis/files' && sessionId === undefined) {
      this.files(frame, asker);
      return;
    }
    if (typeof sessionId !== 'string') {
      if (ours) throw invalidParams('sessionId is a string');
      throw methodNotFound(frame.method);
    }
    const session = this.deps.sessions.get(sessionId);
    if (frame.method === 'session/close' || frame.method === 'session/delete') {
      this.close(session, sessionId, frame, asker);
      return;
    }
    if (!session?.live) {
      const known = frame.method === 'session/prompt' && session?.turns.has(turnOf(frame, asker).turnId);
      if (!session) throw unknownSession(sessionId);
      if (!known) throw endedSession(sessionId, session.record.connector);
    }
    switch (frame.method) {
      case 'session/prompt': {
        const { prompt } = checked(PromptParams, frame.params);
        checkPrompt(session, prompt, frame.line);
        const { turnId, urgent } = turnOf(frame, asker);
        const said = { by: client.name, urgent };
        if (!session.turns.has(turnId)) {
          this.checkUnused(turnId);
          this.deps.lifecycle.reopen(session);
        }
        this.deps.turns.prompt(session, turnId, prompt, frame.line, asker, said);
        return;
      }
      case 'session/load':
        this.deps.journal.after(() => this.deps.replay.load(client, session, asker));
        return;
      case 'session/resume':
        this.deps.journal.after(() => this.deps.replay.resume(client, session, asker));
        return;
      case '_praxis/session/resume':
        this.deps.lifecycle.reopen(session, asker);
        return;
      case 'session/fork':
        // Its answer would name a session that no journal knows.
        throw methodNotFound(frame.method);
      default:
        this.forward(session, frame, asker);
    }
  }

  /** The session is there that this asks for, or the turn that it prompts: a repetition, which changes nothing. */
  isAccepted(frame: Request, asker: Asker): boolean {
    const { sessions } = this.deps;
    const derived = derivedId(asker.client, idOf(asker));
    const own = praxisMeta(frame.params);
    const named = (name: string): string => {
      const id = own?.[name];
      return typeof id === 'string' ? id : derived;
    };
    if (frame.method === 'session/new') return sessions.get(named('sessionId')) !== undefined;
    if (frame.method !== 'session/prompt') return false;
    return sessions.get(sessionIdOf(frame) ?? '')?.turns.has(named('turnId')) === true;
  }

  private open(client: Client, frame: Request, asker: Asker): void {
    const own = checked(NewSessionMeta, praxisMeta(frame.params) ?? {});
    const id = own.sessionId ?? derivedId(asker.client, idOf(asker));
    const known = this.deps.sessions.get(id);
    if (known) {
      this.deps.lifecycle.join(known, asker);
      return;
    }
    const { cwd } = checked(NewSessionParams, frame.params);
    const wish = { ...client.defaults, ...own };
    const { node, connector } = choose(this.deps.nodes.list(), wish, (name) =>
      this.deps.nodes.isLeaving(name),
    );
    checkPolicy(node, wish);
    checkTransport(connector, wish.transport);
    this.checkRoom(node);
    const praxis = { ...wish, node: node.name, connector: connector.id };
    this.deps.lifecycle.open(
      {
        id,
        node: node.name,
        connector: connector.id,
        agent: connector.title,
        cwd,
        title: wish.title ?? null,
        yolo: wish.yolo ?? false,
        settings: settingsOf(wish),
        line: openLine(frame.line, id, praxis),
      },
      asker,
    );
  }

  private checkRoom({ name, policy }: NodeInfo): void {
    const limit = policy?.maxSessions ?? MAX_NODE_SESSIONS;
    const living = this.deps.sessions.onNode(name).filter(({ record }) => record.state !== 'lost');
    if (living.length >= limit)
      throw new PraxisError(ErrorCode.TooManySessions, `${limit} sessions live on ${name}, as many as may`, {
        node: name,
        limit,
        hint: 'Close one, or let the owner of the node raise maxSessions in its node.json',
      });
  }

  /** A turn's id is its request's to the node: another session must not have it, or neither would be known by it. */
  private checkUnused(turnId: string): void {
    const { hops, sessions } = this.deps;
    if (hops.get(turnId) || sessions.withTurn(turnId))
      throw new PraxisError(ErrorCode.Conflict, `There is a turn ${turnId} already`, {
        turnId,
        hint: 'Send the prompt under an id of its own',
      });
  }

  private close(session: Session | undefined, sessionId: string, frame: Request, asker: Asker): void {
    const { journal, waiters, lifecycle } = this.deps;
    const purpose = frame.method === 'session/close' ? 'close' : 'delete';
    if (session) lifecycle.close(session, purpose, derivedId(asker.client, idOf(asker)), frame.line, asker);
    else if (purpose === 'close') throw unknownSession(sessionId);
    else journal.after(() => waiters.reply(asker, { result: '{}' }));
  }

  /** A directory of a node, outside any session. The node's owner decides what may be seen. */
  private files(frame: Request, asker: Asker): void {
    const { hops, waiters, journal, nodes } = this.deps;
    const { node = '' } = checked(FilesParams, frame.params);
    if (!nodes.isLive(node)) throw nodeUnavailable(node);
    const id = derivedId(asker.client, idOf(asker));
    const line = forNode(frame.line, id);
    journal.after(() => {
      waiters.wait(id, asker);
      hops.send({ id, node, purpose: 'forward', line });
    });
  }

  /** What we do not know passes to the agent and back, byte for byte. */
  private forward(session: Session, frame: Request, asker: Asker): void {
    const { hops, waiters, journal } = this.deps;
    const { node, epoch, state, reason } = session.record;
    if (state === 'lost') throw lostError(session, reason, node);
    const id = derivedId(asker.client, idOf(asker));
    const line = forNode(frame.line, id);
    journal.after(() => {
      waiters.wait(id, asker);
      hops.send({ id, node, purpose: 'forward', session: session.id, epoch, line });
    });
  }
}

const idOf = ({ id }: Asker): string | number => (id === null ? 'null' : id);

/** What a prompt says of its turn; its id derives from the request's where it names none. */
function turnOf(frame: Request, asker: Asker) {
  const { turnId, urgent } = checked(PromptMeta, praxisMeta(frame.params) ?? {});
  return { turnId: turnId ?? derivedId(asker.client, idOf(asker)), urgent };
}
