/**
 * The way from the channels of amqplib to their socket, made short: what is said in one turn of the event loop becomes one
 * system call, and so does what can wait a moment with the next thing that is said. For a small message, system calls and the
 * wake-ups that they cause cost more than everything else.
 */
import type { Duplex, Writable } from 'node:stream';

/** What is used here of amqplib's connection; it has no name for it outside. */
export interface AmqplibConnection {
  stream: Writable;
  channels: ({ buffer: Duplex } | null)[];
  /** Allocates the number of a new channel, and the stream through which it writes. */
  freshChannel(...args: unknown[]): number;
}

/** Milliseconds that what can wait waits for something to go with. */
const LATER_MS = 5;

export class WritePath {
  readonly #stream: Writable;
  #later: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** For channels that are made afterwards. */
  constructor(connection: AmqplibConnection) {
    const { stream } = connection;
    this.#stream = stream;
    this.#gather();
    const fresh = connection.freshChannel;
    connection.freshChannel = function (this: AmqplibConnection, ...args) {
      const number = Reflect.apply(fresh, this, args);
      passBy(this.channels[number]!.buffer, stream);
      return number;
    };
  }

  /** Calls `write` when something else is written, so that both are one system call; after LATER_MS at the latest. */
  later(write: () => void): void {
    this.#later.push(write);
    this.#timer ??= setTimeout(() => this.flush(), LATER_MS);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#later.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#later;
    this.#later = [];
    for (const write of waiting) write();
  }

  /** Holds what one turn of the event loop writes, then hands it over together. */
  #gather(): void {
    const stream = this.#stream;
    const { write } = stream;
    let held = false;
    const release = () => {
      this.flush();
      held = false;
      stream.uncork();
    };
    stream.write = ((...args: unknown[]) => {
      if (!held) {
        held = true;
        stream.cork();
        setImmediate(release);
      }
      return Reflect.apply(write, stream, args);
    }) as typeof stream.write;
  }
}

/**
 * Each channel writes into a stream of its own, from which a multiplexer takes turns in a later phase of the event loop. That
 * is fair to all channels while the socket takes no more, and a detour at all other times.
 */
function passBy(buffer: Duplex, stream: Writable): void {
  const enqueue = buffer.write;
  buffer.write = (...args: unknown[]) => {
    const isWaiting = buffer.writableLength > 0 || buffer.readableLength > 0 || stream.writableNeedDrain;
    return Reflect.apply(isWaiting ? enqueue : stream.write, isWaiting ? buffer : stream, args);
  };
}
