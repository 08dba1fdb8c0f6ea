/**
 * Requests of ours to nodes that are not answered yet. Each has an id that stays the same when it is sent again, and ends
 * exactly once: with the node's answer, with NodeUnavailable when nobody took it (a prompt waits instead), or with NodeLost.
 */
import { Unroutable } from '../../bus/index.js';
import { ErrorCode, NODE_GONE_MS, NODES, PraxisError } from '../../proto/index.js';
import type { Log, Publisher } from '../ports.js';

export interface Hop {
  id: string;
  node: string;
  /** Why it was sent, which says what its answer means. */
  purpose: 'open' | 'turn' | 'close' | 'delete' | 'forward' | 'list';
  session?: string;
  epoch?: number;
  line: string;
}

interface Sent {
  hop: Hop;
  /** A try has left, so that the node may have it; then only silence ends it. */
  left: boolean;
  /** How often it was published. */
  tries: number;
  /** The node's hello when the newest try began. */
  hello: unknown;
  /** The newest try found nobody. */
  refused: boolean;
}

export interface HopsDeps {
  bus: Publisher;
  log: Log;
  /** A first try found nobody at the node's address. */
  unreachable(hop: Hop): void;
  /** The node's newest hello, which sends again what it may not have: it is another one each time. */
  helloOf(node: string): unknown;
}

export class Hops {
  private readonly open = new Map<string, Sent>();

  constructor(private readonly deps: HopsDeps) {}

  get(id: string): Hop | undefined {
    return this.open.get(id)?.hop;
  }

  ofSession(session: string): Hop[] {
    return this.ofNode().filter((hop) => hop.session === session);
  }

  ofNode(node?: string): Hop[] {
    return [...this.open.values()]
      .map(({ hop }) => hop)
      .filter((hop) => node === undefined || hop.node === node);
  }

  /** The request has not left and does not now: nobody was there to take it, so that its node knows nothing of it. */
  isUnsent(id: string): boolean {
    const sent = this.open.get(id);
    if (!sent?.refused || sent.left) return false;
    return sent.hello === this.deps.helloOf(sent.hop.node);
  }

  /** Requests to the node that have not left. */
  unsent(node: string): Hop[] {
    return this.ofNode(node).filter(({ id }) => this.isUnsent(id));
  }

  /** Sends a request; one that is open already is left alone. */
  send(hop: Hop): void {
    if (this.open.has(hop.id)) return;
    const sent = { hop, left: false, tries: 0, hello: undefined, refused: false };
    this.open.set(hop.id, sent);
    this.publish(sent);
  }

  /** Takes up a request that an earlier run of the service has sent, or was about to. */
  adopt(hop: Hop): void {
    this.open.set(hop.id, { hop, left: true, tries: 0, hello: undefined, refused: false });
  }

  /** The node is there (again): sends what it may not have. It runs each id once. */
  resend(node: string): void {
    for (const sent of this.open.values()) if (sent.hop.node === node) this.publish(sent);
  }

  /** The request has its answer. */
  end(id: string): void {
    this.open.delete(id);
  }

  /** Sends a frame that asks for no answer: a notification, or an answer to the agent. */
  tell(to: { node: string; session: string; epoch: number }, line: string): void {
    const { node, session, epoch } = to;
    this.deps.bus
      .publish({ exchange: NODES, key: node, headers: { session, epoch }, lines: [line], mandatory: true })
      .catch((error: unknown) =>
        this.deps.log.info({ node, session, error: String(error) }, 'a node was not told'),
      );
  }

  private publish(sent: Sent): void {
    const attempt = ++sent.tries;
    sent.hello = this.deps.helloOf(sent.hop.node);
    sent.refused = false;
    const { node, session, epoch, line } = sent.hop;
    const headers = { ...(session && { session }), ...(epoch !== undefined && { epoch }) };
    this.deps.bus.publish({ exchange: NODES, key: node, headers, lines: [line], mandatory: true }).then(
      () => {
        sent.left = true;
      },
      (error: unknown) => {
        if (!(error instanceof Unroutable)) sent.left = true;
        if (sent.left || attempt < sent.tries) return;
        sent.refused = true;
        if (this.open.get(sent.hop.id) === sent) this.deps.unreachable(sent.hop);
      },
    );
  }
}

export const nodeUnavailable = (node: string): PraxisError =>
  new PraxisError(ErrorCode.NodeUnavailable, `The node ${node} is not connected`, {
    node,
    hint: 'praxis up on its machine starts it; praxis nodes says which nodes are there',
  });

export const nodeLeaving = (node: string): PraxisError =>
  new PraxisError(ErrorCode.NodeUnavailable, `The node ${node} is about to stop`, {
    node,
    hint: 'Try again when it is back, or choose another node',
  });

export const nodeLost = (node: string): PraxisError =>
  new PraxisError(ErrorCode.NodeLost, `The node ${node} went away before it answered`, { node });

/** What a prompt hears that waited for its node as long as prompts do. */
export const neverBack = (node: string): PraxisError =>
  new PraxisError(
    ErrorCode.NodeLost,
    `The node ${node} did not come back within ${NODE_GONE_MS / 60_000} minutes. This prompt never ran: send it again when the node is there`,
    { node, hint: 'praxis nodes says which nodes are there' },
  );

/** An error as an outcome. */
export const failed = (error: PraxisError): { error: string } => ({ error: JSON.stringify(error) });
