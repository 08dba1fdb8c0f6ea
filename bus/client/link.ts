/**
 * One connection to the broker, from its opening to its loss. It ends as a whole: an error of any channel ends it with a
 * reason, because a new connection with its topology declared anew is the one way of recovery that is always right.
 */

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ChannelModel, type ConfirmChannel, connect, credentials as sasl } from 'amqplib';
import type { Credentials } from '../../proto/index.js';
import { describe } from './reason.js';
import { type AmqplibConnection, WritePath } from './write-path.js';

/** A silent peer is given up after two to three intervals: 10 to 15 seconds. */
const HEARTBEAT_SECS = 5;
/** Milliseconds of silence during the handshake after which a try has failed. */
const HANDSHAKE_MS = 10_000;
/** Milliseconds that a connection has to close in order before its socket is destroyed. */
const LINGER_MS = 2_000;

type Warn = (message: string, details?: Record<string, unknown>) => void;

export class Link {
  /** Called once, before anything that waits on a channel of this link is told. */
  onLost?: (reason: string) => void;
  #lost?: string;
  #closing = false;
  readonly #channels = new Set<Channel>();
  readonly #writes: WritePath;

  private constructor(
    private readonly model: ChannelModel,
    readonly user: string,
    warn: Warn,
  ) {
    this.#writes = new WritePath(model.connection as unknown as AmqplibConnection);
    model.on('error', (error) => this.#end(describe(error, user)));
    model.on('close', (error) => this.#end(error ? describe(error, user) : 'the connection was closed'));
    model.on('blocked', (reason) => warn('The broker takes no more for now', { reason }));
    model.on('unblocked', () => warn('The broker takes messages again'));
  }

  static async open(
    credentials: Credentials,
    name: string,
    warn: Warn,
    heartbeat = HEARTBEAT_SECS,
  ): Promise<Link> {
    const { address, socket } = endpointOf(credentials.url);
    const model = await connect(
      { ...address, heartbeat },
      {
        ...socket,
        noDelay: true,
        timeout: HANDSHAKE_MS,
        credentials: sasl.plain(credentials.user, credentials.password),
        clientProperties: { connection_name: name },
      },
    );
    hearPatiently(model);
    return new Link(model, credentials.user, warn);
  }

  /** Why the link ended; undefined while it lives. */
  get lost(): string | undefined {
    return this.#lost;
  }

  async channel(): Promise<Channel> {
    return this.#guard(await this.model.createChannel());
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    return this.#guard(await this.model.createConfirmChannel());
  }

  /** Calls `write` with the next write of this link, a few milliseconds from now at the latest. */
  later(write: () => void): void {
    this.#writes.later(write);
  }

  /** A channel whose errors are its user's own: those of declarations, which are tried again. */
  async declaringChannel(): Promise<Channel> {
    const channel = await this.model.createChannel();
    // The failed call rejects with the same error; without a listener the whole connection would end.
    channel.on('error', () => undefined);
    return channel;
  }

  /** Ends the link because of `error`, which a channel of it reported. */
  fail(error: unknown): void {
    this.#end(describe(error, this.user));
    void this.close();
  }

  /** Whether its channels can be used. */
  get open(): boolean {
    return this.#lost === undefined && !this.#closing;
  }

  /** Closes with the handshake of AMQP; ends the socket if the broker does not answer in time. */
  async close(): Promise<void> {
    const limit = new AbortController();
    const late = sleep(LINGER_MS, undefined, { signal: limit.signal }).catch(() => undefined);
    if (this.open) {
      // amqplib sends the end of a connection past what its channels still hold, the last acknowledgements among it. So
      // what was settled in this turn goes out, then the channels close in their own order, and then the connection.
      this.#writes.flush();
      await new Promise(setImmediate);
      this.#closing = true;
      await Promise.race([Promise.allSettled([...this.#channels].map((channel) => channel.close())), late]);
    }
    this.#end('closed by us');
    // A rejection means that it is closed already, which is what was asked for.
    await Promise.race([this.model.close().catch(() => undefined), late]);
    limit.abort();
    this.#destroy();
  }

  /** Ends it at once, without a word to the broker. */
  drop(): void {
    this.#end('dropped by us');
    this.#destroy();
  }

  #guard<C extends Channel>(channel: C): C {
    this.#channels.add(channel);
    channel.on('close', () => this.#channels.delete(channel));
    channel.on('error', (error) => this.fail(error));
    return channel;
  }

  #end(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.onLost?.(reason);
    // amqplib only half-closes after a missed heartbeat: the socket of a stopped broker would stay for ever.
    setTimeout(() => this.#destroy(), LINGER_MS).unref();
  }

  #destroy(): void {
    this.#socket.destroy();
  }

  /** What amqplib writes to; it has no name for it outside. */
  get #socket(): Socket {
    return (this.model.connection as unknown as { stream: Socket }).stream;
  }
}

/**
 * The broker has HEARTBEAT_SECS to be heard, however often we beat: it may want to know soon that we are gone, but a broker on a
 * busy machine that is silent for a moment is still there. amqplib has one interval for both.
 */
function hearPatiently(model: ChannelModel): void {
  const connection = model.connection as unknown as {
    heartbeater?: EventEmitter & { recvTimer: NodeJS.Timeout };
    checkRecv(): boolean;
  };
  const heart = connection.heartbeater;
  if (!heart) return;
  clearInterval(heart.recvTimer);
  let missed = 0;
  heart.recvTimer = setInterval(() => {
    missed = connection.checkRecv() ? 0 : missed + 1;
    if (missed === 2) heart.emit('timeout');
  }, HEARTBEAT_SECS * 1_000);
}

/** amqplib's two arguments for a bus url. */
function endpointOf(url: string) {
  if (url.startsWith('unix://'))
    return {
      address: { protocol: 'amqp', hostname: 'localhost' },
      socket: { path: decodeURIComponent(url.slice('unix://'.length)) },
    };
  const { protocol, hostname, port, pathname } = new URL(url);
  return {
    address: {
      protocol: protocol.slice(0, -1),
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port && { port: Number(port) }),
      ...(pathname.length > 1 && { vhost: pathname.slice(1) }),
    },
    socket: {},
  };
}
