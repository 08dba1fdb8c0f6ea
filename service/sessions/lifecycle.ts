/**
 * How a session begins, is lost and found, and ends. Whatever happens, everybody who waits for something of the session
 * gets an answer.
 */
import {
  derivedId,
  type EndReason,
  endedSession,
  type FrameId,
  fault,
  memberText,
  NewSessionMeta,
  NodeOpened,
  PraxisError,
  requestLine,
  withoutPraxis,
} from '../../proto/index.js';
import type { Clients } from '../clients/clients.js';
import type { Viewers } from '../clients/viewers.js';
import type { Asker, Waiters } from '../clients/waiters.js';
import { failed, type Hops, nodeUnavailable } from '../routing/hops.js';
import type { Nodes } from '../routing/nodes.js';
import type { Approvals } from './approvals.js';
import type { Journal } from './journal.js';
import { forNode, reopenLine } from './lines.js';
import { emptyOpening, errorOf, type Outcome, Session, type Sessions } from './session.js';
import { lostError, outcomeOfTurn, type Turns } from './turns.js';

export interface LifecycleDeps {
  sessions: Sessions;
  journal: Journal;
  hops: Hops;
  waiters: Waiters;
  clients: Pick<Clients, 'get'>;
  viewers: Viewers;
  turns: Turns;
  approvals: Approvals;
  nodes: Pick<Nodes, 'isLive' | 'isLeaving'>;
}

export interface Opening {
  id: string;
  node: string;
  connector: string;
  agent: string;
  cwd: string;
  title: string | null;
  yolo: boolean;
  /** JSON of the session's Settings. */
  settings: string;
  /** `session/new` as the node gets it. */
  line: string;
}

export class Lifecycle {
  constructor(private readonly deps: LifecycleDeps) {}

  /** Makes the session, or joins `asker` to the one that the same request made before. */
  open(opening: Opening, asker: Asker): void {
    const { journal, sessions, hops } = this.deps;
    const at = journal.now();
    const session = new Session(
      {
        id: opening.id,
        node: opening.node,
        connector: opening.connector,
        agent: opening.agent,
        cwd: opening.cwd,
        title: opening.title,
        state: 'starting',
        reason: null,
        yolo: opening.yolo ? 1 : 0,
        seq: 0,
        epoch: 0,
        nodeBoot: null,
        nodeSeq: 0,
        createdAt: at,
        updatedAt: at,
        size: 0,
        settings: opening.settings,
      },
      { ...emptyOpening(opening.id), line: opening.line },
    );
    sessions.add(session);
    journal.saveOpening(session);
    journal.changed(session);
    this.join(session, asker);
    const { id, node, line } = opening;
    journal.after(() => hops.send({ id, node, purpose: 'open', session: id, epoch: 0, line }));
  }

  /** `asker` gets the answer of the session's opening, which may be there already. */
  join(session: Session, asker: Asker): void {
    const { journal, waiters } = this.deps;
    journal.after(() => {
      waiters.wait(session.id, asker);
      if (session.opening.result !== null || session.opening.error !== null) this.announce(session);
    });
  }

  /** The node has answered `session/new`, or the request that brings the session back; a second time nothing happens. */
  opened(session: Session, outcome: Outcome): void {
    const { journal, hops } = this.deps;
    if (session.opening.line === null) return;
    const parsed = 'result' in outcome ? NodeOpened.safeParse(JSON.parse(outcome.result)) : undefined;
    const { node, connector, cwd, yolo } = session.record;
    if (!('result' in outcome) || !parsed?.success || parsed.data.sessionId !== session.id) {
      const answered = 'error' in outcome ? outcome : failed(badAnswer(node));
      const { code, message, data } = errorOf(answered)!;
      if (!session.reopening) this.end(session, 'failed', answered);
      else this.notBack(session, 'resume_failed', new PraxisError(code, message, data), message);
      return;
    }
    const { agentInfo = null, agentCapabilities = null, ...told } = parsed.data._meta.praxis;
    const context = session.reopening ? (told.context ?? 'new') : undefined;
    const hopId = session.openingId;
    const result = withoutPraxis(outcome.result, []);
    Object.assign(session.opening, {
      line: null,
      request: session.opening.request ?? session.opening.line,
      agentSessionId: told.agentSessionId ?? null,
      result,
      agentInfo: agentInfo && JSON.stringify(agentInfo),
      agentCapabilities: agentCapabilities && JSON.stringify(agentCapabilities),
    });
    if (told.transport) session.settings = { ...session.settings, transport: told.transport };
    journal.saveOpening(session);
    journal.event(session, '_praxis/session/opened', {
      node,
      connector,
      cwd,
      yolo: yolo === 1,
      agentInfo,
      agentCapabilities,
      result: JSON.parse(result),
    });
    if (context) journal.notice(session, NOTICES[context].severity, NOTICES[context].text);
    journal.move(session, 'opened');
    journal.after(() => {
      hops.end(hopId);
      if (context) this.deps.waiters.answer(hopId, resumed(session, context), session);
      else this.announce(session);
    });
    this.deps.turns.advance(session);
  }

  /**
   * Brings a lost session back, on a new process of its agent: the next epoch. What is prompted meanwhile waits for it.
   * Throws NodeUnavailable, or SessionLost when nobody knows how it was opened.
   */
  reopen(session: Session, asker?: Asker): void {
    const { journal, hops, waiters, nodes } = this.deps;
    const { record, opening } = session;
    if (record.state === 'lost' && opening.line === null) {
      const { node, reason } = record;
      if (reason === 'node_silent' || !nodes.isLive(node)) throw nodeUnavailable(node);
      if (opening.request === null) throw lostError(session, reason, node);
      // Frames of the new process are numbered anew, and those of an earlier one that are still on their way are dropped.
      record.epoch++;
      record.nodeSeq = 0;
      const { epoch } = record;
      const id = derivedId(session.id, epoch);
      const { agentSessionId } = opening;
      const meta = NewSessionMeta.parse(JSON.parse(memberText(opening.request, META) ?? '{}'));
      // What the owner of the node has changed since then is for new sessions.
      const { transport = meta.transport } = session.settings;
      const again = { ...meta, transport, sessionId: session.id, epoch, agentSessionId };
      const line = reopenLine(opening.request, id, again);
      opening.line = line;
      journal.saveOpening(session);
      journal.move(session, 'reopening');
      journal.after(() => hops.send({ id, node, purpose: 'open', session: session.id, epoch, line }));
    }
    if (!asker) return;
    const { openingId, reopening } = session;
    journal.after(() => {
      if (reopening) waiters.wait(openingId, asker);
      else waiters.reply(asker, resumed(session, 'live'));
    });
  }

  /** Answers those who opened it; the answer comes first, then what the agent said early. */
  private announce(session: Session): void {
    const { waiters, clients, viewers } = this.deps;
    const askers = waiters.askersOf(session.id);
    waiters.answer(session.id, outcomeOfTurn(session.opening));
    if (!session.live) return;
    for (const address of new Set(askers.map(({ client }) => client))) {
      const client = clients.get(address);
      if (client) viewers.add(client, session, 0);
    }
  }

  /** Closes the session, and forgets it when the method is `session/delete`. The running prompt is answered first. */
  close(session: Session, purpose: 'close' | 'delete', hopId: string, line: string, asker: Asker): void {
    const { journal, hops, waiters, turns } = this.deps;
    const { node, epoch, state } = session.record;
    journal.after(() => waiters.wait(hopId, asker));
    if (!session.live || state === 'lost') {
      if (state === 'lost') this.dismiss(node, session.id);
      this.closed(session, purpose, hopId);
      return;
    }
    turns.dropQueue(session);
    turns.cancel(session);
    // The node closes; the journal is ours, so a deletion is a close there.
    const sent = purpose === 'close' ? forNode(line, hopId) : closeLine(hopId, session.id);
    journal.after(() => hops.send({ id: hopId, node, purpose, session: session.id, epoch, line: sent }));
  }

  /** The node has closed it, or is not there to. */
  closed(session: Session, purpose: 'close' | 'delete', hopId: string): void {
    const { journal, hops, waiters } = this.deps;
    const { seq: before } = session.record;
    this.end(session, 'closed');
    const seq = session.live ? before : session.record.seq;
    journal.after(() => {
      hops.end(hopId);
      waiters.answer(hopId, { result: '{}' }, session, seq);
    });
    if (purpose === 'delete') this.forget(session);
  }

  /** Nothing happened in it for so long that it ends. The agent is ended too; the transcript stays. */
  timeOut(session: Session): void {
    const { node } = session.record;
    this.end(session, 'timeout');
    this.dismiss(node, session.id);
  }

  /** An ended session goes with its journal. */
  forget(session: Session): void {
    const { journal, sessions, viewers } = this.deps;
    journal.forgetSession(session);
    session.record.state = 'ended';
    session.record.reason = 'deleted';
    journal.changed(session);
    journal.after(() => {
      sessions.remove(session.id);
      viewers.removeSession(session.id);
    });
  }

  /** Ends the session: what runs is answered with `outcome`, or as cancelled. */
  end(session: Session, reason: EndReason, outcome?: Outcome): void {
    const { journal, hops, waiters, turns, approvals } = this.deps;
    if (!session.live) return;
    approvals.cancel(session);
    approvals.forget(session);
    turns.endAll(session, outcome);
    const gone = failed(endedSession(session.id, session.record.connector));
    this.failOpening(session, outcome && 'error' in outcome ? outcome : gone);
    journal.end(session, reason, (outcome && errorOf(outcome)?.message) ?? null);
    this.failForwarded(session, gone);
    journal.after(() => {
      for (const hop of hops.ofSession(session.id)) {
        if (hop.purpose !== 'close' && hop.purpose !== 'delete') continue;
        hops.end(hop.id);
        waiters.answer(hop.id, { result: '{}' }, session);
      }
    });
  }

  /**
   * The agent has ended. Its node has answered every prompt that it was working on before it said so: a turn that is still
   * open here never reached it. It waits with the others, and they bring the session back.
   */
  exited(session: Session, error: PraxisError, detail: string): void {
    if (session.reopening) {
      this.notBack(session, 'agent_exited', error, detail);
      return;
    }
    this.deps.turns.hold(session);
    this.lose(session, 'agent_exited', error, detail);
    this.goOn(session);
  }

  /** Brings a lost session back for the prompts that wait in it, if its node is there to do it; else they wait for the node. */
  goOn(session: Session): void {
    const { state, reason, node } = session.record;
    if (state !== 'lost' || reason === 'node_silent' || session.turns.waiting === 0) return;
    if (this.isThere(node)) this.reopen(session);
  }

  /** The agent could not be brought back, which a node that is away or about to stop says nothing about: its next run may. */
  private notBack(session: Session, reason: string, error: PraxisError, detail: string): void {
    this.lose(session, reason, error, detail);
    if (this.isThere(session.record.node)) this.deps.turns.dropQueue(session, failed(error));
  }

  private isThere(node: string): boolean {
    return this.deps.nodes.isLive(node) && !this.deps.nodes.isLeaving(node);
  }

  /** The agent is gone: who waits for it gets `error`. Prompts that have not reached it go on waiting, if the session can come back. */
  lose(session: Session, reason: string, error: PraxisError, detail: string | null = null): void {
    const { journal, hops, turns, approvals } = this.deps;
    const outcome = failed(error);
    if (session.opening.line !== null && !session.reopening) {
      this.end(session, 'failed', outcome);
      return;
    }
    const closing = hops
      .ofSession(session.id)
      .find(({ purpose }) => purpose === 'close' || purpose === 'delete');
    if (closing) {
      this.closed(session, closing.purpose as 'close' | 'delete', closing.id);
      return;
    }
    approvals.cancel(session);
    approvals.forget(session);
    this.failOpening(session, outcome);
    turns.endRunning(session, outcome);
    if (session.opening.request === null) turns.dropQueue(session, outcome);
    journal.move(session, 'lost', reason, detail);
    this.failForwarded(session, outcome);
  }

  /** The node is silent: the session is shown as lost, and may be found again. */
  hide(session: Session): void {
    this.deps.journal.move(session, 'lost', 'node_silent');
  }

  /** The node is back in the same run, and the agent with it. */
  find(session: Session): void {
    if (session.record.state !== 'lost') return;
    const { journal } = this.deps;
    if (session.opening.line !== null) journal.move(session, 'found_starting');
    else if (session.openRequests.length > 0) journal.move(session, 'found_waiting');
    else journal.move(session, session.running ? 'found_working' : 'found_idle');
  }

  /** Tells a node to close what the service does not know or has given up. Nobody waits for the answer. */
  dismiss(node: string, session: string): void {
    const { journal, hops } = this.deps;
    journal.after(() => hops.tell({ node, session, epoch: 0 }, closeLine(`close ${session}`, session)));
  }

  /** Whoever waits for the session to be made or brought back hears why it is not. */
  private failOpening(session: Session, outcome: { error: string }): void {
    const { opening, openingId, reopening } = session;
    if (opening.line === null) return;
    const { journal, hops, waiters } = this.deps;
    opening.line = null;
    if (!reopening) opening.error = outcome.error;
    journal.saveOpening(session);
    journal.after(() => {
      hops.end(openingId);
      if (reopening) waiters.answer(openingId, outcome, session);
      else this.announce(session);
    });
  }

  private failForwarded(session: Session, outcome: Outcome): void {
    const { journal, hops, waiters } = this.deps;
    journal.after(() => {
      for (const hop of hops.ofSession(session.id)) {
        if (hop.purpose !== 'forward') continue;
        hops.end(hop.id);
        waiters.answer(hop.id, outcome, session);
      }
    });
  }
}

const META = ['params', '_meta', 'praxis'];

/** What a transcript says of a session that was brought back. */
const NOTICES = {
  kept: { severity: 'info', text: 'Resumed: the agent was started again and knows what was said' },
  new: {
    severity: 'warning',
    text: 'The agent cannot resume: it starts anew and knows nothing of what was said',
  },
} as const;

const resumed = ({ id }: Session, context: 'kept' | 'new' | 'live'): Outcome => ({
  result: JSON.stringify({ sessionId: id, context }),
});

const closeLine = (id: FrameId, sessionId: string) => requestLine(id, 'session/close', { sessionId });

const badAnswer = (node: string) => fault(`The node ${node} answered session/new in no known form`, { node });
