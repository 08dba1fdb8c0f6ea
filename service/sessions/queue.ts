/** The prompts that wait in a session: seen, edited, removed, put first. What runs already is changed by nobody. */
import {
  type ContentBlock,
  ErrorCode,
  type OpenTurn,
  PraxisError,
  PromptParams,
  parseFrame,
  replaceMember,
} from '../../proto/index.js';
import type { TurnRow } from '../store/index.js';
import type { Journal } from './journal.js';
import type { Session } from './session.js';
import { positionBefore, type Turns } from './turns.js';

export interface QueueDeps {
  journal: Journal;
  turns: Turns;
}

export class Queue {
  constructor(private readonly deps: QueueDeps) {}

  /** The running turn, then those that wait in their order. */
  list(session: Session): OpenTurn[] {
    const { running, queued } = session;
    return [...(running ? [running] : []), ...queued].map((turn) => ({
      turnId: turn.id,
      state: turn.state as OpenTurn['state'],
      by: turn.by,
      at: turn.at,
      prompt: promptOf(turn),
    }));
  }

  /** Another prompt in the same place of the queue. Throws Conflict when it does not wait. */
  edit(session: Session, turnId: string, prompt: ContentBlock[]): void {
    const { journal } = this.deps;
    const turn = waiting(session, turnId);
    turn.line = replaceMember(turn.line!, ['params', 'prompt'], JSON.stringify(prompt));
    journal.event(session, '_praxis/turn', { turnId, state: 'queued', prompt });
    journal.saveTurn(session, turn);
  }

  /** Before all others that wait. Throws Conflict when it does not wait. */
  next(session: Session, turnId: string): void {
    const { journal } = this.deps;
    const turn = waiting(session, turnId);
    if (session.queued[0] === turn) return;
    turn.position = positionBefore(session);
    journal.event(session, '_praxis/turn', { turnId, state: 'queued', next: true });
    journal.saveTurn(session, turn);
  }

  /** Out of the queue; its askers hear RequestCancelled. Again: nothing. Throws Conflict when it runs or has run. */
  remove(session: Session, turnId: string): void {
    if (this.deps.turns.remove(session, turnId) || wasRemoved(session.turns.get(turnId))) return;
    waiting(session, turnId);
  }
}

function waiting(session: Session, turnId: string): TurnRow {
  const turn = session.turns.get(turnId);
  if (turn?.state === 'queued') return turn;
  const why = turn === undefined ? 'is unknown' : turn.state === 'ended' ? 'has ended' : 'runs already';
  throw new PraxisError(ErrorCode.Conflict, `The prompt ${turnId} does not wait: it ${why}`, {
    sessionId: session.id,
    turnId,
  });
}

const wasRemoved = (turn: TurnRow | undefined): boolean =>
  turn?.state === 'ended' &&
  turn.error !== null &&
  (JSON.parse(turn.error) as { code?: unknown }).code === ErrorCode.RequestCancelled;

function promptOf({ line }: TurnRow): ContentBlock[] {
  const frame = line === null ? undefined : parseFrame(line);
  return frame?.kind === 'request' ? PromptParams.parse(frame.params).prompt : [];
}
