/**
 * The node's connectors and what is known of each. Looking for agents takes its time and holds nothing up: until it is done a
 * connector is `checking`. It is done at the start, when a session is opened, and every PROBE_MS, which is cheap, since a
 * program whose file has not changed is not run again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConnectorInfo, Name } from '../proto/index.js';
import type { Clock } from './clock.js';
import type { AgentSpec, Connector, SessionRequest } from './connector.js';

/** Milliseconds after which an agent that was installed or removed is noticed. */
export const PROBE_MS = 30_000;

export interface CatalogOptions {
  connectors: readonly Connector[];
  clock: Clock;
  /** What is known of a connector is not what it was. */
  onChange(): void;
}

export class Catalog {
  /** The connectors; opening a session with one of them looks at its agent anew. */
  readonly connectors: readonly Connector[];
  private readonly known = new Map<Name, ConnectorInfo>();
  private stopped = false;
  private callOff: () => void = () => undefined;

  constructor(private readonly options: CatalogOptions) {
    this.connectors = options.connectors.map((connector) => ({
      id: connector.id,
      info: () => connector.info(),
      open: (request) => this.open(connector, request),
    }));
    for (const { id } of this.connectors)
      this.known.set(id, { id, title: id, version: null, status: 'checking', hint: null });
  }

  list(): ConnectorInfo[] {
    return this.connectors.map(({ id }) => this.known.get(id)!);
  }

  /** Looks for every agent, now and from time to time until stop(). Resolves after the first time. */
  async start(): Promise<void> {
    await this.probeAll();
    if (!this.stopped) this.callOff = this.options.clock.after(PROBE_MS, () => void this.start());
  }

  stop(): void {
    this.stopped = true;
    this.callOff();
  }

  /** Each is told as soon as it is known. */
  private async probeAll(): Promise<void> {
    await Promise.all(this.options.connectors.map((connector) => this.probe(connector)));
  }

  private async open(connector: Connector, request: SessionRequest): Promise<AgentSpec> {
    try {
      return await connector.open(request);
    } finally {
      void this.probe(connector);
    }
  }

  /** A connector whose script fails says so in its info; nothing is thrown here. */
  private async probe(connector: Connector): Promise<void> {
    const info = await connector.info();
    if (this.stopped || isDeepStrictEqual(this.known.get(connector.id), info)) return;
    this.known.set(connector.id, info);
    this.options.onChange();
  }
}
