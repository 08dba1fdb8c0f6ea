/**
 * The sessions of one editor: where it stands in each journal, so that after a reconnect it gets what it missed, once and in
 * order. `_praxis/*` events stay here; a stock client gets the agent's own frames.
 */
import { z } from 'zod';
import { type Link, type SessionEvent, unwrap } from '../../client/index.js';
import {
  ErrorCode,
  type Frame,
  PraxisError,
  type Request,
  requestLine,
  SessionInfo,
  sessionIdOf,
} from '../../proto/index.js';
import type { EditorQuestions } from './questions.js';

interface Open {
  /** The newest event that was handed over, or came before the live ones; undefined until the answer tells. */
  seq: number | undefined;
  attaching: boolean;
  /** Up to here the events are history: their questions may have been answered since. */
  history: number;
  /** Questions of the history, by their id. */
  held: Map<string, Request>;
  /** Frames of a `session/load` that is under way: how many were handed over, how many to leave out when it is repeated. */
  load: { given: number; skip: number } | undefined;
}

/** What the service adds to its answer to `session/load` and `session/resume`: the newest event before the live ones. */
const Reopened = z.looseObject({
  _meta: z.looseObject({ praxis: z.looseObject({ seq: z.number().int().min(0) }) }),
});

export interface EditorSessionsOptions {
  link: Pick<Link, 'request'>;
  toEditor(line: string): void;
  questions: EditorQuestions;
  warn(message: string, details?: Record<string, unknown>): void;
}

export class EditorSessions {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: EditorSessionsOptions) {}

  /** `session/new` was answered: its events begin with 1. */
  opened(sessionId: string): void {
    this.#open.set(sessionId, { ...fresh(), seq: 0 });
  }

  /** `session/load` or `session/resume` was sent. */
  reopening(sessionId: string, replays: boolean): void {
    this.#open.set(sessionId, { ...fresh(), ...(replays && { load: { given: 0, skip: 0 } }) });
  }

  /** It was answered with `result`, which says where the live events begin. */
  reopened(sessionId: string, result: unknown): void {
    const open = this.#open.get(sessionId);
    if (!open) return;
    open.load = undefined;
    open.seq ??= Reopened.safeParse(result).data?._meta.praxis.seq;
  }

  /** It was refused: the editor has no such session. */
  refused(sessionId: string): void {
    this.#open.delete(sessionId);
  }

  closed(sessionId: string): void {
    this.#open.delete(sessionId);
    this.options.questions.forget(sessionId);
  }

  /** A frame outside the journal: the replay of a load, or a question that is still open after it. */
  frame(frame: Frame): void {
    const sessionId = sessionIdOf(frame);
    const open = sessionId === undefined ? undefined : this.#open.get(sessionId);
    if (!open || sessionId === undefined) return;
    if (frame.kind === 'request') this.options.questions.ask(sessionId, frame);
    else if (open.load && open.load.skip > 0) open.load.skip--;
    else {
      if (open.load) open.load.given++;
      this.#show(frame);
    }
  }

  event(event: SessionEvent): void {
    const open = this.#open.get(event.sessionId);
    if (!open || open.load) return;
    const { seq = event.seq - 1 } = open;
    if (event.seq <= seq) return;
    if (event.seq > seq + 1) {
      if (!open.attaching) this.#attach(event.sessionId, open);
      return;
    }
    open.seq = event.seq;
    this.#take(event, open);
    if (event.seq >= open.history) this.#askHeld(event.sessionId, open);
  }

  /** The link is a new one: go on in each session where the editor stands; a load is repeated by itself. */
  renewed(): void {
    for (const [sessionId, open] of this.#open) {
      if (open.load) open.load.skip = open.load.given;
      else this.#attach(sessionId, open);
    }
  }

  #take({ sessionId, seq, frame }: SessionEvent, open: Open): void {
    if (frame.kind === 'request') {
      if (seq < open.history) open.held.set(JSON.stringify(frame.id), frame);
      else this.options.questions.ask(sessionId, frame);
    } else if (frame.kind === 'notification' && frame.method === '_praxis/request/resolved') {
      open.held.delete(JSON.stringify(frame.params.requestId));
      this.options.questions.resolved(frame.params.requestId);
    } else this.#show(frame);
  }

  #show(frame: Frame): void {
    if (frame.kind === 'notification' && !frame.method.startsWith('_praxis/'))
      this.options.toEditor(frame.line);
  }

  #askHeld(sessionId: string, open: Open): void {
    for (const request of open.held.values()) this.options.questions.ask(sessionId, request);
    open.held.clear();
  }

  #attach(sessionId: string, open: Open): void {
    open.attaching = true;
    const params = { sessionId, ...(open.seq !== undefined && { after: open.seq }) };
    this.options.link
      .request((id) => requestLine(id, '_praxis/session/attach', params), {
        session: sessionId,
        lasting: false,
      })
      .then(unwrap)
      .then((answer) => {
        const info = SessionInfo.safeParse((answer as { session?: unknown }).session);
        open.history = info.success ? info.data.seq : 0;
        open.attaching = false;
      })
      .catch((error: unknown) => {
        const { name, code } = PraxisError.from(error);
        // A newer link has attached again.
        if (name === 'Outdated') return;
        // Given up for now: the next link attaches again, or the next event that does not follow.
        if (code === ErrorCode.Disconnected) {
          open.attaching = false;
          return;
        }
        this.options.warn('a session can be watched no longer', { sessionId, code });
        if (this.#open.get(sessionId) === open) this.#open.delete(sessionId);
      });
  }
}

const fresh = (): Open => ({
  seq: undefined,
  attaching: false,
  history: 0,
  held: new Map(),
  load: undefined,
});
