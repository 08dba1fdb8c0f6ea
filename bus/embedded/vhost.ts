/** The exchanges and queues of the broker, and who may declare, bind and delete them. There is one virtual host, "/". */
import { randomBytes } from 'node:crypto';
import { AmqpError, notFound } from './errors.js';
import { EXCHANGE_TYPES, Exchange, type ExchangeFlags, type ExchangeType } from './exchange.js';
import { limitsOf } from './limits.js';
import type { Memory } from './memory.js';
import type { Access } from './permissions.js';
import { Queue, type QueueFlags } from './queue.js';
import type { Table } from './values.js';

/** Who asks: its permissions, and its connection (an exclusive queue belongs to one). */
export interface Asker {
  readonly access: Access;
  readonly owner: unknown;
}

export class VirtualHost {
  readonly #exchanges = new Map<string, Exchange>();
  readonly #queues = new Map<string, Queue>();

  constructor(readonly memory: Memory) {
    for (const type of EXCHANGE_TYPES)
      this.#exchanges.set(
        `amq.${type}`,
        new Exchange(`amq.${type}`, { type, durable: true, autoDelete: false }),
      );
    // The default exchange: every queue is bound to it by its name.
    this.#exchanges.set('', new Exchange('', { type: 'direct', durable: true, autoDelete: false }));
  }

  exchange(name: string): Exchange {
    const exchange = this.#exchanges.get(name);
    if (!exchange) throw notFound('exchange', name);
    return exchange;
  }

  /** A queue that the asker's connection may use. Throws 404, or 405 for an exclusive queue of another connection. */
  queue(name: string, asker: Asker): Queue {
    const queue = this.#queues.get(name);
    if (!queue) throw notFound('queue', name);
    if (queue.owner !== undefined && queue.owner !== asker.owner)
      throw new AmqpError(
        'RESOURCE_LOCKED',
        `cannot obtain exclusive access to locked queue '${name}' in vhost '/'`,
      );
    return queue;
  }

  declareExchange(name: string, type: string, flags: Omit<ExchangeFlags, 'type'>, args: Table, asker: Asker) {
    if (!(EXCHANGE_TYPES as readonly string[]).includes(type))
      throw new AmqpError('COMMAND_INVALID', `unknown exchange type '${type}'`);
    mayChange('exchange', name, asker);
    for (const argument of Object.keys(args))
      throw new AmqpError('NOT_IMPLEMENTED', `exchange argument '${argument}' is not supported`);
    const existing = this.#exchanges.get(name);
    const wanted: ExchangeFlags = { type: type as ExchangeType, ...flags };
    if (existing) mustEqual('exchange', name, wanted, existing.flags);
    else {
      mustNotBeReserved('exchange', name);
      this.#exchanges.set(name, new Exchange(name, wanted));
    }
  }

  deleteExchange(name: string, ifUnused: boolean, asker: Asker): void {
    mayChange('exchange', name, asker);
    mustNotBeReserved('exchange', name);
    const exchange = this.#exchanges.get(name);
    if (ifUnused && exchange && !exchange.unused)
      throw new AmqpError('PRECONDITION_FAILED', `exchange '${name}' in vhost '/' in use`);
    this.#exchanges.delete(name);
  }

  /** Declares a queue; an empty name gets one of the broker's making. */
  declareQueue(asked: string, flags: QueueFlags, args: Table, asker: Asker): Queue {
    const name = asked === '' ? `amq.gen-${randomBytes(16).toString('base64url')}` : asked;
    if (asked !== '') mustNotBeReserved('queue', name);
    asker.access.check('configure', 'queue', name);
    const limits = limitsOf(name, args);
    if (this.#queues.has(name)) {
      const existing = this.queue(name, asker);
      mustEqual('queue', name, { ...flags, ...limits }, { ...existing.flags, ...existing.limits });
      existing.touch();
      return existing;
    }
    const owner = flags.exclusive ? asker.owner : undefined;
    const queue = new Queue(name, flags, limits, owner, this.memory, () => this.removeQueue(queue));
    this.#queues.set(name, queue);
    this.exchange('').bind(queue, name);
    return queue;
  }

  deleteQueue(name: string, ifUnused: boolean, ifEmpty: boolean, asker: Asker): number {
    asker.access.check('configure', 'queue', name);
    if (!this.#queues.has(name)) return 0;
    const queue = this.queue(name, asker);
    if (ifUnused && queue.consumers.length > 0)
      throw new AmqpError('PRECONDITION_FAILED', `queue '${name}' in vhost '/' in use`);
    if (ifEmpty && queue.length > 0)
      throw new AmqpError('PRECONDITION_FAILED', `queue '${name}' in vhost '/' not empty`);
    const count = queue.length;
    this.removeQueue(queue);
    return count;
  }

  removeQueue(queue: Queue): void {
    if (this.#queues.get(queue.name) !== queue) return;
    this.#queues.delete(queue.name);
    for (const exchange of [...this.#exchanges.values()])
      this.#unbind(exchange, () => exchange.forget(queue));
    queue.delete();
  }

  /** Deletes the exclusive queues of a connection that has ended. */
  removeQueuesOf(owner: unknown): void {
    for (const queue of [...this.#queues.values()]) if (queue.owner === owner) this.removeQueue(queue);
  }

  bind(queueName: string, exchangeName: string, key: string, asker: Asker): void {
    const { queue, exchange } = this.#ends(queueName, exchangeName, key, asker);
    exchange.bind(queue, key);
  }

  unbind(queueName: string, exchangeName: string, key: string, asker: Asker): void {
    const { queue, exchange } = this.#ends(queueName, exchangeName, key, asker);
    this.#unbind(exchange, () => exchange.unbind(queue, key));
  }

  #ends(queueName: string, exchangeName: string, key: string, asker: Asker) {
    asker.access.check('write', 'queue', queueName);
    if (exchangeName === '') throw defaultExchange();
    asker.access.check('read', 'exchange', exchangeName);
    const exchange = this.exchange(exchangeName);
    if (exchange.flags.type === 'topic') asker.access.checkTopic('read', exchangeName, key);
    return { queue: this.queue(queueName, asker), exchange };
  }

  #unbind(exchange: Exchange, change: () => void): void {
    const wasUsed = !exchange.unused;
    change();
    if (wasUsed && exchange.unused && exchange.flags.autoDelete) this.#exchanges.delete(exchange.name);
  }
}

const defaultExchange = () =>
  new AmqpError('ACCESS_REFUSED', 'operation not permitted on the default exchange');

function mayChange(kind: 'exchange', name: string, asker: Asker): void {
  if (name === '') throw defaultExchange();
  asker.access.check('configure', kind, name);
}

function mustNotBeReserved(kind: 'queue' | 'exchange', name: string): void {
  if (name.startsWith('amq.'))
    throw new AmqpError('ACCESS_REFUSED', `${kind} name '${name}' contains reserved prefix 'amq.*'`);
}

/** What exists must be what is asked for, as RabbitMQ has it (406). */
function mustEqual(kind: string, name: string, asked: object, existing: object): void {
  for (const [flag, value] of Object.entries(asked)) {
    const current = (existing as Record<string, unknown>)[flag];
    if (current !== value)
      throw new AmqpError(
        'PRECONDITION_FAILED',
        `inequivalent arg '${flag}' for ${kind} '${name}' in vhost '/': received '${value}' but current is '${current}'`,
      );
  }
}
