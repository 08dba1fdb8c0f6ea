/**
 * The lists of nodes and sessions that a screen shows: read anew after every renewal of the link, kept up to date by
 * broadcasts in between. Nothing is read while nobody listens.
 */
import { Broadcasts, type EndReason, type Frame, type NodeInfo, type SessionInfo } from '../proto/index.js';
import { Outdated } from './commands.js';
import type { Link } from './link.js';

export interface ListsOptions {
  link: Pick<Link, 'listen'>;
  readNodes(): Promise<NodeInfo[]>;
  readSessions(): Promise<SessionInfo[]>;
  warn(message: string, details?: Record<string, unknown>): void;
}

export class Lists {
  readonly #nodes = new Topic<NodeInfo[]>();
  readonly #sessions = new Topic<SessionInfo[]>();

  constructor(private readonly options: ListsOptions) {
    options.link.listen({
      frame: (frame) => this.#frame(frame),
      renewed: () => {
        if (this.#nodes.wanted) this.#read('nodes', options.readNodes, this.#nodes);
        if (this.#sessions.wanted) this.#read('sessions', options.readSessions, this.#sessions);
      },
    });
  }

  onNodes(listener: (nodes: NodeInfo[]) => void): () => void {
    this.#read('nodes', this.options.readNodes, { say: listener });
    return this.#nodes.add(listener);
  }

  onSessions(listener: (changed: SessionInfo[]) => void): () => void {
    this.#read('sessions', this.options.readSessions, { say: listener });
    return this.#sessions.add(listener);
  }

  #frame(frame: Frame): void {
    if (frame.kind !== 'notification') return;
    if (frame.method === '_praxis/nodes/changed' && this.#nodes.wanted) {
      const news = Broadcasts['_praxis/nodes/changed'].safeParse(frame.params);
      if (news.success) this.#nodes.say(news.data.nodes);
    } else if (frame.method === '_praxis/sessions/changed' && this.#sessions.wanted) {
      const news = Broadcasts['_praxis/sessions/changed'].safeParse(frame.params);
      if (news.success) this.#sessions.say(news.data.sessions);
    }
  }

  /** What cannot be read now is read after the next renewal. */
  #read<T>(what: string, read: () => Promise<T>, topic: { say(value: T): void }): void {
    read().then(
      (value) => topic.say(value),
      (error: Error) => {
        if (!(error instanceof Outdated))
          this.options.warn('A list could not be read', { what, reason: error.message });
      },
    );
  }
}

/** Of a session whose agent never started: who asked for it has its error, and there is nothing in it to come back to. */
export const isFailedStart = ({ state, reason }: Pick<SessionInfo, 'state' | 'reason'>): boolean =>
  state === 'ended' && reason === ('failed' satisfies EndReason);

class Topic<T> {
  readonly #listeners = new Set<(value: T) => void>();

  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  say(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
