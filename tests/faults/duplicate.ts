/**
 * Every message of some parts a second time, late, as from a broker that delivers again: the proxies before the broker read what
 * the parts publish, and a connection of the same login says it once more when the broker has confirmed it. Not before: a copy must
 * not overtake what was published before its original, which no broker does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { FRAME, FrameReader, PROTOCOL_HEADER, readMethod } from '../../bus/embedded/codec.js';
import { PROPERTIES } from '../../bus/embedded/message.js';
import { Reader, type Table } from '../../bus/embedded/values.js';
import type { Credentials } from '../../proto/index.js';
import type { NetworkProxy, Seen } from './proxy.js';
import type { Random } from './random.js';

/** Bytes of a frame; more than any part agrees on. */
const FRAME_MAX = 1024 * 1024;
/** Class and method of basic.ack, which confirms. */
const BASIC_ACK = (60 << 16) | 80;
/** Milliseconds that a copy is late at most. */
const LATE_MS = 500;

interface Published {
  exchange: string;
  key: string;
  properties: Record<string, unknown>;
  body: Buffer[];
  missing: number;
}

/** A part whose messages are copied: its way to the broker, and the login under which it speaks. */
export interface Speaker {
  proxy: NetworkProxy;
  login: Credentials;
}

/** Copies for `ms`. The connections of the speakers are made anew at the beginning, so that they are read from their first byte. */
export async function duplicate(speakers: readonly Speaker[], random: Random, ms: number): Promise<void> {
  const connections: ChannelModel[] = [];
  const timers: NodeJS.Timeout[] = [];
  let copied = 0;
  for (const { proxy, login } of speakers) {
    const connection = await connectAs(login);
    connection.on('error', () => undefined);
    connections.push(connection);
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    proxy.tap = () =>
      readPublished((message) => {
        timers.push(
          setTimeout(
            () => {
              copied++;
              say(channel, message);
            },
            random.between(0, LATE_MS),
          ),
        );
      });
    proxy.cut();
  }
  await sleep(ms);
  for (const { proxy } of speakers) proxy.tap = undefined;
  await sleep(LATE_MS + 100);
  await Promise.all(connections.map((connection) => connection.close()));
  if (copied === 0) throw new Error('no message was there to copy');
}

function connectAs({ url, user, password }: Credentials): Promise<ChannelModel> {
  if (url.startsWith('unix://'))
    return amqp.connect({ protocol: 'amqp', hostname: 'localhost' }, {
      path: decodeURIComponent(url.slice('unix://'.length)),
      credentials: amqp.credentials.plain(user, password),
    } as object);
  return amqp.connect(url, { credentials: amqp.credentials.plain(user, password), noDelay: true });
}

function say(channel: Channel, { exchange, key, properties, body }: Published): void {
  const { headers, contentType, deliveryMode, userId } = properties as Record<string, never>;
  try {
    channel.publish(exchange, key, Buffer.concat(body), { headers, contentType, deliveryMode, userId });
  } catch {
    // The broker is away, as for everybody else.
  }
}

/** Reads the bytes of a connection whose channels all ask for confirms, and tells each message that is confirmed. */
function readPublished(tell: (message: Published) => void): Seen {
  const unconfirmed = new Unconfirmed(tell);
  const acks = new FrameReader(FRAME_MAX);
  const frames = new FrameReader(FRAME_MAX);
  const open = new Map<number, Published>();
  let header = PROTOCOL_HEADER.length;
  const toBroker = (bytes: Buffer) => {
    const skip = Math.min(header, bytes.length);
    header -= skip;
    frames.push(Buffer.from(bytes.subarray(skip)), ({ type, channel, payload }) => {
      if (type === FRAME.method) {
        const { name, args } = readMethod(payload);
        if (name !== 'basic.publish') return;
        const { exchange, routingKey } = args;
        open.set(channel, { exchange, key: routingKey, properties: {}, body: [], missing: 0 });
        return;
      }
      const message = open.get(channel);
      if (!message) return;
      if (type === FRAME.header) Object.assign(message, propertiesOf(payload));
      else if (type === FRAME.body) {
        message.body.push(payload);
        message.missing -= payload.length;
      }
      if (message.missing > 0) return;
      open.delete(channel);
      unconfirmed.add(channel, message);
    });
  };
  const fromBroker = (bytes: Buffer) =>
    acks.push(Buffer.from(bytes), ({ type, channel, payload }) => {
      if (type !== FRAME.method || payload.readUInt32BE() !== BASIC_ACK) return;
      const { args } = readMethod(payload) as { args: { deliveryTag: number; multiple: boolean } };
      unconfirmed.confirm(channel, args.deliveryTag, args.multiple);
    });
  return { toBroker, fromBroker };
}

/** The messages of each channel by their numbers, until they are confirmed. */
class Unconfirmed {
  private readonly channels = new Map<number, { last: number; messages: Map<number, Published> }>();

  constructor(private readonly confirmed: (message: Published) => void) {}

  add(channel: number, message: Published): void {
    const known = this.channels.get(channel) ?? { last: 0, messages: new Map() };
    this.channels.set(channel, known);
    known.messages.set(++known.last, message);
  }

  confirm(channel: number, tag: number, multiple: boolean): void {
    const messages = this.channels.get(channel)?.messages;
    for (const [number, message] of messages ?? []) {
      if (multiple ? number > tag : number !== tag) continue;
      messages!.delete(number);
      this.confirmed(message);
    }
  }
}

function propertiesOf(payload: Buffer): Pick<Published, 'properties' | 'missing'> {
  const reader = new Reader(payload);
  reader.short();
  reader.short();
  const missing = reader.longlong();
  const flags = reader.short();
  const properties: Record<string, number | string | Table> = {};
  PROPERTIES.forEach(([name, type], index) => {
    if ((flags & (0x8000 >> index)) !== 0) properties[name] = reader[type]();
  });
  return { properties, missing };
}
