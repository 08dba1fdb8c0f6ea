/**
 * A queue: its messages in order, its consumers in turn, its limits. An entry is settled once: acknowledged, dropped by a
 * limit or its age, purged, or gone with the queue. A durable queue tells a publisher's hold of it then, not before: this
 * broker has no disk, so only what a consumer has taken over is safe.
 */
import type { Memory } from './memory.js';
import type { Message } from './message.js';
import { type Entry, Ready } from './ready.js';

/** What waits for a message to be safe: a publisher's confirm. */
export interface Hold {
  release(): void;
  /** The queue is full and takes nothing. */
  refuse(): void;
}

export interface QueueConsumer {
  readonly tag: string;
  /** Whether it takes one more now. */
  readonly ready: boolean;
  deliver(queue: Queue, entry: Entry): void;
  /** The queue is gone. */
  cancelled(): void;
}

export interface QueueFlags {
  durable: boolean;
  exclusive: boolean;
  autoDelete: boolean;
}

/** The arguments of a queue that this broker keeps to. Numbers in messages, bytes and milliseconds. */
export interface QueueLimits {
  maxLength: number;
  maxBytes: number;
  overflow: 'drop-head' | 'reject-publish';
  messageTtl: number;
  expires: number | undefined;
  singleActiveConsumer: boolean;
}

export class Queue {
  readonly #ready = new Ready();
  readonly consumers: QueueConsumer[] = [];
  /** The consumer that is asked first for the next message. */
  #turn = 0;
  /** Reentrance: a delivery may settle at once and ask for the next one. */
  #delivering = false;
  #ttlTimer?: NodeJS.Timeout;
  #idleTimer?: NodeJS.Timeout;
  #deleted = false;
  /** A consumer that wants no other beside it. */
  exclusiveConsumer?: QueueConsumer;

  constructor(
    readonly name: string,
    readonly flags: QueueFlags,
    readonly limits: QueueLimits,
    /** The connection that an exclusive queue belongs to. */
    readonly owner: unknown,
    private readonly memory: Memory,
    /** Unused for as long as `x-expires` says, or without its last consumer. */
    private readonly onUnused: () => void,
  ) {
    this.touch();
  }

  get length(): number {
    return this.#ready.length;
  }

  publish(message: Message, hold: Hold | undefined): void {
    if (this.limits.overflow === 'reject-publish' && this.#wouldOverflow(message)) {
      hold?.refuse();
      return;
    }
    const ttl = Math.min(message.ttl ?? Infinity, this.limits.messageTtl);
    const expiresAt = ttl === Infinity ? Infinity : performance.now() + ttl;
    this.memory.add(message.bodySize);
    const safe = this.flags.durable && message.persistent;
    this.#ready.append(message, expiresAt, safe ? hold : undefined);
    if (!safe) hold?.release();
    this.deliver();
    this.#keepLimits();
  }

  /** Gives messages to consumers for as long as both are there. */
  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      let consumer: QueueConsumer | undefined;
      while (this.#ready.length > 0) {
        if (this.#ready.first!.expiresAt !== Infinity) this.#dropExpired();
        consumer = this.#nextConsumer();
        const entry = consumer && this.#ready.shift();
        if (!consumer || !entry) break;
        consumer.deliver(this, entry);
      }
    } finally {
      this.#delivering = false;
    }
    this.#scheduleTtl();
  }

  /** The first message, for basic.get. */
  take(): Entry | undefined {
    this.touch();
    this.#dropExpired();
    return this.#ready.shift();
  }

  /** The entry is done with. */
  settle(entry: Entry): void {
    this.memory.subtract(entry.message.bodySize);
    entry.hold?.release();
  }

  /** Puts entries back where they were. */
  requeue(entries: readonly Entry[]): void {
    if (this.#deleted) {
      for (const entry of entries) this.settle(entry);
      return;
    }
    this.#ready.restore(entries);
    this.deliver();
    this.#keepLimits();
  }

  addConsumer(consumer: QueueConsumer): void {
    clearTimeout(this.#idleTimer);
    this.consumers.push(consumer);
    this.deliver();
  }

  /** Call deliver() when what the consumer held is back: the next one goes on from there. */
  removeConsumer(consumer: QueueConsumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index === -1) return;
    this.consumers.splice(index, 1);
    if (this.exclusiveConsumer === consumer) this.exclusiveConsumer = undefined;
    if (this.consumers.length > 0) return;
    if (this.flags.autoDelete) this.onUnused();
    else this.touch();
  }

  /** Somebody used the queue: its time without use starts anew. */
  touch(): void {
    clearTimeout(this.#idleTimer);
    if (this.limits.expires === undefined || this.consumers.length > 0 || this.#deleted) return;
    this.#idleTimer = setTimeout(this.onUnused, this.limits.expires).unref();
  }

  purge(): number {
    const count = this.#ready.length;
    for (let entry = this.#ready.shift(); entry; entry = this.#ready.shift()) this.settle(entry);
    return count;
  }

  /** The end of the queue. What is unacknowledged stays with its channel until that settles it. */
  delete(): void {
    this.#deleted = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#ttlTimer);
    for (const consumer of this.consumers.splice(0)) consumer.cancelled();
    this.purge();
  }

  #nextConsumer(): QueueConsumer | undefined {
    const { consumers } = this;
    if (this.limits.singleActiveConsumer) return consumers[0]?.ready ? consumers[0] : undefined;
    for (let i = 0; i < consumers.length; i++) {
      const index = (this.#turn + i) % consumers.length;
      if (!consumers[index]!.ready) continue;
      this.#turn = (index + 1) % consumers.length;
      return consumers[index];
    }
    return undefined;
  }

  #wouldOverflow({ bodySize }: Message): boolean {
    return (
      this.#ready.length + 1 > this.limits.maxLength || this.#ready.bytes + bodySize > this.limits.maxBytes
    );
  }

  #keepLimits(): void {
    if (this.limits.overflow === 'reject-publish') return;
    while (this.#ready.length > this.limits.maxLength || this.#ready.bytes > this.limits.maxBytes)
      this.settle(this.#ready.shift()!);
  }

  #dropExpired(): void {
    const now = performance.now();
    while (this.#ready.length > 0 && this.#ready.first!.expiresAt <= now) this.settle(this.#ready.shift()!);
  }

  /** As in RabbitMQ, a message expires when it is the first of its queue. */
  #scheduleTtl(): void {
    clearTimeout(this.#ttlTimer);
    const expiresAt = this.#ready.first?.expiresAt ?? Infinity;
    if (expiresAt === Infinity) return;
    const expire = () => {
      this.#dropExpired();
      this.#scheduleTtl();
    };
    this.#ttlTimer = setTimeout(expire, Math.min(expiresAt - performance.now(), 2 ** 31 - 1)).unref();
  }
}
