/** One open channel: its methods, each a few lines, and the content that follows a publish. */
import type { Frame } from './codec.js';
import { FRAME } from './codec.js';
import { Confirms } from './confirms.js';
import { Consumer, type Outlet, requeue, Unacked, type Unsettled } from './consumer.js';
import { AmqpError } from './errors.js';
import { beginMessage, MAX_MESSAGE_BYTES, type Message } from './message.js';
import type { Args, MethodName, Received } from './methods.js';
import type { Output } from './output.js';
import type { Queue } from './queue.js';
import type { Entry } from './ready.js';
import type { Asker, VirtualHost } from './vhost.js';

/** What a channel needs of its connection. */
export interface Session extends Asker {
  readonly user: string;
  readonly output: Output;
  readonly vhost: VirtualHost;
  /** The client wants to hear that a consumer was cancelled by the broker. */
  readonly cancelNotify: boolean;
  /** Called after a publish, to make the publisher wait while the broker is full. */
  published(): void;
  /** Called before a delivery: its acknowledgement must be able to come in. */
  delivering(): void;
}

type Handlers = { [M in MethodName]?: (args: Args<M>) => void };

export class Channel implements Outlet {
  readonly unacked = new Unacked();
  prefetch = 0;
  readonly #consumers = new Map<string, Consumer>();
  #consumerPrefetch = 0;
  #confirms?: Confirms;
  #lastQueue = '';
  #tags = 0;
  /** The publish whose content is coming in. */
  #incoming?: { args: Args<'basic.publish'>; message?: Message; missing: number };

  constructor(
    readonly number: number,
    private readonly session: Session,
  ) {}

  get writable(): boolean {
    return this.session.output.writable;
  }

  handle(frame: Frame, method: Received | undefined): void {
    if (!method) {
      this.#content(frame);
      return;
    }
    if (this.#incoming)
      throw new AmqpError('UNEXPECTED_FRAME', 'expected the content of a message, got a method');
    const handler = this.#handlers[method.name] as ((args: Received['args']) => void) | undefined;
    if (!handler) throw new AmqpError('COMMAND_INVALID', `${method.name} is no method of an open channel`);
    handler(method.args);
  }

  /** Gives everything back: consumers end, what is unacknowledged returns to its queue. */
  close(): void {
    const consumers = [...this.#consumers.values()];
    this.#consumers.clear();
    // All of them first: none may get what another one of this channel gives back.
    const unsettled = this.unacked.takeAll();
    for (const consumer of consumers) consumer.queue.removeConsumer(consumer);
    requeue(unsettled);
    for (const { queue } of consumers) queue.deliver();
  }

  /** The peer takes more, or something was acknowledged. */
  resume(): void {
    for (const { queue } of this.#consumers.values()) queue.deliver();
  }

  send(consumer: Consumer, entry: Entry, deliveryTag: number): void {
    const { message, redelivered } = entry;
    const { exchange, routingKey } = message;
    if (!consumer.noAck) this.session.delivering();
    this.session.output.content(
      this.number,
      'basic.deliver',
      { consumerTag: consumer.tag, deliveryTag, redelivered, exchange, routingKey },
      message,
    );
  }

  notifyCancelled(consumer: Consumer): void {
    this.#consumers.delete(consumer.tag);
    if (this.session.cancelNotify) this.#send('basic.cancel', { consumerTag: consumer.tag, noWait: true });
  }

  readonly #handlers: Handlers = {
    'channel.flow': ({ active }) => {
      if (!active) throw new AmqpError('NOT_IMPLEMENTED', 'channel.flow is not supported');
      this.#send('channel.flow-ok', { active });
    },
    'exchange.declare': ({ exchange, type, passive, durable, autoDelete, noWait, arguments: args }) => {
      const { vhost } = this.session;
      if (passive) vhost.exchange(exchange);
      else vhost.declareExchange(exchange, type, { durable, autoDelete }, args, this.session);
      if (!noWait) this.#send('exchange.declare-ok', {});
    },
    'exchange.delete': ({ exchange, ifUnused, noWait }) => {
      this.session.vhost.deleteExchange(exchange, ifUnused, this.session);
      if (!noWait) this.#send('exchange.delete-ok', {});
    },
    'queue.declare': ({ queue: name, passive, noWait, arguments: args, ...flags }) => {
      const { exclusive, autoDelete } = flags;
      // What belongs to one connection cannot outlive it; RabbitMQ ignores the flag too.
      const durable = flags.durable && !exclusive;
      const queue = passive
        ? this.#queue(name)
        : this.session.vhost.declareQueue(name, { durable, exclusive, autoDelete }, args, this.session);
      this.#lastQueue = queue.name;
      const { length, consumers } = queue;
      if (!noWait)
        this.#send('queue.declare-ok', {
          queue: queue.name,
          messageCount: length,
          consumerCount: consumers.length,
        });
    },
    'queue.bind': ({ queue, exchange, routingKey, noWait }) => {
      const [name, key] = this.#shortcut(queue, routingKey);
      this.session.vhost.bind(name, exchange, key, this.session);
      if (!noWait) this.#send('queue.bind-ok', {});
    },
    'queue.unbind': ({ queue, exchange, routingKey }) => {
      const [name, key] = this.#shortcut(queue, routingKey);
      this.session.vhost.unbind(name, exchange, key, this.session);
      this.#send('queue.unbind-ok', {});
    },
    'queue.purge': ({ queue, noWait }) => {
      const messageCount = this.#readable(queue).purge();
      if (!noWait) this.#send('queue.purge-ok', { messageCount });
    },
    'queue.delete': ({ queue, ifUnused, ifEmpty, noWait }) => {
      const messageCount = this.session.vhost.deleteQueue(
        this.#named(queue),
        ifUnused,
        ifEmpty,
        this.session,
      );
      if (!noWait) this.#send('queue.delete-ok', { messageCount });
    },
    'basic.qos': ({ prefetchSize, prefetchCount, global }) => {
      if (prefetchSize !== 0) throw new AmqpError('NOT_IMPLEMENTED', 'prefetch_size!=0 is not supported');
      if (global) this.prefetch = prefetchCount;
      else this.#consumerPrefetch = prefetchCount;
      this.#send('basic.qos-ok', {});
      this.resume();
    },
    'basic.consume': (args) => this.#consume(args),
    'basic.cancel': ({ consumerTag, noWait }) => {
      const consumer = this.#consumers.get(consumerTag);
      this.#consumers.delete(consumerTag);
      if (consumer) {
        consumer.queue.removeConsumer(consumer);
        consumer.queue.deliver();
      }
      if (!noWait) this.#send('basic.cancel-ok', { consumerTag });
    },
    'basic.get': ({ queue: name, noAck }) => {
      const queue = this.#readable(name);
      const entry = queue.take();
      if (!entry) {
        this.#send('basic.get-empty', { clusterId: '' });
        return;
      }
      const { message, redelivered } = entry;
      const { exchange, routingKey } = message;
      const deliveryTag = this.unacked.nextTag();
      const fields = { deliveryTag, redelivered, exchange, routingKey, messageCount: queue.length };
      this.session.output.content(this.number, 'basic.get-ok', fields, message);
      if (noAck) queue.settle(entry);
      else this.unacked.add(deliveryTag, { queue, entry });
    },
    'basic.publish': (args) => {
      if (args.immediate) throw new AmqpError('NOT_IMPLEMENTED', 'immediate=true');
      this.session.access.check('write', 'exchange', args.exchange);
      const { flags } = this.session.vhost.exchange(args.exchange);
      if (flags.type === 'topic') this.session.access.checkTopic('write', args.exchange, args.routingKey);
      this.#incoming = { args, missing: 0 };
    },
    'basic.ack': ({ deliveryTag, multiple }) => this.#settle(this.unacked.take(deliveryTag, multiple), false),
    'basic.nack': ({ deliveryTag, multiple, requeue: again }) =>
      this.#settle(this.unacked.take(deliveryTag, multiple), again),
    'basic.reject': ({ deliveryTag, requeue: again }) =>
      this.#settle(this.unacked.take(deliveryTag, false), again),
    'basic.recover': ({ requeue: again }) => {
      this.#recover(again);
      this.#send('basic.recover-ok', {});
    },
    'basic.recover-async': ({ requeue: again }) => this.#recover(again),
    'confirm.select': ({ noWait }) => {
      this.#confirms ??= new Confirms((method, deliveryTag, multiple) =>
        method === 'basic.ack'
          ? this.#send(method, { deliveryTag, multiple })
          : this.#send(method, { deliveryTag, multiple, requeue: false }),
      );
      if (!noWait) this.#send('confirm.select-ok', {});
    },
  };

  #consume({ queue: name, consumerTag, noAck, exclusive, noWait }: Args<'basic.consume'>): void {
    const queue = this.#readable(name);
    const tag = consumerTag || `amq.ctag-${this.number}.${++this.#tags}`;
    if (this.#consumers.has(tag))
      throw new AmqpError('NOT_ALLOWED', `attempt to reuse consumer tag '${tag}'`);
    if (queue.exclusiveConsumer || (exclusive && queue.consumers.length > 0))
      throw new AmqpError('ACCESS_REFUSED', `queue '${queue.name}' in vhost '/' in exclusive use`);
    const consumer = new Consumer(tag, queue, noAck, this.#consumerPrefetch, this);
    this.#consumers.set(tag, consumer);
    if (exclusive) queue.exclusiveConsumer = consumer;
    // Before the first delivery: a client knows its tag then.
    if (!noWait) this.#send('basic.consume-ok', { consumerTag: tag });
    queue.addConsumer(consumer);
  }

  #settle(deliveries: readonly Unsettled[], again: boolean): void {
    if (again) requeue(deliveries);
    else for (const { queue, entry } of deliveries) queue.settle(entry);
    this.resume();
  }

  #recover(again: boolean): void {
    if (!again) throw new AmqpError('NOT_IMPLEMENTED', 'requeue=false is not supported');
    this.#settle(this.unacked.takeAll(), true);
  }

  #content({ type, payload }: Frame): void {
    const incoming = this.#incoming;
    if (!incoming) throw new AmqpError('UNEXPECTED_FRAME', 'expected a method, got content');
    if (type === FRAME.header) {
      if (incoming.message) throw new AmqpError('UNEXPECTED_FRAME', 'expected a body, got a second header');
      const { exchange, routingKey } = incoming.args;
      const message = beginMessage(exchange, routingKey, payload);
      if (message.bodySize > MAX_MESSAGE_BYTES)
        throw new AmqpError(
          'PRECONDITION_FAILED',
          `message size ${message.bodySize} is larger than configured max size ${MAX_MESSAGE_BYTES}`,
        );
      incoming.message = message;
      incoming.missing = message.bodySize;
    } else {
      if (!incoming.message) throw new AmqpError('UNEXPECTED_FRAME', 'expected a content header, got a body');
      incoming.message.body.push(payload);
      incoming.missing -= payload.length;
      if (incoming.missing < 0) throw new AmqpError('UNEXPECTED_FRAME', 'more body than its header says');
    }
    if (incoming.missing > 0) return;
    this.#incoming = undefined;
    this.#publish(incoming.args.mandatory, incoming.message);
  }

  #publish(mandatory: boolean, message: Message): void {
    const { user, vhost, output } = this.session;
    if (message.userId !== undefined && message.userId !== user)
      throw new AmqpError(
        'PRECONDITION_FAILED',
        `user_id property set to '${message.userId}' but authenticated user was '${user}'`,
      );
    const queues = vhost.exchange(message.exchange).route(message.routingKey);
    const hold = this.#confirms?.next(queues.size + 1);
    if (mandatory && queues.size === 0) {
      const { exchange, routingKey } = message;
      const fields = { replyCode: 312, replyText: 'NO_ROUTE', exchange, routingKey };
      output.content(this.number, 'basic.return', fields, message);
    }
    // A copy: an auto-delete queue may go away by its own delivery.
    for (const queue of queues.size > 1 ? [...queues] : queues) queue.publish(message, hold);
    hold?.release();
    this.session.published();
  }

  #readable(name: string): Queue {
    this.session.access.check('read', 'queue', this.#named(name));
    return this.#queue(name);
  }

  #queue(name: string): Queue {
    return this.session.vhost.queue(this.#named(name), this.session);
  }

  /** An empty name stands for the queue that was declared last on this channel. */
  #named(name: string): string {
    return name === '' ? this.#lastQueue : name;
  }

  #shortcut(queue: string, key: string): [string, string] {
    return queue === '' && key === '' ? [this.#lastQueue, this.#lastQueue] : [this.#named(queue), key];
  }

  #send<M extends MethodName>(name: M, args: Args<M>): void {
    this.session.output.method(this.number, name, args);
  }
}
