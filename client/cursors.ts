/**
 * Cursors over the journals of sessions. A watcher gets every event of its session once and in order: a number that it
 * has seen is left out, a missing one makes the client attach again where the watcher stands, as does every renewal of the link.
 */
import { ErrorCode, PraxisError, requestLine, SessionInfo } from '../proto/index.js';
import { Outdated } from './commands.js';
import type { Link } from './link.js';
import { unwrap } from './requests.js';
import type { Cursor, SessionEvent } from './types.js';

interface Watcher {
  seq: number;
  onEvent(event: SessionEvent): void;
  /** The newest event of the journal when the watcher came; undefined until the service has said it. */
  target: number | undefined;
  onCaughtUp?: (() => void) | undefined;
}

/** One session that is watched; the service keeps one position per client and session, so watchers share it. */
interface Stream {
  watchers: Set<Watcher>;
  /** The newest event that any watcher got. */
  seq: number;
  /** The attach that is under way; `starting` while `session/new` is. What is missing comes with it. */
  attaching: symbol | 'starting' | undefined;
  /** The link was renewed while `session/new` was under way. */
  missedRenewal: boolean;
}

export interface CursorsOptions {
  link: Pick<Link, 'request' | 'listen'>;
  /** After the watchers, once per event. */
  onEvent(event: SessionEvent): void;
  /** Nobody watches the session any more. */
  onGone(sessionId: string): void;
  warn(message: string, details?: Record<string, unknown>): void;
}

export class Cursors {
  readonly #streams = new Map<string, Stream>();

  constructor(private readonly options: CursorsOptions) {
    options.link.listen({ event: (event) => this.#event(event), renewed: () => this.#renewed() });
  }

  watches(sessionId: string): boolean {
    return this.#streams.has(sessionId);
  }

  /** Rejects when the service does not know the session. */
  async attach(
    sessionId: string,
    after: number,
    onEvent: (event: SessionEvent) => void,
    onCaughtUp?: () => void,
  ): Promise<Cursor> {
    const watcher: Watcher = { seq: after, onEvent, target: undefined, onCaughtUp };
    const stream = this.#join(sessionId, watcher);
    if (stream.attaching === 'starting') return this.#cursor(sessionId, stream, watcher);
    try {
      await this.#attach(sessionId, stream);
    } catch (error) {
      this.#leave(sessionId, stream, watcher);
      throw error;
    }
    return this.#cursor(sessionId, stream, watcher);
  }

  /** Watches a session from its first event while `open` makes it: the service makes its maker a viewer. */
  async opening(
    sessionId: string,
    open: () => Promise<unknown>,
    onEvent: (event: SessionEvent) => void,
  ): Promise<Cursor> {
    const watcher: Watcher = { seq: 0, onEvent, target: 0 };
    const stream = this.#join(sessionId, watcher);
    stream.attaching = 'starting';
    try {
      await open();
    } catch (error) {
      this.#leave(sessionId, stream, watcher);
      throw error;
    }
    stream.attaching = undefined;
    if (stream.missedRenewal) await this.#attach(sessionId, stream);
    return this.#cursor(sessionId, stream, watcher);
  }

  #join(sessionId: string, watcher: Watcher): Stream {
    let stream = this.#streams.get(sessionId);
    if (!stream) {
      stream = { watchers: new Set(), seq: watcher.seq, attaching: undefined, missedRenewal: false };
      this.#streams.set(sessionId, stream);
    }
    stream.watchers.add(watcher);
    return stream;
  }

  #cursor(sessionId: string, stream: Stream, watcher: Watcher): Cursor {
    return {
      sessionId,
      get seq() {
        return watcher.seq;
      },
      detach: async () => {
        if (!this.#leave(sessionId, stream, watcher)) return;
        const answer = this.options.link.request(
          (id) => requestLine(id, '_praxis/session/detach', { sessionId }),
          { session: sessionId, lasting: false },
        );
        await answer.catch(ignoreEndOfLink);
      },
    };
  }

  /** True when nobody is left. */
  #leave(sessionId: string, stream: Stream, watcher: Watcher): boolean {
    if (!stream.watchers.delete(watcher) || stream.watchers.size > 0) return false;
    if (this.#streams.get(sessionId) === stream) this.#streams.delete(sessionId);
    this.options.onGone(sessionId);
    return true;
  }

  /** Resolves when the service has answered this attach, or a later one that replaced it. */
  async #attach(sessionId: string, stream: Stream): Promise<void> {
    const token = Symbol(sessionId);
    stream.attaching = token;
    const after = Math.min(...[...stream.watchers].map(({ seq }) => seq));
    const answer = await this.options.link
      .request((id) => requestLine(id, '_praxis/session/attach', { sessionId, after }), {
        session: sessionId,
        lasting: false,
      })
      .then(unwrap)
      .catch((error) => {
        // The link was renewed, and renewing attached again; whether that works is that attach's to say.
        if (error instanceof Outdated) return undefined;
        throw error;
      });
    if (stream.attaching !== token) return;
    stream.attaching = undefined;
    if (answer === undefined) return;
    const info = SessionInfo.safeParse((answer as { session?: unknown }).session);
    for (const watcher of stream.watchers) {
      watcher.target ??= info.success ? info.data.seq : watcher.seq;
      reportCaughtUp(watcher);
    }
  }

  #event(event: SessionEvent): void {
    const stream = this.#streams.get(event.sessionId);
    if (!stream) return;
    let missing = false;
    for (const watcher of [...stream.watchers]) {
      if (event.seq <= watcher.seq) continue;
      if (event.seq > watcher.seq + 1) {
        missing = true;
        continue;
      }
      watcher.seq = event.seq;
      watcher.onEvent(event);
      reportCaughtUp(watcher);
    }
    if (missing && stream.attaching === undefined) this.#attachAgain(event.sessionId, stream);
    if (event.seq === stream.seq + 1 || (!missing && event.seq > stream.seq)) {
      stream.seq = event.seq;
      this.options.onEvent(event);
    }
  }

  #renewed(): void {
    for (const [sessionId, stream] of this.#streams) {
      if (stream.attaching === 'starting') stream.missedRenewal = true;
      else this.#attachAgain(sessionId, stream);
    }
  }

  #attachAgain(sessionId: string, stream: Stream): void {
    this.#attach(sessionId, stream).catch((error: unknown) => {
      const { code } = PraxisError.from(error);
      this.options.warn('A session can be watched no longer', { sessionId, code });
      if (this.#streams.get(sessionId) !== stream) return;
      this.#streams.delete(sessionId);
      this.options.onGone(sessionId);
    });
  }
}

function reportCaughtUp(watcher: Watcher): void {
  if (watcher.target === undefined || watcher.seq < watcher.target) return;
  watcher.onCaughtUp?.();
  watcher.onCaughtUp = undefined;
}

function ignoreEndOfLink(error: unknown): void {
  if (!(error instanceof PraxisError) || error.code !== ErrorCode.Disconnected) throw error;
}
