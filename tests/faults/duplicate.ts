/**
 * Every message of some parts a second time, late, as from a broker that delivers again: the proxies before the broker read what
 * the parts publish, and a connection of the same login says it once more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { FRAME, FrameReader, PROTOCOL_HEADER, readMethod } from '../../bus/embedded/codec.js';
import { PROPERTIES } from '../../bus/embedded/message.js';
import { Reader, type Table } from '../../bus/embedded/values.js';
import type { Credentials } from '../../proto/index.js';
import type { NetworkProxy } from './proxy.js';
import type { Random } from './random.js';

/** Bytes of a frame; more than any part agrees on. */
const FRAME_MAX = 1024 * 1024;
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

/** Reads the bytes of a connection and tells each message that is complete. */
function readPublished(tell: (message: Published) => void): (bytes: Buffer) => void {
  const frames = new FrameReader(FRAME_MAX);
  const open = new Map<number, Published>();
  let header = PROTOCOL_HEADER.length;
  return (bytes) => {
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
      tell(message);
    });
  };
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
