/**
 * The network between one part and its broker, as a proxy that can be partitioned: during a partition bytes wait and new
 * connections are taken but get no answer, as behind a router that drops packets. Nothing is closed; that is up to the two ends.
 */
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

interface Pair {
  near: Socket;
  far: Socket | undefined;
}

export class NetworkProxy {
  private readonly pairs = new Set<Pair>();
  private partitioned = false;
  /** Draws the milliseconds that a piece of bytes is late; order is kept. */
  delay: (() => number) | undefined;

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

  heal(): void {
    this.partitioned = false;
    for (const pair of this.pairs) {
      if (!pair.far) this.join(pair);
      for (const socket of [pair.near, pair.far]) socket?.resume();
    }
  }

  async stop(): Promise<void> {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(near: Socket): void {
    const pair: Pair = { near, far: undefined };
    this.pairs.add(pair);
    near.on('error', () => near.destroy());
    near.once('close', () => {
      pair.far?.destroy();
      this.pairs.delete(pair);
    });
    if (this.partitioned) near.pause();
    else this.join(pair);
  }

  private join(pair: Pair): void {
    const far = connect(this.target);
    pair.far = far;
    far.on('error', () => far.destroy());
    far.once('close', () => pair.near.destroy());
    this.carry(pair.near, far);
    this.carry(far, pair.near);
  }

  private carry(from: Socket, to: Socket): void {
    let last = 0;
    const waiting: Buffer[] = [];
    from.on('data', (bytes: Buffer) => {
      const late = this.delay?.() ?? 0;
      if (late === 0 && waiting.length === 0) {
        if (!to.write(bytes)) this.wait(from, to);
        return;
      }
      last = Math.max(last, Date.now() + late);
      waiting.push(bytes);
      // Timers may go off in another order than they were set; what they send is always the oldest.
      setTimeout(() => to.write(waiting.shift()!), last - Date.now());
    });
  }

  private wait(from: Socket, to: Socket): void {
    from.pause();
    to.once('drain', () => {
      if (!this.partitioned) from.resume();
    });
  }
}
