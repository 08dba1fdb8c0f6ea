/**
 * Between one editor on stdio and the service: requests, answers and notifications pass byte for byte but for their ids. The
 * editor's ids come back exactly as it wrote them; what is malformed is answered and the rest goes on; nobody waits for
 * ever when the link stays away.
 */
import type { Link } from '../../client/index.js';
import {
  ErrorCode,
  errorLine,
  type Frame,
  MAX_FRAME_BYTES,
  memberText,
  type Notification,
  PraxisError,
  parseFrame,
  type Request,
  type Response,
  replaceMember,
  sessionIdOf,
} from '../../proto/index.js';
import type { Line } from './lines.js';
import { EditorQuestions } from './questions.js';
import { EditorSessions } from './sessions.js';

/** Milliseconds that the link may be away before the editor's requests are answered with Disconnected. */
export const AWAY_MS = 30_000;
/** Milliseconds in which what an editor asked before it left is answered. */
const CLOSE_MS = 5_000;

export interface BridgeOptions {
  /** Opens the link with these params of `initialize`, as JSON. */
  open(initialize: string): Link;
  /** `_meta.praxis` of the connection: node and connector. */
  defaults: Record<string, string>;
  toEditor(line: string): void;
  busy(): Promise<void> | undefined;
  /** Runs once after `ms`; returns the way to prevent it. */
  schedule(ms: number, run: () => void): () => void;
  warn(message: string, details?: Record<string, unknown>): void;
}

export class Bridge {
  #link: Link | undefined;
  #sessions: EditorSessions | undefined;
  #questions: EditorQuestions | undefined;
  /** The id of the editor's first `initialize`, as JSON, until it is answered. */
  #introducing: string | undefined;
  /** The editor's ids in flight, as JSON, and ours for them. */
  readonly #inFlight = new Map<string, number>();
  /** The requests in flight by our ids: the editor's id, as JSON, and what they are about. */
  readonly #asked = new Map<number, { id: string; method: string; sessionId: string | undefined }>();
  #away = false;
  /** Called when a request has its answer, once the editor has left. */
  #settled: (() => void) | undefined;
  #stopAwayTimer: (() => void) | undefined;

  constructor(private readonly options: BridgeOptions) {}

  /** One line of the editor. Resolves when more may come. */
  async line(line: Line): Promise<void> {
    if ('tooLong' in line) {
      const message = `A frame may have ${MAX_FRAME_BYTES} bytes at most; this line had ${line.tooLong}`;
      this.options.toEditor(errorLine(null, new PraxisError(ErrorCode.FrameTooLarge, message)));
      return;
    }
    let frame: Frame;
    try {
      frame = parseFrame(line.text);
    } catch (error) {
      this.options.toEditor(errorLine(null, error));
      return;
    }
    if (frame.kind === 'request') this.#request(frame);
    else if (frame.kind === 'notification') this.#notification(frame);
    else this.#questions?.answered(frame);
    await this.#link?.room();
    await this.options.busy();
  }

  /** The editor is gone: its sessions live on. What it has asked is still answered, for a while; a prompt's turn just goes on. */
  async close(): Promise<void> {
    await this.#answeredAll();
    this.#stopAwayTimer?.();
    await this.#link?.close();
  }

  get #isAsked(): boolean {
    const waits = [...this.#asked.values()].some(({ method }) => method !== 'session/prompt');
    return !this.#away && (waits || this.#introducing !== undefined);
  }

  #answeredAll(): Promise<void> {
    if (!this.#isAsked) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.options.schedule(CLOSE_MS, resolve);
      this.#settled = () => {
        if (this.#isAsked) return;
        stop();
        resolve();
      };
    });
  }

  #request(frame: Request): void {
    const id = memberText(frame.line, ['id']) ?? 'null';
    const refuse = (message: string) => this.#fail(id, new PraxisError(ErrorCode.InvalidRequest, message));
    if (this.#inFlight.has(id) || this.#introducing === id) {
      refuse('A request with this id is still under way');
      return;
    }
    if (frame.method === 'initialize' && !this.#link) this.#introduce(frame, id);
    else if (!this.#link) refuse('The first request is initialize');
    else if (this.#away) this.#fail(id, gone());
    else void this.#forward(this.#link, frame, id);
  }

  #introduce(frame: Request, id: string): void {
    try {
      this.#link = this.options.open(this.#withDefaults(memberText(frame.line, ['params']) ?? '{}'));
    } catch (error) {
      this.#fail(id, error);
      return;
    }
    const link = this.#link;
    this.#introducing = id;
    const { toEditor, warn, busy } = this.options;
    const questions = new EditorQuestions(toEditor, (line, session) => link.say(line, session));
    const sessions = new EditorSessions({ link, toEditor, questions, warn });
    questions.able(frame.params.clientCapabilities);
    this.#questions = questions;
    this.#sessions = sessions;
    link.listen({
      event: (event) => sessions.event(event),
      answer: (answer) => this.#answered(answer),
      frame: (other) => sessions.frame(other),
      renewed: () => sessions.renewed(),
      introduced: (answer) => this.#introduced(link, answer),
      busy,
    });
    link.onState(() => this.#watch(link));
    this.#watch(link);
  }

  #introduced(link: Link, answer: Response): void {
    const id = this.#introducing;
    if (id === undefined || this.#link !== link) return;
    this.#introducing = undefined;
    this.options.toEditor(replaceMember(answer.line, ['id'], id));
    this.#settled?.();
    // Refused, as for bad params: the next initialize is the first again.
    if (answer.error) this.#leave(link);
  }

  #leave(link: Link): void {
    this.#link = undefined;
    this.#stopAwayTimer?.();
    this.#stopAwayTimer = undefined;
    link
      .close()
      .catch((error: Error) => this.options.warn('the link did not close', { reason: error.message }));
  }

  async #forward(link: Link, frame: Request, id: string): Promise<void> {
    const { method } = frame;
    const sessionId = sessionIdOf(frame);
    const reopens = method === 'session/load' || method === 'session/resume';
    if (reopens && sessionId !== undefined) this.#sessions?.reopening(sessionId, method === 'session/load');
    if (method === 'initialize') this.#questions?.able(frame.params.clientCapabilities);
    const line =
      method === 'initialize'
        ? replaceMember(
            frame.line,
            ['params'],
            this.#withDefaults(memberText(frame.line, ['params']) ?? '{}'),
          )
        : frame.line;
    let ours: number | undefined;
    try {
      const compose = (own: number) => {
        ours = own;
        this.#inFlight.set(id, own);
        this.#asked.set(own, { id, method, sessionId });
        return replaceMember(line, ['id'], String(own));
      };
      await link.request(compose, sessionId === undefined ? {} : { session: sessionId });
    } catch (error) {
      if (ours !== undefined) this.#asked.delete(ours);
      this.#inFlight.delete(id);
      if (reopens && sessionId !== undefined) this.#sessions?.refused(sessionId);
      this.#fail(id, error);
      this.#settled?.();
    }
  }

  /** Hands an answer on where it stands among the events: those of a new session may be right behind it. */
  #answered(answer: Response): void {
    const asked = typeof answer.id === 'number' ? this.#asked.get(answer.id) : undefined;
    if (!asked) return;
    this.#asked.delete(answer.id as number);
    this.#inFlight.delete(asked.id);
    this.#note(asked.method, asked.sessionId, answer);
    this.options.toEditor(replaceMember(answer.line, ['id'], asked.id));
    this.#settled?.();
  }

  /** What an answer means for the sessions that the editor has. */
  #note(method: string, sessionId: string | undefined, { result, error }: Response): void {
    const sessions = this.#sessions;
    if (!sessions) return;
    if (method === 'session/new') {
      const made = (result as { sessionId?: unknown } | undefined)?.sessionId;
      if (typeof made === 'string') sessions.opened(made);
    } else if (sessionId === undefined) return;
    else if (method === 'session/load' || method === 'session/resume') {
      if (error) sessions.refused(sessionId);
      else sessions.reopened(sessionId, result);
    } else if ((method === 'session/close' || method === 'session/delete') && !error)
      sessions.closed(sessionId);
  }

  #notification(frame: Notification): void {
    if (!this.#link) return;
    if (frame.method === '$/cancel_request') {
      const own = this.#inFlight.get(memberText(frame.line, ['params', 'requestId']) ?? '');
      if (own !== undefined) this.#link.say(replaceMember(frame.line, ['params', 'requestId'], String(own)));
      return;
    }
    const sessionId = sessionIdOf(frame);
    if (sessionId !== undefined) this.#link.say(frame.line, sessionId);
  }

  /** Gives the editor's requests an end when the link stays away, and takes requests again when it is back. */
  #watch(link: Link): void {
    if (this.#link !== link) return;
    if (link.state.kind === 'connected') {
      this.#stopAwayTimer?.();
      this.#stopAwayTimer = undefined;
      this.#away = false;
    } else
      this.#stopAwayTimer ??= this.options.schedule(AWAY_MS, () => {
        this.#away = true;
        const id = this.#introducing;
        this.#introducing = undefined;
        link.abandon(gone());
        if (id === undefined) return;
        this.#fail(id, gone());
        this.#leave(link);
      });
  }

  #withDefaults(params: string): string {
    const { defaults } = this.options;
    const value = (JSON.parse(params) ?? {}) as Record<string, unknown>;
    const meta = (value._meta ?? {}) as Record<string, unknown>;
    const praxis = { ...defaults, ...(meta.praxis as Record<string, unknown> | undefined) };
    return JSON.stringify({ ...value, _meta: { ...meta, praxis } });
  }

  #fail(id: string, error: unknown): void {
    this.options.toEditor(replaceMember(errorLine(null, error), ['id'], id));
  }
}

const gone = () =>
  new PraxisError(ErrorCode.Disconnected, 'Praxis cannot be reached; check it with: praxis status');
