/** Frames and methods of AMQP 0-9-1 as bytes. The tables in methods.ts say what a method holds; this only follows them. */
import { AmqpError } from './errors.js';
import { type Args, type ArgumentType, METHODS, type MethodName, type Received } from './methods.js';
import { Malformed, Reader, type Writer } from './values.js';

export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
export const FRAME_END = 0xce;
/** Bytes of a frame around its payload. */
export const FRAME_OVERHEAD = 8;
export const BASIC_CLASS = 60;
export const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
export const HEARTBEAT = Buffer.from([FRAME.heartbeat, 0, 0, 0, 0, 0, 0, FRAME_END]);

export interface Frame {
  type: number;
  channel: number;
  payload: Buffer;
}

/** Cuts a stream of bytes into frames. Holds at most one incomplete frame, and none above the limit. */
export class FrameReader {
  /** Bytes of a whole frame; a larger one is refused as soon as its head is read. */
  limit: number;
  #chunks: Buffer[] = [];
  #have = 0;
  #need = FRAME_OVERHEAD;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Calls back with every frame that is complete now. Throws AmqpError for bytes that are no frame. */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#have);
    let at = 0;
    this.#need = FRAME_OVERHEAD;
    while (bytes.length - at >= FRAME_OVERHEAD) {
      const size = bytes.readUInt32BE(at + 3);
      const total = size + FRAME_OVERHEAD;
      // RabbitMQ forgives clients that leave the frame's own bytes out of the count, so there are such clients.
      if (total > this.limit + FRAME_OVERHEAD)
        throw new AmqpError(
          'FRAME_ERROR',
          `frame of ${total} bytes is larger than the limit of ${this.limit}`,
        );
      if (bytes.length - at < total) {
        this.#need = total;
        break;
      }
      if (bytes[at + total - 1] !== FRAME_END) throw new AmqpError('FRAME_ERROR', 'a frame has no frame end');
      onFrame({
        type: bytes[at]!,
        channel: bytes.readUInt16BE(at + 1),
        payload: bytes.subarray(at + 7, at + 7 + size),
      });
      at += total;
    }
    this.#have = bytes.length - at;
    this.#chunks = this.#have > 0 ? [bytes.subarray(at)] : [];
  }
}

interface Layout {
  name: MethodName;
  classId: number;
  methodId: number;
  args: [string, ArgumentType][];
}

const byName = new Map<MethodName, Layout>();
const byId = new Map<number, Layout>();
for (const [name, { id, args }] of Object.entries(METHODS)) {
  const layout = { name: name as MethodName, classId: id[0], methodId: id[1], args: Object.entries(args) };
  byName.set(layout.name, layout);
  byId.set(id[0] * 65_536 + id[1], layout);
}

export const methodId = (name: MethodName): readonly [number, number] => METHODS[name].id;

/** Reads a method frame's payload. Throws AmqpError: 540 for a method that is not there, 502 for malformed arguments. */
export function readMethod(payload: Buffer): Received {
  const reader = new Reader(payload);
  try {
    const layout = byId.get(reader.long());
    if (!layout) throw new AmqpError('NOT_IMPLEMENTED', 'no such method');
    const args: Record<string, unknown> = {};
    let bits = 0;
    let bit = 8;
    for (const [name, type] of layout.args) {
      if (type !== 'bit') {
        bit = 8;
        args[name] = reader[type]();
        continue;
      }
      if (bit === 8) {
        bits = reader.octet();
        bit = 0;
      }
      args[name] = (bits & (1 << bit++)) !== 0;
    }
    return { name: layout.name, args } as Received;
  } catch (error) {
    if (error instanceof Malformed) throw new AmqpError('SYNTAX_ERROR', error.message);
    throw error;
  }
}

/** Writes a whole method frame. */
export function writeMethod<M extends MethodName>(
  writer: Writer,
  channel: number,
  name: M,
  args: Args<M>,
): void {
  const layout = byName.get(name)!;
  const end = beginFrame(writer, FRAME.method, channel);
  writer.short(layout.classId);
  writer.short(layout.methodId);
  const values = args as Record<string, unknown>;
  let bits = 0;
  let bit = 0;
  for (const [argument, type] of layout.args) {
    if (type === 'bit') {
      if (values[argument]) bits |= 1 << bit;
      bit++;
      continue;
    }
    if (bit > 0) writer.octet(bits);
    bits = bit = 0;
    (writer[type] as (value: unknown) => void)(values[argument]);
  }
  if (bit > 0) writer.octet(bits);
  end();
}

/** Begins a frame whose size is not known yet; call the result when its payload is written. */
export function beginFrame(writer: Writer, type: number, channel: number): () => void {
  writer.octet(type);
  writer.short(channel);
  writer.long(0);
  const start = writer.at;
  return () => {
    writer.bytes.writeUInt32BE(writer.at - start, start - 4);
    writer.octet(FRAME_END);
  };
}
