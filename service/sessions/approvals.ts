/**
 * Requests of agents: each is stored, shown to every viewer under one id of ours, and answered once. The first answer wins and
 * the others are told; -32601 is an abstention; cancelling a turn answers what is open. The answer is kept until the turn
 * has ended, because a node that was away is told again. Where the policy decides, the transcript shows question and answer too.
 */
import { z } from 'zod';
import {
  type ApprovalChoice,
  type ApprovalPolicy,
  argumentsHash,
  ELICITATION,
  ErrorCode,
  errorLine,
  isForPeople,
  memberText,
  methodNotFound,
  NO_ANSWERER_MS,
  type OpenApproval,
  PraxisError,
  parseFrame,
  type Request,
  type Response,
  removeMember,
  replaceMember,
  resultLine,
  setMember,
  withoutPraxis,
} from '../../proto/index.js';
import type { Clock } from '../ports.js';
import type { Hops } from '../routing/hops.js';
import type { RequestRow } from '../store/index.js';
import { Ages } from './ages.js';
import { type Chosen, chosen } from './chosen.js';
import { type Journal, outcomeOf } from './journal.js';
import { automatic, rejection } from './policy.js';
import { errorOf, type Session } from './session.js';
import { ToolCalls } from './tool-calls.js';

export interface ApprovalsDeps {
  journal: Journal;
  clock: Clock;
  hops: Pick<Hops, 'tell'>;
  newId: () => string;
  /** Addresses of the clients that watch a session now. */
  viewers(session: string): string[];
  /** False: the client said that nobody sits there. */
  isInteractive(client: string): boolean;
  policy(session: Session): ApprovalPolicy;
}

/** What an answer may carry to be bound to the arguments that were shown. */
const Bound = z.looseObject({ _meta: z.looseObject({ praxis: z.looseObject({ hash: z.string() }) }) });

const PERMISSION = 'session/request_permission';
/** Paths and processes belong to the node; no viewer can serve them. */
const isNodeLocal = (method: string) => method.startsWith('fs/') || method.startsWith('terminal/');

export class Approvals {
  private readonly calls = new ToolCalls();
  /** The tool calls that questions are about, so that a question is not read with each change of any call. */
  private readonly callIds = new WeakMap<RequestRow, string | undefined>();
  /** How long the open questions wait. */
  private readonly ages: Ages;
  /** Before this time of the steady clock viewers may not have come back to a service that was restarted. */
  private since: number;

  constructor(private readonly deps: ApprovalsDeps) {
    this.ages = new Ages(deps.clock);
    this.since = deps.clock.steady();
  }

  /** The service was out of reach, and its viewers are about to come back. */
  reconnected(): void {
    this.since = this.deps.clock.steady();
  }

  /** The agent announced or changed a tool call. */
  noteTool(session: Session, update: Record<string, unknown>): void {
    this.calls.note(session.id, update);
    if (typeof update.toolCallId !== 'string' || session.requests.size === 0) return;
    for (const row of session.openRequests) {
      if (this.callId(row) !== update.toolCallId) continue;
      row.call = this.announced(session, update.toolCallId);
      this.deps.journal.saveRequest(session, row);
    }
  }

  /** The service was started anew: what the agent had announced of the calls that it asks about. */
  recall(session: Session): void {
    for (const { call } of session.openRequests)
      if (call !== null) this.calls.note(session.id, JSON.parse(call));
  }

  private callId(row: RequestRow): string | undefined {
    if (!this.callIds.has(row)) this.callIds.set(row, callIdOf(paramsOf(row.frame)));
    return this.callIds.get(row);
  }

  private announced(session: Session, callId: string | undefined): string | null {
    const call = this.calls.get(session.id, callId ?? '');
    return call ? JSON.stringify(call) : null;
  }

  /** A request of the agent came. */
  ask(session: Session, frame: Request): void {
    const { journal } = this.deps;
    const agentId = memberText(frame.line, ['id'])!;
    if (
      isNodeLocal(frame.method) ||
      (!isForPeople(frame.method, frame.params) && this.deps.viewers(session.id).length === 0)
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
      at: journal.now(),
      frame: replaceMember(ofSession(session.id, frame), ['id'], JSON.stringify(id)),
      answer: null,
      call: this.announced(session, callIdOf(frame.params)),
      abstained: '[]',
    };
    session.requests.set(id, row);
    this.ages.restart(id);
    journal.append(session, row.frame);
    journal.saveRequest(session, row);
    const stopping = session.running?.state === 'cancelling';
    const answer = stopping ? undefined : this.byPolicy(session, row, frame.params);
    if (answer) this.resolve(session, row, resultLine(id, answer), 'policy');
    else journal.move(session, 'asked');
    if (stopping) this.cancel(session);
  }

  private byPolicy(session: Session, { method }: RequestRow, params: Record<string, unknown>) {
    if (method !== PERMISSION) return undefined;
    const kind = this.calls.whole(session.id, params.toolCall)?.kind;
    return automatic(this.deps.policy(session), params, typeof kind === 'string' ? kind : undefined);
  }

  /** What the session's agent asked and nobody has answered, oldest first. */
  list(session: Session): OpenApproval[] {
    const { node, connector, agent, title } = session.record;
    const about = { sessionId: session.id, node, connector, agent, title };
    const limit = this.deps.policy(session).denyAfterSecs;
    const denyAt = (id: string, at: number) =>
      limit === undefined ? null : this.deps.clock.now() + limit * 1_000 - Math.round(this.ages.of(id, at));
    return session.openRequests.map(({ id, method, at, frame }) => {
      const params = paramsOf(frame);
      return {
        ...about,
        requestId: id,
        method,
        at,
        denyAt: isForPeople(method, params) ? denyAt(id, at) : null,
        hash: argumentsHash(frame),
        params: this.shown(session, params),
      };
    });
  }

  /** The question, with all that the agent has said of the call that it is about. */
  private shown(session: Session, params: Record<string, unknown>): Record<string, unknown> {
    const toolCall = this.calls.whole(session.id, params.toolCall);
    return toolCall ? { ...params, toolCall } : params;
  }

  /** Answers a question out of the inbox. Throws Conflict and InvalidParams; the same answer again is the same. */
  choose(
    session: Session,
    requestId: string,
    choice: ApprovalChoice,
    by: string,
    hash?: string,
  ): Chosen['told'] {
    const row = session.requests.get(requestId);
    if (!row) throw new PraxisError(ErrorCode.Conflict, 'This is no open question');
    if (hash !== undefined && hash !== argumentsHash(row.frame)) throw changed(session, requestId);
    const { result, told } = chosen(row.method, paramsOf(row.frame), choice);
    const line = resultLine(requestId, result);
    if (row.answer === null) this.resolve(session, row, line, by);
    else if (row.answer !== replaceMember(line, ['id'], row.agentId))
      throw new PraxisError(ErrorCode.Conflict, 'The question is answered already', { requestId });
    return told;
  }

  /** Rejects what has waited as long as the policy lets it, and what nobody can answer. Called every second. */
  expire(session: Session): void {
    const { journal } = this.deps;
    const limit = this.deps.policy(session).denyAfterSecs;
    // Others are refused as soon as nobody can answer them; after a restart viewers have a moment to come back.
    if (this.deps.clock.steady() - this.since >= NO_ANSWERER_MS) this.reconsider(session);
    for (const row of session.openRequests) {
      if (!isOpenToPeople(row)) continue;
      const age = this.ages.of(row.id, row.at);
      const late = limit !== undefined && age >= limit * 1_000;
      const hopeless = limit === undefined && this.isHopeless(session, row);
      if (!late && !hopeless) continue;
      const why = late ? `nobody answered within ${limit} s` : 'nobody is there who could answer';
      if (row.method === PERMISSION) {
        journal.notice(session, 'warning', `A question was answered with "reject": ${why}`);
        this.resolve(session, row, resultLine(row.id, rejection(paramsOf(row.frame))), 'policy');
      } else this.giveUp(session, row, why);
    }
  }

  /** The session said that nobody answers, and no viewer that could has come. */
  private isHopeless(session: Session, row: RequestRow): boolean {
    if (session.settings.interactive !== false) return false;
    const waited = Math.min(this.ages.of(row.id, row.at), this.deps.clock.steady() - this.since);
    const able = this.able(row).some((viewer) => this.deps.isInteractive(viewer));
    return waited >= NO_ANSWERER_MS && !able;
  }

  /** The viewers that have not said that they cannot answer. */
  private able({ session, abstained }: RequestRow): string[] {
    const unable = new Set<string>(JSON.parse(abstained));
    return this.deps.viewers(session).filter((viewer) => !unable.has(viewer));
  }

  /** A viewer answered. What is answered already, or unknown, is left alone. */
  answer(session: Session, client: { address: string; name: string }, response: Response): void {
    const row = session.requests.get(String(response.id));
    if (row?.answer !== null) return;
    const bound = Bound.safeParse(response.result);
    if (bound.success && bound.data._meta.praxis.hash !== argumentsHash(row.frame)) {
      const text = `An answer of ${client.name} was refused: it was given to other arguments`;
      this.deps.journal.notice(session, 'warning', text);
    } else if (response.error?.code !== ErrorCode.MethodNotFound)
      this.resolve(session, row, withoutPraxis(response.line, ['result']), client.name);
    else {
      row.abstained = JSON.stringify([...new Set(JSON.parse(row.abstained)).add(client.address)]);
      this.deps.journal.saveRequest(session, row);
      this.reconsider(session);
    }
  }

  /**
   * Refuses what none of the viewers can answer. Permission questions stay open, and so do forms that nobody looks at: somebody may
   * come. A form at which only such look that cannot fill it in, as an editor that shows none, is given up.
   */
  reconsider(session: Session): void {
    for (const row of session.openRequests) {
      if (row.method === PERMISSION) continue;
      if (this.able(row).length > 0) continue;
      if (!isOpenToPeople(row))
        this.resolve(session, row, errorLine(row.id, methodNotFound(row.method)), 'policy');
      else if (this.deps.viewers(session.id).length > 0)
        this.giveUp(session, row, 'who is there cannot fill it in');
    }
  }

  /** A form gets no answer. */
  private giveUp(session: Session, row: RequestRow, why: string): void {
    this.deps.journal.notice(session, 'warning', `A form was cancelled: ${why}`);
    this.resolve(session, row, cancelled(row), 'policy');
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
    this.calls.forget(session.id);
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
    this.ages.forget(row.id);
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

/**
 * An elicitation may name a request that is under way in the place of its session
 * (https://agentclientprotocol.com/protocol/v1/schema). That id is of the hop between node and agent and means another request,
 * or none, to every viewer; what they can know is the session.
 */
function ofSession(sessionId: string, { method, params, line }: Request): string {
  if (method !== ELICITATION || params.requestId === undefined) return line;
  return setMember(
    removeMember(line, ['params', 'requestId']),
    ['params'],
    'sessionId',
    JSON.stringify(sessionId),
  );
}

function paramsOf(line: string): Record<string, unknown> {
  const frame = parseFrame(line);
  return frame.kind === 'request' ? frame.params : {};
}

function callIdOf({ toolCall }: Record<string, unknown>): string | undefined {
  const { toolCallId } = (toolCall ?? {}) as { toolCallId?: unknown };
  return typeof toolCallId === 'string' ? toolCallId : undefined;
}

const changed = (session: Session, requestId: string) =>
  new PraxisError(ErrorCode.Conflict, 'The answer was given to other arguments than those of this question', {
    sessionId: session.id,
    requestId,
  });

/** What asks for permission is not read for it: it may be large, and this is asked every second. */
const isOpenToPeople = ({ method, frame }: RequestRow): boolean =>
  method === PERMISSION || isForPeople(method, paramsOf(frame));

/** What "cancelled" is in the words of each method. */
function cancelled({ id, method }: RequestRow): string {
  if (method === PERMISSION) return resultLine(id, { outcome: { outcome: 'cancelled' } });
  if (method === ELICITATION) return resultLine(id, { action: 'cancel' });
  return errorLine(id, new PraxisError(ErrorCode.RequestCancelled, 'The turn was cancelled'));
}
