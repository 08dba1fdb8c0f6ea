/**
 * Tells the service that this node is there: hello on every connection and whenever a service comes up, a beat between,
 * bye at a polite stop. None of these is kept for a service that is away: it will ask.
 */
import type { Bus, Outgoing } from '../bus/index.js';
import {
  type ConnectorInfo,
  EVENTS,
  FEATURES,
  type Name,
  NODE_BEAT_MS,
  type NodePolicy,
  notificationLine,
  partitionKey,
  type SessionId,
  VERSION,
} from '../proto/index.js';
import type { Clock } from './clock.js';

export interface HelloOptions {
  bus: Pick<Bus, 'publish' | 'state' | 'onState'>;
  clock: Clock;
  boot: string;
  name: Name;
  os: string;
  home: string;
  roots: readonly string[];
  yolo: 'allow' | 'deny';
  policy: NodePolicy;
  connectors(): readonly ConnectorInfo[];
  sessions(): { sessionId: SessionId; epoch: number }[];
}

export class Hello {
  private stopBeat: () => void = () => undefined;
  private readonly stopListening: () => void;
  private isLeaving = false;

  constructor(private readonly options: HelloOptions) {
    this.stopListening = options.bus.onState(({ kind }) => {
      if (kind === 'connected') void this.hello();
    });
  }

  /** Says the first hello, if there is a connection already, and begins to beat. */
  start(): void {
    if (this.options.bus.state.kind === 'connected') void this.hello();
    this.beatLater();
  }

  hello(): Promise<void> {
    const { name, boot, os, home, roots, yolo, policy, connectors, sessions } = this.options;
    return this.publish('_praxis/node/hello', {
      name,
      boot,
      version: VERSION,
      features: FEATURES,
      os,
      home,
      roots,
      yolo,
      policy,
      connectors: connectors(),
      sessions: sessions(),
      ...(this.isLeaving && { leaving: true }),
    });
  }

  /** Says that the node is about to stop: what comes from now on is the end of what runs. */
  leaving(): Promise<void> {
    this.isLeaving = true;
    return this.hello();
  }

  /** The last word; nothing follows it. */
  async bye(): Promise<void> {
    this.stopListening();
    this.stopBeat();
    await this.publish('_praxis/node/bye', { boot: this.options.boot });
  }

  private beatLater(): void {
    this.stopBeat = this.options.clock.after(NODE_BEAT_MS, () => {
      void this.publish('_praxis/node/beat', { boot: this.options.boot });
      this.beatLater();
    });
  }

  /** A message that the connection lost is said anew on the next one, by hello. */
  private async publish(method: string, params: unknown): Promise<void> {
    const { bus, boot } = this.options;
    if (bus.state.kind !== 'connected') return;
    const message: Outgoing = {
      exchange: EVENTS,
      key: partitionKey(0),
      headers: { boot },
      lines: [notificationLine(method, params)],
    };
    await bus.publish(message).catch((_unconfirmed: Error) => undefined);
  }
}
