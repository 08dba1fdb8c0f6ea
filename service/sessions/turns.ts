/**
 * Turns: a prompt is accepted once it is in the journal, one turn of a session runs at a time, the others wait in order,
 * and a turn id runs once however often the prompt is repeated. What waits has reached no agent: it outlives agent and node, and
 * ends when it is taken out of the queue, when its session ends or cannot be brought back, or when its node is given up.
 */
import { z } from 'zod';
import {
  type ContentBlock,
  ErrorCode,
  endedSession,
  MAX_QUEUED_PROMPTS,
  notificationLine,
  PraxisError,
} from '../../proto/index.js';
import type { Asker, Waiters } from '../clients/waiters.js';
import { type Hops, nodeUnavailable } from '../routing/hops.js';
import type { Nodes } from '../routing/nodes.js';
import type { TurnRow } from '../store/index.js';
import type { Approvals } from './approvals.js';
import type { Journal } from './journal.js';
import { forNode } from './lines.js';
import { errorOf, type Outcome, type Session } from './session.js';
import { titleOf } from './titles.js';

export interface TurnsDeps {
  journal: Journal;
  hops: Hops;
  waiters: Waiters;
  approvals: Pick<Approvals, 'cancel' | 'forget'>;
  nodes: Pick<Nodes, 'isLeaving'>;
  /** Characters that one journal may have. */
  maxJournal: number;
}

const CANCELLED: Outcome = { result: '{"stopReason":"cancelled"}' };

export class Turns {
  constructor(private readonly deps: TurnsDeps) {}

  /**
   * Accepts a prompt, or joins `asker` to the turn that it already is. An urgent one cancels what runs and waits before the
   * others. Throws QueueFull, SessionLost, NodeUnavailable.
   */
  prompt(
    session: Session,
    turnId: string,
    prompt: ContentBlock[],
    line: string,
    asker: Asker,
    { by, urgent = false }: { by: string; urgent?: boolean | undefined },
  ): void {
    const { journal, waiters } = this.deps;
    const known = session.turns.get(turnId);
    if (known) {
      const { seq } = session.record;
      if (known.state === 'ended')
        journal.after(() => waiters.reply(asker, outcomeOfTurn(known), session.id, seq));
      else journal.after(() => waiters.wait(turnId, asker));
      return;
    }
    const { state, node } = session.record;
    const waits = session.turns.unended.length > 0 || state === 'starting' || this.deps.nodes.isLeaving(node);
    this.check(session, waits);
    const turn: TurnRow = {
      id: turnId,
      session: session.id,
      state: waits ? 'queued' : 'running',
      position: urgent ? positionBefore(session) : session.turns.positionAfter,
      line: forNode(line, turnId),
      result: null,
      error: null,
      by,
      at: journal.now(),
    };
    session.turns.set(turn);
    session.record.title ??= titleOf(prompt);
    const next = urgent && waits && { next: true };
    journal.event(session, '_praxis/turn', { turnId, state: turn.state, prompt, by, ...next });
    journal.saveTurn(session, turn);
    journal.after(() => waiters.wait(turnId, asker));
    if (!waits) this.run(session, turn);
    else if (urgent) this.cancel(session);
  }

  private check(session: Session, waits: boolean): void {
    const { state, reason, node } = session.record;
    if (!session.live) throw endedSession(session.id, session.record.connector);
    if (state === 'lost') throw lostError(session, reason, node);
    this.checkRoom(session);
    if (waits && session.queued.length >= MAX_QUEUED_PROMPTS)
      throw new PraxisError(
        ErrorCode.QueueFull,
        `${MAX_QUEUED_PROMPTS} prompts wait already; wait or cancel`,
        {
          sessionId: session.id,
          limit: MAX_QUEUED_PROMPTS,
        },
      );
  }

  private checkRoom(session: Session): void {
    const limit = this.deps.maxJournal;
    if (session.record.size >= limit)
      throw new PraxisError(ErrorCode.JournalFull, `The journal of this session has ${limit} characters`, {
        sessionId: session.id,
        limit,
        hint: 'Its transcript stays; start a new session to go on',
      });
  }

  private run(session: Session, turn: TurnRow): void {
    const { journal, hops } = this.deps;
    const { node, epoch } = session.record;
    journal.move(session, 'prompted');
    const hop = { id: turn.id, node, purpose: 'turn', session: session.id, epoch, line: turn.line! } as const;
    journal.after(() => hops.send(hop));
  }

  /** Starts the next prompt when none runs. While there is no agent, or the node is about to stop, it waits for their return. */
  advance(session: Session): void {
    const { state, node } = session.record;
    const turn = session.queued[0];
    if (!turn || session.running || state === 'starting' || state === 'lost') return;
    if (this.deps.nodes.isLeaving(node)) return;
    turn.state = 'running';
    this.deps.journal.event(session, '_praxis/turn', { turnId: turn.id, state: 'running' });
    this.deps.journal.saveTurn(session, turn);
    this.run(session, turn);
  }

  /** No agent has got the running prompt: it waits again, before the others. One that was cancelled meanwhile is over. */
  hold(session: Session): void {
    const { journal, hops } = this.deps;
    const turn = session.running;
    if (turn?.state === 'cancelling') this.end(session, turn, CANCELLED);
    if (turn?.state !== 'running') return;
    turn.position = positionBefore(session);
    turn.state = 'queued';
    journal.event(session, '_praxis/turn', { turnId: turn.id, state: 'queued', next: true });
    journal.saveTurn(session, turn);
    journal.after(() => hops.end(turn.id));
  }

  /** The node has answered the turn `turnId`. */
  settled(session: Session, turnId: string, outcome: Outcome): void {
    const turn = session.turns.get(turnId);
    if (!turn || turn.state === 'ended') return;
    this.deps.approvals.cancel(session);
    this.deps.approvals.forget(session);
    this.end(session, turn, outcome);
    this.advance(session);
    if (!session.running) this.deps.journal.move(session, 'turn_ended');
  }

  /** Asks the agent to stop; the turn goes on until it answers. Without a running turn nothing happens. */
  cancel(session: Session, line = notificationLine('session/cancel', { sessionId: session.id })): void {
    const { journal, hops, approvals } = this.deps;
    const turn = session.running;
    if (!turn) return;
    if (turn.state === 'running') {
      turn.state = 'cancelling';
      journal.event(session, '_praxis/turn', { turnId: turn.id, state: 'cancelling' });
      journal.saveTurn(session, turn);
    }
    const to = { node: session.record.node, session: session.id, epoch: session.record.epoch };
    journal.after(() => hops.tell(to, forNode(line)));
    // After the cancel, as a client of its own would: the agent then knows why its questions are answered so.
    approvals.cancel(session);
  }

  /** Takes a waiting prompt out of the queue; its askers hear RequestCancelled. False when it does not wait. */
  remove(session: Session, turnId: string): boolean {
    const turn = session.turns.get(turnId);
    if (turn?.state !== 'queued') return false;
    const error = new PraxisError(ErrorCode.RequestCancelled, 'The prompt was removed before it ran');
    this.end(session, turn, { error: JSON.stringify(error) }, 'removed');
    return true;
  }

  /** Ends everything that runs or waits: with `outcome`, or as cancelled. */
  endAll(session: Session, outcome: Outcome = CANCELLED): void {
    for (const turn of session.turns.unended) this.end(session, turn, outcome);
  }

  /** The agent is gone, and may have done a part of what runs: that ends. What no agent has got waits. */
  endRunning(session: Session, outcome: Outcome): void {
    const turn = session.running;
    if (!turn) return;
    if (this.deps.hops.isUnsent(turn.id)) this.hold(session);
    else this.end(session, turn, outcome);
  }

  /** Ends what waits: with `outcome`, or as cancelled; the running turn is left. */
  dropQueue(session: Session, outcome: Outcome = CANCELLED): void {
    for (const turn of session.queued) this.end(session, turn, outcome);
  }

  private end(session: Session, turn: TurnRow, outcome: Outcome, state: 'ended' | 'removed' = 'ended'): void {
    const { journal, hops, waiters } = this.deps;
    turn.state = 'ended';
    turn.line = null;
    turn.at = journal.now();
    if ('result' in outcome) turn.result = outcome.result;
    else turn.error = outcome.error;
    journal.event(session, '_praxis/turn', { turnId: turn.id, state, ...described(outcome) });
    journal.saveTurn(session, turn);
    const { seq } = session.record;
    journal.after(() => {
      hops.end(turn.id);
      waiters.answer(turn.id, outcome, session, seq);
    });
  }
}

/** The place before every turn that waits. */
export function positionBefore({ queued, turns }: Session): number {
  return queued.length === 0 ? turns.positionAfter : Math.min(...queued.map(({ position }) => position)) - 1;
}

export function outcomeOfTurn({ result, error }: Pick<TurnRow, 'result' | 'error'>): Outcome {
  return error === null ? { result: result ?? 'null' } : { error };
}

const Result = z.looseObject({});

/** The outcome as members of the event, the stop reason in the agent's own word. A result that has none is shown without. */
function described(outcome: Outcome) {
  if ('error' in outcome) return { error: errorOf(outcome)! };
  const result = Result.safeParse(JSON.parse(outcome.result));
  const stopReason = result.data?.stopReason;
  return {
    ...(typeof stopReason === 'string' && { stopReason }),
    ...(result.success && { result: result.data }),
  };
}

/** Why a lost session takes nothing, and what to do. */
export function lostError(session: Session, reason: string | null, node: string): PraxisError {
  if (reason === 'node_silent') return nodeUnavailable(node);
  return new PraxisError(ErrorCode.SessionLost, 'The agent of this session is gone', {
    sessionId: session.id,
    reason,
    hint: 'Its transcript stays. Its next prompt brings it back, if it can be; else start a new session',
  });
}
