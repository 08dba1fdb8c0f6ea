/**
 * Turns of this client: sending → accepted (the turn is in the journal) → ended. The result of a watched session is
 * handed over after the events that precede it, also when a reconnect brought the answer before them.
 */
import { PromptResult, type Response } from '../proto/index.js';
import { unwrap } from './requests.js';
import type { SessionEvent, TurnResult } from './types.js';

interface Turn {
  sessionId: string;
  /** Some event of it has come. */
  accepted: boolean;
  accept(): void;
  /** The end of the turn is among the events that were handed over, or nobody watches. */
  ended: boolean;
  onEnded?: () => void;
}

export class Turns {
  readonly #turns = new Map<string, Turn>();
  /** The turn that runs in each watched session, whoever prompted. */
  readonly #running = new Map<string, string>();

  /** `watches`: whether the events of a session are handed over to anybody. */
  constructor(private readonly watches: (sessionId: string) => boolean) {}

  start(
    sessionId: string,
    turnId: string,
    answer: Promise<Response>,
  ): { accepted: Promise<void>; result: Promise<TurnResult> } {
    let accept = (): void => undefined;
    const firstEvent = new Promise<void>((resolve) => {
      accept = resolve;
    });
    const turn: Turn = { sessionId, accepted: false, accept, ended: false };
    this.#turns.set(turnId, turn);
    const result = this.#result(turn, answer).finally(() => this.#turns.delete(turnId));
    // A turn that ended was accepted; one that was refused was not.
    const accepted = Promise.race([firstEvent, result.then(() => undefined)]);
    // Who waits for one of the two must not be told of the other as an unhandled rejection.
    accepted.catch(() => undefined);
    result.catch(() => undefined);
    return { accepted, result };
  }

  event({ frame }: SessionEvent): void {
    if (frame.kind !== 'notification' || frame.method !== '_praxis/turn') return;
    const { turnId, state } = frame.params;
    const turn = typeof turnId === 'string' ? this.#turns.get(turnId) : undefined;
    if (!turn) return;
    turn.accepted = true;
    turn.accept();
    if (state === 'ended' || state === 'removed') this.#end(turn);
  }

  /** The turn that runs in a watched session, as far as its events were handed over. */
  runningIn(sessionId: string): string | undefined {
    return this.#running.get(sessionId);
  }

  /** Nobody watches the session any more. */
  gone(sessionId: string): void {
    this.#running.delete(sessionId);
    for (const turn of this.#turns.values()) if (turn.sessionId === sessionId) this.#end(turn);
  }

  #end(turn: Turn): void {
    turn.ended = true;
    turn.onEnded?.();
  }

  async #result(turn: Turn, answer: Promise<Response>): Promise<TurnResult> {
    const response = await answer;
    // An error without any event before it is a refusal: there is no turn whose end could come.
    const began = turn.accepted || response.error === undefined;
    if (began && !turn.ended && this.watches(turn.sessionId))
      await new Promise<void>((resolve) => {
        turn.onEnded = resolve;
      });
    return PromptResult.parse(unwrap(response));
  }
}
