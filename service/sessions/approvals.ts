/**
 * Requests of agents: each is stored, shown to every viewer under one id of ours, and answered once. The first answer wins and
 * the others are told; -32601 is an abstention; cancelling a turn answers what is open. The answer is kept until the turn
 * has ended, because a node that was away is told again.
 */
import {
  ErrorCode,
  errorLine,
  memberText,
  methodNotFound,
  PraxisError,
  type Request,
  type Response,
  replaceMember,
  resultLine,
} from '../../proto/index.js';
import type { Hops } from '../routing/hops.js';
import type { RequestRow } from '../store/index.js';
import { type Journal, outcomeOf } from './journal.js';
import { errorOf, type Session } from './session.js';

export interface ApprovalsDeps {
  journal: Journal;
  hops: Pick<Hops, 'tell'>;
  newId: () => string;
  /** Addresses of the clients that watch a session now. */
  viewers(session: string): string[];
}

const PERMISSION = 'session/request_permission';
/** Paths and processes belong to the node; no viewer can serve them. */
const isNodeLocal = (method: string) => method.startsWith('fs/') || method.startsWith('terminal/');

export class Approvals {
  /** Who said that it cannot answer, by request. It is told again by every viewer that attaches, so memory is enough. */
  private readonly abstained = new Map<string, Set<string>>();

  constructor(private readonly deps: ApprovalsDeps) {}

  /** A request of the agent came. */
  ask(session: Session, frame: Request): void {
    const { journal } = this.deps;
    const agentId = memberText(frame.line, ['id'])!;
    if (
      isNodeLocal(frame.method) ||
      (frame.method !== PERMISSION && this.deps.viewers(session.id).length === 0)
    ) {
      const refusal = replaceMember(errorLine(null, methodNotFound(frame.method)), ['id'], agentId);
      journal.after(() => this.tell(session, session.record.epoch, refusal));
      return;
    }
    const id = this.deps.newId();
    const row: RequestRow = {
      id,
      session: session.id,
      agentId,
      epoch: session.record.epoch,
      method: frame.method,
      frame: replaceMember(frame.line, ['id'], JSON.stringify(id)),
      answer: null,
    };
    session.requests.set(id, row);
    journal.append(session, row.frame);
    journal.saveRequest(session, row);
    journal.move(session, 'asked');
    if (session.running?.state === 'cancelling') this.cancel(session);
  }

  /** A viewer answered. What is answered already, or unknown, is left alone. */
  answer(session: Session, client: { address: string; name: string }, response: Response): void {
    const row = session.requests.get(String(response.id));
    if (row?.answer !== null) return;
    if (response.error?.code !== ErrorCode.MethodNotFound)
      this.resolve(session, row, response.line, client.name);
    else {
      const set = this.abstained.get(row.id) ?? new Set();
      this.abstained.set(row.id, set.add(client.address));
      this.reconsider(session);
    }
  }

  /** Refuses what none of the viewers can answer. Permission questions stay open: somebody may come. */
  reconsider(session: Session): void {
    for (const row of session.openRequests) {
      if (row.method === PERMISSION) continue;
      const left = this.deps.viewers(session.id).filter((viewer) => !this.abstained.get(row.id)?.has(viewer));
      if (left.length === 0)
        this.resolve(session, row, errorLine(row.id, methodNotFound(row.method)), 'policy');
    }
  }

  /** Answers everything that is open as cancelled. */
  cancel(session: Session): void {
    for (const row of session.openRequests) this.resolve(session, row, cancelled(row), 'cancel');
  }

  /** The agent takes its request back (`$/cancel_request`). */
  withdraw(session: Session, agentId: string): void {
    const row = session.openRequests.find((request) => request.agentId === agentId);
    const error = new PraxisError(ErrorCode.RequestCancelled, 'The agent withdrew its request');
    if (row) this.resolve(session, row, errorLine(row.id, error), 'agent');
  }

  /** Nobody will ask for these answers again. */
  forget(session: Session): void {
    for (const row of [...session.requests.values()])
      if (row.answer !== null) this.deps.journal.forgetRequest(session, row);
  }

  /** Sends the answers again to a node that was away. It passes each on once. */
  repeat(session: Session): void {
    for (const { answer, epoch } of session.requests.values())
      if (answer !== null) this.tell(session, epoch, answer);
  }

  private resolve(session: Session, row: RequestRow, line: string, by: string): void {
    const { journal } = this.deps;
    const answer = replaceMember(line, ['id'], row.agentId);
    row.answer = answer;
    this.abstained.delete(row.id);
    journal.saveRequest(session, row);
    const outcome = outcomeOf(line);
    journal.event(session, '_praxis/request/resolved', {
      requestId: row.id,
      ...('result' in outcome ? { result: JSON.parse(outcome.result) } : { error: errorOf(outcome)! }),
      by,
    });
    if (session.openRequests.length === 0) journal.move(session, 'answered');
    journal.after(() => this.tell(session, row.epoch, answer));
  }

  private tell(session: Session, epoch: number, line: string): void {
    this.deps.hops.tell({ node: session.record.node, session: session.id, epoch }, line);
  }
}

/** What "cancelled" is in the words of each method. */
function cancelled({ id, method }: RequestRow): string {
  if (method === PERMISSION) return resultLine(id, { outcome: { outcome: 'cancelled' } });
  if (method === 'elicitation/create') return resultLine(id, { action: 'cancel' });
  return errorLine(id, new PraxisError(ErrorCode.RequestCancelled, 'The turn was cancelled'));
}
