/** The sessions that are open on the screen: a fold for each, fed by a cursor over its journal. */

import {
  abstain,
  type Client,
  type Cursor,
  type SessionEvent,
  SessionFold,
  type SessionView,
} from '../client/index.js';

export interface OpenSessionsOptions {
  client: Pick<Client, 'attach' | 'newSession' | 'answer'>;
  opened(sessionId: string, view: SessionView): void;
  changed(sessionId: string): void;
  caughtUp(sessionId: string): void;
}

export interface StartOptions {
  node: string;
  connector: string;
  cwd: string;
  yolo: boolean;
  /** Null: as the node has it. */
  promptTimeoutSecs: number | null;
  transport: string | null;
}

export class OpenSessions {
  readonly #options: OpenSessionsOptions;
  readonly #folds = new Map<string, SessionFold>();
  readonly #cursors = new Map<string, Cursor>();

  constructor(options: OpenSessionsOptions) {
    this.#options = options;
  }

  view(sessionId: string): SessionView | undefined {
    return this.#folds.get(sessionId)?.view;
  }

  readonly #event = (event: SessionEvent): void => {
    if (!this.#fold(event.sessionId).apply(event)) return;
    abstain(this.#options.client, event);
    this.#options.changed(event.sessionId);
  };

  #fold(sessionId: string): SessionFold {
    const known = this.#folds.get(sessionId);
    if (known) return known;
    const fold = new SessionFold(sessionId);
    this.#folds.set(sessionId, fold);
    this.#options.opened(sessionId, fold.view);
    return fold;
  }

  /** Makes a session; its events may come before its id does. */
  async start({ node, connector, cwd, yolo, promptTimeoutSecs, transport }: StartOptions): Promise<string> {
    const where = cwd === '' ? {} : { cwd };
    const options = {
      node,
      connector,
      yolo,
      interactive: true,
      ...where,
      ...(promptTimeoutSecs !== null && { promptTimeoutSecs }),
      ...(transport !== null && { transport }),
    };
    const { sessionId, cursor } = await this.#options.client.newSession(options, this.#event);
    this.#fold(sessionId);
    this.#cursors.set(sessionId, cursor);
    this.#options.caughtUp(sessionId);
    return sessionId;
  }

  /** Follows a session from its first event. A second call does nothing. */
  async attach(sessionId: string): Promise<void> {
    if (this.#cursors.has(sessionId)) return;
    const fold = this.#fold(sessionId);
    const cursor = await this.#options.client.attach(sessionId, fold.view.seq, this.#event, () =>
      this.#options.caughtUp(sessionId),
    );
    this.#cursors.set(sessionId, cursor);
  }
}
