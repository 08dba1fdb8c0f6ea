/**
 * One prompt on one session, from sending to its stop reason: prints what comes, asks what the agent asks, and makes
 * Ctrl+C a cancel of the prompt (the second one leaves). So does the end of who reads the reply, as in `| head -1`, without a word.
 */
import type { Client, SessionEvent, TurnResult } from '../../client/index.js';
import { ErrorCode, type Frame, PraxisError } from '../../proto/index.js';
import { EXIT, exitOfStop, ofTurn } from '../exit.js';
import type { Io } from '../io.js';
import type { Printer } from './printer.js';
import type { Questions } from './questions.js';

/** Milliseconds that a cancelled prompt has to end, agents that must be killed included. */
const CANCEL_WAIT_MS = 20_000;

export interface TurnOptions {
  io: Io;
  client: Client;
  sessionId: string;
  text: string;
  printer: Printer;
  questions: Questions;
  timeoutSecs?: number | undefined;
  urgent?: boolean | undefined;
}

/**
 * Hands on the events of one turn only: from its start to its end, whatever else the session does. While it waits for its turn,
 * that the session is lost, which it waits for then.
 */
export class TurnWindow {
  turnId: string | undefined;
  #state: unknown;

  constructor(
    private readonly show: (event: SessionEvent) => void,
    private readonly remark: (line: string) => void,
  ) {}

  event(event: SessionEvent): void {
    const { frame } = event;
    if (frame.kind === 'notification' && frame.method === '_praxis/turn') {
      if (frame.params.turnId !== this.turnId) return;
      this.#state = frame.params.state;
      this.show(event);
    } else if (this.#state === 'running' || this.#state === 'cancelling') this.show(event);
    else if (this.#state === 'queued' && isLoss(frame)) {
      this.show(event);
      this.remark('the prompt waits for the session to come back; Ctrl+C takes it out of the queue');
    }
  }
}

const isLoss = (frame: Frame): boolean =>
  frame.kind === 'notification' && frame.method === '_praxis/session/state' && frame.params.state === 'lost';

/** Resolves with the exit code; rejects with the error of the agent, the node or the service. */
export async function runTurn(options: TurnOptions, window?: TurnWindow): Promise<number> {
  const { io, client, sessionId, text, printer, questions } = options;
  const turn = client.prompt(sessionId, [{ type: 'text', text }], options.urgent ? { urgent: true } : {});
  if (window) window.turnId = turn.turnId;
  let interrupts = 0;
  let timedOut = false;
  const stopListening = io.onInterrupt((cause) => {
    if (cause === 'signal') {
      if (++interrupts > 1) io.exit(EXIT.cancelled![0]);
      printer.remark('cancelling; Ctrl+C again leaves');
    }
    turn.cancel();
  });
  const limit = timeLimit(options.timeoutSecs, () => {
    timedOut = true;
    turn.cancel();
  });
  try {
    const result: TurnResult = await Promise.race([turn.result, limit.overdue]);
    if (timedOut) throw limit.error();
    printer.end(sessionId, result, questions.rejections);
    return exitOfStop(result.stopReason);
  } catch (error) {
    printer.broken();
    throw timedOut ? limit.error() : ofTurn(error);
  } finally {
    limit.clear();
    stopListening();
    questions.close();
  }
}

/** Calls `reached` after the limit; `overdue` rejects when even the cancel has no effect. */
function timeLimit(seconds: number | undefined, reached: () => void) {
  const error = () =>
    new PraxisError(ErrorCode.PromptTimedOut, `The prompt ran longer than ${seconds} s and was cancelled`);
  const timers: NodeJS.Timeout[] = [];
  const overdue = new Promise<never>((_, reject) => {
    if (seconds === undefined) return;
    timers.push(setTimeout(reached, seconds * 1_000));
    timers.push(setTimeout(() => reject(error()), seconds * 1_000 + CANCEL_WAIT_MS));
  });
  return { overdue, error, clear: () => timers.forEach((timer) => void clearTimeout(timer)) };
}
