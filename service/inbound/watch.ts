/**
 * What follows from nodes coming and going: hello sends again what is unanswered and settles which sessions live,
 * silence shows sessions as lost, a node that is given up has its requests answered with NodeLost, and one that was removed has its
 * sessions ended. Prompts that wait do so until their node is given up, and run when it is back, in this run of it or the next.
 */
import { ErrorCode, notificationLine, PraxisError } from '../../proto/index.js';
import type { Committer } from '../commit.js';
import type { Clock } from '../ports.js';
import { failed, type Hop, type Hops, neverBack, nodeLost, nodeUnavailable } from '../routing/hops.js';
import type { Hello, Nodes } from '../routing/nodes.js';
import type { Approvals } from '../sessions/approvals.js';
import type { Lifecycle } from '../sessions/lifecycle.js';
import type { Outcome, Session, Sessions } from '../sessions/session.js';
import type { Turns } from '../sessions/turns.js';

/**
 * Milliseconds after a hello that does not name a session until the session is lost. What its agent said last may still
 * be on the way: hello overtakes the frames that the node has kept for the broker.
 */
export const LAST_WORDS_MS = 5_000;

export interface WatchDeps {
  committer: Committer;
  clock: Clock;
  nodes: Nodes;
  hops: Hops;
  sessions: Sessions;
  lifecycle: Lifecycle;
  turns: Turns;
  approvals: Approvals;
  /** The request of ours has its outcome. */
  settle(hopId: string, outcome: Outcome): void;
  /** Some node's entry changed. */
  changed(): void;
}

export class Watch {
  constructor(private readonly deps: WatchDeps) {}

  /** `_praxis/node/hello`. */
  hello(hello: Hello): void {
    const { committer, nodes, hops, turns, approvals } = this.deps;
    const restarted = nodes.bootOf(hello.name) !== undefined && nodes.bootOf(hello.name) !== hello.boot;
    // One that was stopping did stop, though its goodbye was lost.
    if (restarted) this.giveUp(hello.name, nodes.isLeaving(hello.name) ? 'node_stopped' : 'node_restarted');
    nodes.hello(hello);
    this.save(hello.name);
    const here = new Set(hello.sessions.map(({ sessionId }) => sessionId));
    const found: Session[] = [];
    for (const session of this.deps.sessions.onNode(hello.name)) {
      const { state, reason } = session.record;
      const making = session.opening.line !== null;
      if (here.delete(session.id) || (making && state === 'lost')) found.push(session);
      // Those of a node that stops are lost with its goodbye.
      else if (!hello.leaving && !making && (state !== 'lost' || reason === 'node_silent'))
        this.missing(session);
    }
    for (const session of found) this.settle(session);
    for (const unknown of here) this.deps.lifecycle.dismiss(hello.name, unknown);
    committer.effect(() => {
      hops.resend(hello.name);
      for (const session of this.deps.sessions.onNode(hello.name)) {
        approvals.repeat(session);
        if (session.running?.state === 'cancelling') committer.run({ handle: () => turns.cancel(session) });
      }
      this.deps.changed();
    });
    // Behind the resending, which what this sends does not need.
    for (const session of found) turns.advance(session);
    for (const session of this.deps.sessions.onNode(hello.name)) this.deps.lifecycle.goOn(session);
  }

  /** The node has the session. A prompt that was given up meanwhile is stopped there. */
  private settle(session: Session): void {
    const { lifecycle, hops, committer } = this.deps;
    const { state, reason, node, epoch } = session.record;
    if (state !== 'lost') return;
    lifecycle.find(session);
    if (reason === 'node_silent') return;
    const line = notificationLine('session/cancel', { sessionId: session.id });
    committer.effect(() => hops.tell({ node, session: session.id, epoch }, line));
  }

  /** The node does not have the session. If it says nothing more about it, the session is lost. */
  private missing(session: Session): void {
    const { committer, clock, lifecycle } = this.deps;
    if (session.record.state === 'lost') lifecycle.find(session);
    const { epoch, nodeSeq } = session.record;
    committer.effect(() =>
      clock.schedule(LAST_WORDS_MS, () => {
        const handle = () => {
          const { state, epoch: run, nodeSeq: now } = session.record;
          // It may have been brought back meanwhile: then the numbers are those of another process.
          if (run === epoch && now === nodeSeq && state !== 'lost' && session.live) this.agentGone(session);
        };
        void committer.run({ handle });
      }),
    );
  }

  private agentGone(session: Session): void {
    const error = new PraxisError(ErrorCode.AgentLost, 'The agent is no longer on its node', {
      sessionId: session.id,
    });
    this.deps.lifecycle.lose(session, 'agent_exited', error);
    this.deps.lifecycle.goOn(session);
  }

  /** Any message of a node. False: it is of a run that is not registered, and waits for its hello. */
  seen(node: string, boot: string): boolean {
    const seen = this.deps.nodes.seen(node, boot);
    if (seen === 'back') {
      for (const session of this.deps.sessions.onNode(node)) {
        const { reason } = session.record;
        if (reason !== 'node_silent' && reason !== 'node_gone') continue;
        this.settle(session);
        this.deps.turns.advance(session);
      }
      this.deps.committer.effect(() => this.deps.changed());
    }
    return seen !== 'unknown';
  }

  /** `_praxis/node/bye`. */
  bye(node: string, boot: string): void {
    if (this.deps.nodes.bootOf(node) !== boot) return;
    this.deps.nodes.lost(node);
    this.giveUp(node, 'node_stopped');
    this.deps.committer.effect(() => this.deps.changed());
  }

  /** The node's address had no queue when this was sent: the node is away, however short the silence. */
  absent(hop: Hop): void {
    const { node } = hop;
    if (this.deps.nodes.isLive(node)) {
      this.deps.nodes.lost(node);
      this.silent(node);
    }
    this.untaken(hop);
  }

  /** No node has got the request: a prompt waits for the node, who asked for anything else is told. */
  private untaken({ id, node, purpose, session: of }: Hop): void {
    const { sessions, turns, settle } = this.deps;
    const session = sessions.get(of ?? '');
    if (purpose !== 'turn' || !session) settle(id, failed(nodeUnavailable(node)));
    else if (session.running?.id === id) turns.hold(session);
  }

  /** Its login is gone, and it will not come back: it is listed no more, and its sessions end. Their transcripts stay. */
  remove(node: string): void {
    const { nodes, sessions, lifecycle, committer } = this.deps;
    nodes.remove(node);
    committer.draft.nodes.delete(node);
    committer.draft.removedNodes.add(node);
    const gone = failed(
      new PraxisError(ErrorCode.NodeLost, `The login of the node ${node} was taken away`, { node }),
    );
    for (const session of sessions.onNode(node)) lifecycle.end(session, 'node_removed', gone);
    this.answerRest(node, gone);
    committer.effect(() => this.deps.changed());
  }

  tick(elapsedMs: number): void {
    const { silent, gone } = this.deps.nodes.tick(elapsedMs);
    for (const node of silent) this.silent(node);
    for (const node of gone) this.giveUp(node, 'node_gone');
  }

  private silent(node: string): void {
    for (const hop of this.deps.hops.unsent(node)) this.untaken(hop);
    for (const session of this.deps.sessions.onNode(node))
      if (session.record.state !== 'lost') this.deps.lifecycle.hide(session);
    this.deps.committer.effect(() => this.deps.changed());
  }

  private save(node: string): void {
    const { nodes, committer } = this.deps;
    const row = nodes.row(node);
    if (!row) return;
    committer.draft.nodes.set(node, row);
    committer.draft.removedNodes.delete(node);
  }

  private giveUp(node: string, reason: string): void {
    const { sessions, lifecycle, turns } = this.deps;
    this.save(node);
    for (const session of sessions.onNode(node)) {
      const { state, reason: why } = session.record;
      // What waits in a lost session waits for the node's return, and not for ever.
      const late = reason === 'node_gone' && session.turns.unended.length > 0;
      if (state === 'lost' && why !== 'node_silent' && !late) continue;
      lifecycle.lose(session, reason, nodeLost(node));
      if (reason === 'node_gone') turns.dropQueue(session, failed(neverBack(node)));
    }
    this.answerRest(node, failed(nodeLost(node)));
  }

  /** What belongs to no session; the rest was answered when its session was lost or ended. */
  private answerRest(node: string, outcome: Outcome): void {
    const { hops, committer } = this.deps;
    committer.effect(() => {
      for (const { id, session } of hops.ofNode(node))
        if (session === undefined) this.deps.settle(id, outcome);
    });
  }
}
