/** What the service tells everyone: that it is there, and which nodes and sessions changed, a few times a second at most. */
import { BROADCAST, type NodeInfo, notificationLine, VERSION } from '../proto/index.js';
import type { Clock, Log, Publisher } from './ports.js';
import type { Session } from './sessions/session.js';

/** Milliseconds within which changed sessions are told together. */
const CHANGES_MS = 100;

export interface AnnouncerDeps {
  bus: Publisher;
  clock: Clock;
  log: Log;
  /** The run of this service. */
  boot: string;
  nodes(): NodeInfo[];
}

export class Announcer {
  private readonly changed = new Set<Session>();
  private stopTimer: (() => void) | undefined;

  constructor(private readonly deps: AnnouncerDeps) {}

  /** The line that says which run of the service is there. */
  get presence(): string {
    return notificationLine('_praxis/service/online', { boot: this.deps.boot, version: VERSION });
  }

  online(): void {
    this.broadcast(this.presence);
  }

  nodesChanged(): void {
    this.broadcast(notificationLine('_praxis/nodes/changed', { nodes: this.deps.nodes() }));
  }

  sessionChanged(session: Session): void {
    this.changed.add(session);
    this.stopTimer ??= this.deps.clock.schedule(CHANGES_MS, () => {
      this.stopTimer = undefined;
      const sessions = [...this.changed].map((one) => one.info());
      this.changed.clear();
      this.broadcast(notificationLine('_praxis/sessions/changed', { sessions }));
    });
  }

  stop(): void {
    this.stopTimer?.();
  }

  /** A broadcast that is lost is not repeated: whoever reconnects asks for the lists. */
  private broadcast(line: string): void {
    this.deps.bus
      .publish({ exchange: BROADCAST, key: '', headers: {}, lines: [line] })
      .catch((error: unknown) => this.deps.log.info({ error: String(error) }, 'a broadcast was lost'));
  }
}
