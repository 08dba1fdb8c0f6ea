/**
 * What nodes say. Frames of a session are numbered by their node: each number of a run is taken once, whatever the broker
 * repeats. A frame that is no answer becomes an event; an answer settles the request of ours that it belongs to.
 */
import type { Disposition, Incoming } from '../../bus/index.js';
import {
  ErrorCode,
  errorLine,
  type Frame,
  type FrameId,
  type Login,
  memberText,
  methodNotFound,
  NodeMessages,
  NodeSessionMessages,
  type Notification,
  PraxisError,
  parseFrame,
  parseLogin,
  sessionIdOf,
} from '../../proto/index.js';
import type { Committer, Input } from '../commit.js';
import type { Log } from '../ports.js';
import type { Hops } from '../routing/hops.js';
import type { Nodes } from '../routing/nodes.js';
import type { Approvals } from '../sessions/approvals.js';
import { type Journal, outcomeOf } from '../sessions/journal.js';
import type { Lifecycle } from '../sessions/lifecycle.js';
import type { Outcome, Session, Sessions } from '../sessions/session.js';
import type { Watch } from './watch.js';

export interface NodeInboxDeps {
  committer: Committer;
  log: Log;
  sessions: Sessions;
  journal: Journal;
  hops: Hops;
  approvals: Approvals;
  lifecycle: Lifecycle;
  watch: Watch;
  settle(hopId: string, outcome: Outcome): void;
  nodes: Pick<Nodes, 'bootOf'>;
  hasLogin(login: Login): Promise<boolean>;
}

export class NodeInbox {
  /** Looks at the logins of nodes that are under way: what a node says meanwhile waits for the same one, and keeps its order. */
  private readonly looks = new Map<string, Promise<boolean>>();

  constructor(private readonly deps: NodeInboxDeps) {}

  /** A message from `praxis.events`. */
  async receive(message: Incoming): Promise<Disposition> {
    const login = parseLogin(message.userId);
    if (login?.role !== 'node') return this.drop(message, 'its sender is no node');
    // What a node said before its login was taken away may come when it is listed no more: it is not to be listed again.
    const isNew = message.headers.session === undefined && this.deps.nodes.bootOf(login.name) === undefined;
    if (isNew && !(await this.hasLogin(login))) return this.drop(message, 'its login was taken away');
    return this.deps.committer.run(this.input(login.name, message));
  }

  private hasLogin(login: Login): Promise<boolean> {
    const { name } = login;
    const look = this.looks.get(name) ?? this.deps.hasLogin(login).finally(() => this.looks.delete(name));
    this.looks.set(name, look);
    return look;
  }

  private input(node: string, message: Incoming): Input {
    const { headers, lines } = message;
    return {
      about: () => (headers.session === undefined ? [] : [headers.session]),
      handle: () => this.handle(node, message),
      split: () =>
        lines.map((line, i) => {
          const seq = headers.seq === undefined ? {} : { seq: headers.seq + i };
          return this.input(node, { ...message, headers: { ...headers, ...seq }, lines: [line] });
        }),
    };
  }

  private drop({ userId, headers }: Incoming, why: string): Disposition {
    this.deps.log.warn({ userId, session: headers.session }, `a message was dropped: ${why}`);
    return 'drop';
  }

  private handle(node: string, message: Incoming): void {
    const { headers, lines } = message;
    if (headers.session === undefined) {
      for (const line of lines) this.outside(node, line, headers.boot ?? '');
      return;
    }
    const known = this.deps.watch.seen(node, headers.boot ?? '');
    const session = this.deps.sessions.get(headers.session);
    const isOfNode = session === undefined || session.record.node === node;
    if (!isOfNode || (!known && session?.record.nodeBoot !== headers.boot)) {
      this.drop(message, isOfNode ? 'its run is not registered' : 'its session is on another node');
      return;
    }
    if (!session?.live) {
      this.late(node, headers.session, lines);
      return;
    }
    this.inside(session, message);
  }

  /** A session that is over here lives on there: only answers that we wait for count. */
  private late(node: string, sessionId: string, lines: readonly string[]): void {
    let answers = 0;
    for (const line of lines) {
      const frame = this.read(line, sessionId);
      if (frame?.kind !== 'response') continue;
      // One that was closed while its agent was still being started has opened all the same.
      const { sessionId: opened } = (frame.result ?? {}) as { sessionId?: unknown };
      if (opened !== sessionId) answers++;
      this.answered(node, frame.id, frame.line);
    }
    if (answers < lines.length) this.deps.lifecycle.dismiss(node, sessionId);
  }

  private inside(session: Session, { headers, lines }: Incoming): void {
    const { record } = session;
    const boot = headers.boot ?? '';
    if (record.nodeBoot !== boot) {
      record.nodeBoot = boot;
      record.nodeSeq = 0;
    }
    if (headers.epoch !== undefined) {
      // A word of an agent process that was replaced: only its answers, which nobody waits for, would still mean anything.
      if (headers.epoch < record.epoch) return;
      record.epoch = headers.epoch;
    }
    lines.forEach((line, i) => {
      if (headers.seq !== undefined) {
        const number = headers.seq + i;
        if (number <= record.nodeSeq) return;
        if (number > record.nodeSeq + 1)
          this.deps.log.warn({ session: session.id, number, last: record.nodeSeq }, 'a node left out frames');
        record.nodeSeq = number;
        this.deps.journal.touch(session);
      }
      const frame = this.read(line, session.id);
      if (frame) this.take(session, frame);
    });
  }

  private read(line: string, session: string): Frame | undefined {
    try {
      return parseFrame(line);
    } catch (error) {
      this.deps.log.warn(
        { session, bytes: line.length, error: String(error) },
        'a node sent what is no frame',
      );
      return undefined;
    }
  }

  private take(session: Session, frame: Frame): void {
    const { journal, approvals, hops, log } = this.deps;
    if (frame.kind === 'response') {
      this.answered(session.record.node, frame.id, frame.line);
      return;
    }
    const named = sessionIdOf(frame);
    if (named !== undefined && named !== session.id) {
      log.warn({ session: session.id, method: frame.method }, 'a node named another session in a frame');
      if (frame.kind === 'request') {
        const { node, epoch } = session.record;
        const line = errorLine(frame.id, methodNotFound(frame.method));
        journal.after(() => hops.tell({ node, session: session.id, epoch }, line));
      }
      return;
    }
    if (frame.kind === 'request') approvals.ask(session, frame);
    else if (frame.method in NodeSessionMessages) this.ofNode(session, frame);
    else if (frame.method === '$/cancel_request')
      approvals.withdraw(session, memberText(frame.line, ['params', 'requestId']) ?? '');
    else if (frame.method.startsWith('_praxis/')) {
      // The events of our own name are ours to write.
      log.warn({ session: session.id, method: frame.method }, 'a node sent what only the service says');
    } else {
      journal.append(session, frame.line);
      if (frame.method === 'session/update') this.noteUpdate(session, frame.params.update);
    }
  }

  private noteUpdate(session: Session, update: unknown): void {
    if (typeof update !== 'object' || update === null) return;
    this.noteTitle(session, update);
    this.deps.approvals.noteTool(session, update as Record<string, unknown>);
  }

  /** https://agentclientprotocol.com/protocol/v1/session-list: absent is unchanged, null clears. */
  private noteTitle(session: Session, update: unknown): void {
    const { sessionUpdate, title } = (update ?? {}) as Record<string, unknown>;
    if (sessionUpdate !== 'session_info_update' || (typeof title !== 'string' && title !== null)) return;
    if (session.settings.named) return;
    session.record.title = title;
    this.deps.journal.changed(session);
  }

  /** `_praxis/agent/*`: the node's own words about a session. */
  private ofNode(session: Session, frame: Notification): void {
    const { journal, lifecycle, log } = this.deps;
    const method = frame.method as keyof typeof NodeSessionMessages;
    const parsed = NodeSessionMessages[method].safeParse(frame.params);
    if (!parsed.success) {
      log.warn({ session: session.id, method }, 'a node sent a malformed notification');
      return;
    }
    if (method === '_praxis/agent/exited') {
      const { detail, code, signal } = NodeSessionMessages[method].parse(frame.params);
      const error = new PraxisError(ErrorCode.AgentLost, `The agent ended: ${detail}`, { code, signal });
      lifecycle.exited(session, error, detail);
    } else if (method === '_praxis/agent/notice') {
      const { severity, text } = NodeSessionMessages[method].parse(frame.params);
      journal.notice(session, severity, text);
    } else {
      const { method: asked, params, result, by } = NodeSessionMessages[method].parse(frame.params);
      journal.event(session, '_praxis/request/auto', { method: asked, params, result, by });
    }
  }

  /** An answer counts when it comes from the node that was asked. */
  private answered(node: string, id: FrameId, line: string): void {
    const hop = this.deps.hops.get(String(id));
    if (hop?.node === node) this.deps.settle(hop.id, outcomeOf(line));
  }

  /** Frames of no session: the node's registration, and its answers to questions about no session. */
  private outside(node: string, line: string, boot: string): void {
    const frame = this.read(line, '');
    if (!frame) return;
    if (frame.kind === 'response') {
      this.deps.watch.seen(node, boot);
      this.answered(node, frame.id, frame.line);
      return;
    }
    const { watch, log } = this.deps;
    const schema = NodeMessages[frame.method as keyof typeof NodeMessages];
    const parsed = schema?.safeParse(frame.params);
    if (!parsed?.success) {
      log.warn({ node, method: frame.method }, 'a node sent a message of no known form');
      return;
    }
    if (frame.method === '_praxis/node/hello') {
      const hello = NodeMessages[frame.method].parse(frame.params);
      if (hello.name === node) watch.hello(hello);
      else log.warn({ node, says: hello.name }, 'a node gave another name than its login');
    } else if (frame.method === '_praxis/node/beat') watch.seen(node, parsed.data.boot as string);
    else watch.bye(node, parsed.data.boot as string);
  }
}
