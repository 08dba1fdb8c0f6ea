/**
 * The network between one part and its broker, as a proxy that can be made bad: a partition holds all bytes and answers no new
 * connection, as behind a router that drops packets for a while and whose TCP connections survive it; a black hole is a partition
 * after which the connections that were there stay dead without a word; bytes can be late, or few in a second.
 */
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** Sees the bytes of one connection, from its first: what it sends to the broker, and what the broker sends. */
export interface Seen {
  toBroker(bytes: Buffer): void;
  fromBroker(bytes: Buffer): void;
}

interface Pair {
  near: Socket;
  far: Socket | undefined;
  /** What is said on it is thrown away. */
  dead: boolean;
}

/** Milliseconds between two portions of a connection whose rate is limited. */
const PORTION_MS = 50;

export class NetworkProxy {
  private readonly pairs = new Set<Pair>();
  private partitioned = false;
  /** Draws the milliseconds that a piece of bytes is late; order is kept. */
  delay: (() => number) | undefined;
  /** Bytes per second and direction that pass; undefined: all. */
  rate: number | undefined;
  /** Set before the connections that it shall see. */
  tap: (() => Seen) | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: NetConnectOpts,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  /** Listens at a Unix socket, or at a free port of 127.0.0.1 when `path` is absent. */
  static async start(target: NetConnectOpts, path?: string): Promise<NetworkProxy> {
    const server = createServer();
    const proxy = new NetworkProxy(server, target);
    await new Promise<void>((resolve) =>
      path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve),
    );
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  partition(): void {
    this.partitioned = true;
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket?.pause();
  }

  /** The connections of now are dead, and nobody tells the two ends. New ones get no answer before heal(). */
  blackHole(): void {
    this.partition();
    for (const pair of this.pairs) pair.dead = true;
  }

  heal(): void {
    this.partitioned = false;
    for (const pair of this.pairs) {
      if (!pair.far && !pair.dead) this.join(pair);
      for (const socket of [pair.near, pair.far]) socket?.resume();
    }
  }

  /** Cuts every connection, as a broker or a router does that goes away in order. */
  cut(): void {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket?.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(near: Socket): void {
    const pair: Pair = { near, far: undefined, dead: false };
    this.pairs.add(pair);
    near.on('error', () => near.destroy());
    near.once('close', () => {
      if (!pair.dead) pair.far?.destroy();
      if (!pair.dead || !pair.far || pair.far.destroyed) this.pairs.delete(pair);
    });
    if (this.partitioned) near.pause();
    else this.join(pair);
  }

  private join(pair: Pair): void {
    const far = connect(this.target);
    pair.far = far;
    far.on('error', () => far.destroy());
    far.once('close', () => {
      if (!pair.dead) pair.near.destroy();
      if (pair.dead && pair.near.destroyed) this.pairs.delete(pair);
    });
    const seen = this.tap?.();
    if (seen) {
      pair.near.on('data', (bytes: Buffer) => seen.toBroker(bytes));
      far.on('data', (bytes: Buffer) => seen.fromBroker(bytes));
    }
    this.carry(pair, pair.near, far);
    this.carry(pair, far, pair.near);
  }

  private carry(pair: Pair, from: Socket, to: Socket): void {
    let last = 0;
    const waiting: Buffer[] = [];
    from.on('data', (bytes: Buffer) => {
      if (pair.dead) return;
      const late = this.delay?.() ?? 0;
      if (this.rate !== undefined) this.trickle(from, to, bytes);
      else if (late === 0 && waiting.length === 0) {
        if (!to.write(bytes)) this.wait(from, to);
      } else {
        last = Math.max(last, performance.now() + late);
        waiting.push(bytes);
        // Timers may go off in another order than they were set; what they send is always the oldest.
        setTimeout(() => to.write(waiting.shift()!), last - performance.now());
      }
    });
  }

  /** Passes the bytes on in portions and reads no more meanwhile. */
  private trickle(from: Socket, to: Socket, bytes: Buffer): void {
    from.pause();
    let at = 0;
    const portion = () => {
      const many = this.rate === undefined ? bytes.length : Math.ceil((this.rate * PORTION_MS) / 1_000);
      to.write(bytes.subarray(at, at + many));
      at += many;
      if (at < bytes.length) setTimeout(portion, PORTION_MS);
      else if (!this.partitioned) from.resume();
    };
    portion();
  }

  private wait(from: Socket, to: Socket): void {
    from.pause();
    to.once('drain', () => {
      if (!this.partitioned) from.resume();
    });
  }
}
