/**
 * What a connection has to say, gathered during one turn of the event loop and written at its end: many small frames
 * are one write. Says when the peer reads too slowly, so that queues keep what it does not take.
 */
import type { Socket } from 'node:net';
import { beginFrame, FRAME, FRAME_END, FRAME_OVERHEAD, writeMethod } from './codec.js';
import type { Message } from './message.js';
import type { Args, MethodName } from './methods.js';
import { Writer } from './values.js';

/** Bytes that may wait for a peer before deliveries to it pause. */
const HIGH_WATER = 1024 * 1024;
/** Pieces of this size and above are written as they are; smaller ones are copied together. */
const COPY_BELOW = 16 * 1024;

export class Output {
  readonly #writer = new Writer();
  #pieces: Buffer[] = [];
  #waiting = 0;
  #scheduled = false;
  /** Bytes of a frame that the peer takes; 0 before it has said so. */
  frameMax = 0;
  /** Something left since the last look: no heartbeat is due. */
  sent = false;

  constructor(private readonly socket: Socket) {}

  /** The peer takes more now. */
  get writable(): boolean {
    return this.#waiting + this.#writer.at + this.socket.writableLength < HIGH_WATER;
  }

  method<M extends MethodName>(channel: number, name: M, args: Args<M>): void {
    writeMethod(this.#writer, channel, name, args);
    this.#schedule();
  }

  /** A method that carries a message. */
  content<M extends MethodName>(channel: number, name: M, args: Args<M>, { raw, body }: Message): void {
    writeMethod(this.#writer, channel, name, args);
    this.#frame(FRAME.header, channel, raw);
    const most = this.frameMax - FRAME_OVERHEAD;
    // Some clients count on bodies in the largest frames there may be, as RabbitMQ cuts them.
    const asCut = body.every(
      ({ length }, index) => length === most || (length < most && index === body.length - 1),
    );
    if (asCut) for (const piece of body) this.#frame(FRAME.body, channel, piece);
    else {
      const whole = Buffer.concat(body);
      for (let at = 0; at < whole.length; at += most)
        this.#frame(FRAME.body, channel, whole.subarray(at, at + most));
    }
    this.#schedule();
  }

  bytes(bytes: Buffer): void {
    this.#writer.raw(bytes);
    this.#schedule();
  }

  /** Writes everything now, and ends the stream after it. */
  end(): void {
    this.#flush();
    this.socket.end();
  }

  #frame(type: number, channel: number, payload: Buffer): void {
    if (payload.length < COPY_BELOW) {
      const end = beginFrame(this.#writer, type, channel);
      this.#writer.raw(payload);
      end();
      return;
    }
    this.#writer.octet(type);
    this.#writer.short(channel);
    this.#writer.long(payload.length);
    this.#cut();
    this.#pieces.push(payload);
    this.#waiting += payload.length;
    this.#writer.octet(FRAME_END);
  }

  /** Makes what was written so far a piece of its own. */
  #cut(): void {
    const { bytes, at } = this.#writer;
    if (at === 0) return;
    this.#pieces.push(Buffer.from(bytes.subarray(0, at)));
    this.#waiting += at;
    this.#writer.at = 0;
  }

  #schedule(): void {
    if (this.#writer.at >= HIGH_WATER) this.#cut();
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#waiting = 0;
    if (pieces.length === 0 || this.socket.destroyed || this.socket.writableEnded) return;
    this.sent = true;
    this.socket.cork();
    for (const piece of pieces) this.socket.write(piece);
    this.socket.uncork();
  }
}
