/**
 * What each role declares at the broker, and what its login may touch there, as data. The bus declares it again on
 * every connection; the embedded broker and RabbitMQ get the same permissions from it.
 */
import {
  BROADCAST,
  CLIENTS,
  COMMANDS,
  clientQueue,
  commandsQueue,
  EVENTS,
  eventsQueue,
  type Login,
  NODES,
  nodeQueue,
  partitionKey,
} from './addresses.js';
import type { ClientAddress, Name } from './ids.js';
import { MAX_CLIENT_QUEUE_BYTES, MAX_CLIENT_QUEUE_MESSAGES } from './limits.js';

export interface ExchangeSpec {
  name: string;
  type: 'direct' | 'fanout' | 'topic';
  durable: boolean;
}

export interface QueueSpec {
  name: string;
  durable?: boolean;
  exclusive?: boolean;
  autoDelete?: boolean;
  /** `x-` arguments, as AMQP names them. */
  arguments?: Record<string, string | number | boolean>;
}

export interface BindingSpec {
  queue: string;
  exchange: string;
  key: string;
}

export interface Topology {
  exchanges: ExchangeSpec[];
  queues: QueueSpec[];
  bindings: BindingSpec[];
}

/** Milliseconds after which the broker may send a will on that nobody holds, and forget a queue for wills that nobody uses. */
const WILL_MS = 1_000;
const WILL_QUEUE_MS = 60_000;

/** The service owns the exchanges and the two queues of each partition, and its own will where it leaves one. */
export function serviceTopology(partitions: number, will?: string): Topology {
  const topology: Topology = {
    exchanges: [
      { name: COMMANDS, type: 'direct', durable: true },
      { name: EVENTS, type: 'direct', durable: true },
      { name: NODES, type: 'topic', durable: true },
      { name: CLIENTS, type: 'topic', durable: true },
      { name: BROADCAST, type: 'fanout', durable: true },
    ],
    queues: [],
    bindings: [],
  };
  for (let p = 0; p < partitions; p++) {
    for (const [queue, exchange] of [
      [commandsQueue(p), COMMANDS],
      [eventsQueue(p), EVENTS],
    ] as const) {
      topology.queues.push({ name: queue, durable: true, arguments: { 'x-single-active-consumer': true } });
      topology.bindings.push({ queue, exchange, key: partitionKey(p) });
    }
  }
  if (will !== undefined)
    topology.queues.push({
      name: will,
      arguments: {
        'x-message-ttl': WILL_MS,
        'x-dead-letter-exchange': BROADCAST,
        'x-expires': WILL_QUEUE_MS,
      },
    });
  return topology;
}

export function nodeTopology(node: Name): Topology {
  const queue = nodeQueue(node);
  return {
    exchanges: [],
    queues: [{ name: queue, exclusive: true, autoDelete: true }],
    bindings: [
      { queue, exchange: NODES, key: node },
      { queue, exchange: BROADCAST, key: '' },
    ],
  };
}

export function clientTopology(client: ClientAddress): Topology {
  const queue = clientQueue(client);
  return {
    exchanges: [],
    queues: [
      {
        name: queue,
        exclusive: true,
        autoDelete: true,
        arguments: {
          'x-max-length': MAX_CLIENT_QUEUE_MESSAGES,
          'x-max-length-bytes': MAX_CLIENT_QUEUE_BYTES,
          'x-overflow': 'drop-head',
        },
      },
    ],
    bindings: [
      { queue, exchange: CLIENTS, key: client },
      { queue, exchange: BROADCAST, key: '' },
    ],
  };
}

/** What a login may do, in RabbitMQ's terms: one pattern of resource names for each verb, and of keys for each topic exchange. */
export interface Permissions {
  configure: string;
  write: string;
  read: string;
  topics: { exchange: string; write: string; read: string }[];
}

const quote = (text: string) => text.replaceAll('.', '\\.');

/** A node or client may use its own queue and address, publish to the service, and hear the broadcast: nothing else. */
export function permissionsOf(login: Login): Permissions {
  const own = login.role === 'node' ? quote(nodeQueue(login.name)) : `praxis\\.client\\.${login.name}\\..+`;
  const [toService, fromService] = login.role === 'node' ? [EVENTS, NODES] : [COMMANDS, CLIENTS];
  const key = login.role === 'node' ? login.name : `${login.name}\\..+`;
  return {
    configure: `^${own}$`,
    write: `^(?:${own}|${quote(toService)})$`,
    read: `^(?:${own}|${quote(fromService)}|${quote(BROADCAST)})$`,
    topics: [{ exchange: fromService, write: '^$', read: `^${key}$` }],
  };
}
