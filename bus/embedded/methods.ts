/**
 * The methods of AMQP 0-9-1 that this broker knows, as data: class and method id, and the arguments in their order on the
 * wire (https://www.rabbitmq.com/resources/specs/amqp0-9-1.extended.xml). Everything that reads or writes one uses this.
 */
import type { Table } from './values.js';

interface ArgumentTypes {
  bit: boolean;
  octet: number;
  short: number;
  long: number;
  longlong: number;
  shortstr: string;
  longstr: string;
  table: Table;
}
export type ArgumentType = keyof ArgumentTypes;

interface Method {
  id: readonly [number, number];
  args: Readonly<Record<string, ArgumentType>>;
}

const close = { replyCode: 'short', replyText: 'shortstr', classId: 'short', methodId: 'short' } as const;
const reserved = { reserved: 'short' } as const;
const origin = { exchange: 'shortstr', routingKey: 'shortstr' } as const;
const binding = { ...reserved, queue: 'shortstr', ...origin } as const;

export const METHODS = {
  'connection.start': {
    id: [10, 10],
    args: {
      versionMajor: 'octet',
      versionMinor: 'octet',
      serverProperties: 'table',
      mechanisms: 'longstr',
      locales: 'longstr',
    },
  },
  'connection.start-ok': {
    id: [10, 11],
    args: { clientProperties: 'table', mechanism: 'shortstr', response: 'longstr', locale: 'shortstr' },
  },
  'connection.tune': { id: [10, 30], args: { channelMax: 'short', frameMax: 'long', heartbeat: 'short' } },
  'connection.tune-ok': { id: [10, 31], args: { channelMax: 'short', frameMax: 'long', heartbeat: 'short' } },
  'connection.open': {
    id: [10, 40],
    args: { virtualHost: 'shortstr', capabilities: 'shortstr', insist: 'bit' },
  },
  'connection.open-ok': { id: [10, 41], args: { knownHosts: 'shortstr' } },
  'connection.close': { id: [10, 50], args: close },
  'connection.close-ok': { id: [10, 51], args: {} },
  'connection.blocked': { id: [10, 60], args: { reason: 'shortstr' } },
  'connection.unblocked': { id: [10, 61], args: {} },

  'channel.open': { id: [20, 10], args: { outOfBand: 'shortstr' } },
  'channel.open-ok': { id: [20, 11], args: { channelId: 'longstr' } },
  'channel.flow': { id: [20, 20], args: { active: 'bit' } },
  'channel.flow-ok': { id: [20, 21], args: { active: 'bit' } },
  'channel.close': { id: [20, 40], args: close },
  'channel.close-ok': { id: [20, 41], args: {} },

  'exchange.declare': {
    id: [40, 10],
    args: {
      ...reserved,
      exchange: 'shortstr',
      type: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      autoDelete: 'bit',
      internal: 'bit',
      noWait: 'bit',
      arguments: 'table',
    },
  },
  'exchange.declare-ok': { id: [40, 11], args: {} },
  'exchange.delete': {
    id: [40, 20],
    args: { ...reserved, exchange: 'shortstr', ifUnused: 'bit', noWait: 'bit' },
  },
  'exchange.delete-ok': { id: [40, 21], args: {} },

  'queue.declare': {
    id: [50, 10],
    args: {
      ...reserved,
      queue: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      exclusive: 'bit',
      autoDelete: 'bit',
      noWait: 'bit',
      arguments: 'table',
    },
  },
  'queue.declare-ok': {
    id: [50, 11],
    args: { queue: 'shortstr', messageCount: 'long', consumerCount: 'long' },
  },
  'queue.bind': { id: [50, 20], args: { ...binding, noWait: 'bit', arguments: 'table' } },
  'queue.bind-ok': { id: [50, 21], args: {} },
  'queue.unbind': { id: [50, 50], args: { ...binding, arguments: 'table' } },
  'queue.unbind-ok': { id: [50, 51], args: {} },
  'queue.purge': { id: [50, 30], args: { ...reserved, queue: 'shortstr', noWait: 'bit' } },
  'queue.purge-ok': { id: [50, 31], args: { messageCount: 'long' } },
  'queue.delete': {
    id: [50, 40],
    args: { ...reserved, queue: 'shortstr', ifUnused: 'bit', ifEmpty: 'bit', noWait: 'bit' },
  },
  'queue.delete-ok': { id: [50, 41], args: { messageCount: 'long' } },

  'basic.qos': { id: [60, 10], args: { prefetchSize: 'long', prefetchCount: 'short', global: 'bit' } },
  'basic.qos-ok': { id: [60, 11], args: {} },
  'basic.consume': {
    id: [60, 20],
    args: {
      ...reserved,
      queue: 'shortstr',
      consumerTag: 'shortstr',
      noLocal: 'bit',
      noAck: 'bit',
      exclusive: 'bit',
      noWait: 'bit',
      arguments: 'table',
    },
  },
  'basic.consume-ok': { id: [60, 21], args: { consumerTag: 'shortstr' } },
  'basic.cancel': { id: [60, 30], args: { consumerTag: 'shortstr', noWait: 'bit' } },
  'basic.cancel-ok': { id: [60, 31], args: { consumerTag: 'shortstr' } },
  'basic.publish': { id: [60, 40], args: { ...reserved, ...origin, mandatory: 'bit', immediate: 'bit' } },
  'basic.return': { id: [60, 50], args: { replyCode: 'short', replyText: 'shortstr', ...origin } },
  'basic.deliver': {
    id: [60, 60],
    args: { consumerTag: 'shortstr', deliveryTag: 'longlong', redelivered: 'bit', ...origin },
  },
  'basic.get': { id: [60, 70], args: { ...reserved, queue: 'shortstr', noAck: 'bit' } },
  'basic.get-ok': {
    id: [60, 71],
    args: { deliveryTag: 'longlong', redelivered: 'bit', ...origin, messageCount: 'long' },
  },
  'basic.get-empty': { id: [60, 72], args: { clusterId: 'shortstr' } },
  'basic.ack': { id: [60, 80], args: { deliveryTag: 'longlong', multiple: 'bit' } },
  'basic.reject': { id: [60, 90], args: { deliveryTag: 'longlong', requeue: 'bit' } },
  'basic.recover-async': { id: [60, 100], args: { requeue: 'bit' } },
  'basic.recover': { id: [60, 110], args: { requeue: 'bit' } },
  'basic.recover-ok': { id: [60, 111], args: {} },
  'basic.nack': { id: [60, 120], args: { deliveryTag: 'longlong', multiple: 'bit', requeue: 'bit' } },

  'confirm.select': { id: [85, 10], args: { noWait: 'bit' } },
  'confirm.select-ok': { id: [85, 11], args: {} },
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
export type Args<M extends MethodName> = {
  -readonly [K in keyof (typeof METHODS)[M]['args']]: (typeof METHODS)[M]['args'][K] extends ArgumentType
    ? ArgumentTypes[(typeof METHODS)[M]['args'][K]]
    : never;
};

/** A method that was read: its name and the arguments of that name. */
export type Received = { [M in MethodName]: { name: M; args: Args<M> } }[MethodName];
