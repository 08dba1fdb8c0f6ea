/** A message as the broker keeps it: its content header and body as they came, and the few properties that it must read. */
import { BASIC_CLASS } from './codec.js';
import { AmqpError } from './errors.js';
import { Malformed, Reader } from './values.js';

/** Bytes of one message's body; the default of RabbitMQ. */
export const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;

const PERSISTENT = 2;

/** The properties of the basic class in the order of their flags, the highest bit first. */
export const PROPERTIES = [
  ['contentType', 'shortstr'],
  ['contentEncoding', 'shortstr'],
  ['headers', 'table'],
  ['deliveryMode', 'octet'],
  ['priority', 'octet'],
  ['correlationId', 'shortstr'],
  ['replyTo', 'shortstr'],
  ['expiration', 'shortstr'],
  ['messageId', 'shortstr'],
  ['timestamp', 'longlong'],
  ['type', 'shortstr'],
  ['userId', 'shortstr'],
  ['appId', 'shortstr'],
  ['clusterId', 'shortstr'],
] as const;

export interface Message {
  exchange: string;
  routingKey: string;
  /** The payload of the header frame: consumers get it byte for byte. */
  raw: Buffer;
  bodySize: number;
  persistent: boolean;
  userId: string | undefined;
  /** Milliseconds to live; undefined for ever. */
  ttl: number | undefined;
  /** The body in the pieces in which it came. */
  body: Buffer[];
}

/** The message that a header frame begins. Reads all of the header, since what is malformed here would break the connection of the one who gets it. */
export function beginMessage(exchange: string, routingKey: string, raw: Buffer): Message {
  const reader = new Reader(raw);
  try {
    if (reader.short() !== BASIC_CLASS) throw new Malformed('a content header of another class');
    reader.short();
    const bodySize = reader.longlong();
    const flags = reader.short();
    const message: Message = {
      exchange,
      routingKey,
      raw,
      bodySize,
      persistent: false,
      userId: undefined,
      ttl: undefined,
      body: [],
    };
    PROPERTIES.forEach(([name, type], index) => {
      if ((flags & (0x8000 >> index)) === 0) return;
      const value = reader[type]();
      if (name === 'deliveryMode') message.persistent = value === PERSISTENT;
      else if (name === 'userId') message.userId = value as string;
      else if (name === 'expiration') message.ttl = readExpiration(value as string);
    });
    if (reader.left > 0 || (flags & 3) !== 0) throw new Malformed('more properties than there are');
    return message;
  } catch (error) {
    if (error instanceof Malformed) throw new AmqpError('SYNTAX_ERROR', error.message);
    throw error;
  }
}

function readExpiration(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new AmqpError('PRECONDITION_FAILED', `invalid expiration '${text.slice(0, 32)}'`);
}
