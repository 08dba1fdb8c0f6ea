/** A consumer of one channel, and the deliveries of that channel that are not acknowledged yet. */
import { AmqpError } from './errors.js';
import type { Queue, QueueConsumer } from './queue.js';
import type { Entry } from './ready.js';

/** What a consumer needs of its channel. */
export interface Outlet {
  readonly writable: boolean;
  /** Unacknowledged deliveries that all consumers of the channel may have; 0 for any number. */
  readonly prefetch: number;
  readonly unacked: Unacked;
  send(consumer: Consumer, entry: Entry, deliveryTag: number): void;
  notifyCancelled(consumer: Consumer): void;
}

export class Consumer implements QueueConsumer {
  /** Its deliveries that are not acknowledged. */
  held = 0;

  constructor(
    readonly tag: string,
    readonly queue: Queue,
    readonly noAck: boolean,
    /** Unacknowledged deliveries that it may have; 0 for any number. */
    private readonly prefetch: number,
    private readonly outlet: Outlet,
  ) {}

  get ready(): boolean {
    const { outlet } = this;
    if (!outlet.writable) return false;
    if (this.noAck) return true;
    if (this.prefetch > 0 && this.held >= this.prefetch) return false;
    return outlet.prefetch === 0 || outlet.unacked.size < outlet.prefetch;
  }

  deliver(queue: Queue, entry: Entry): void {
    const tag = this.outlet.unacked.nextTag();
    this.outlet.send(this, entry, tag);
    if (this.noAck) queue.settle(entry);
    else this.outlet.unacked.add(tag, { queue, entry, consumer: this });
  }

  cancelled(): void {
    this.outlet.notifyCancelled(this);
  }
}

export interface Unsettled {
  queue: Queue;
  entry: Entry;
  /** Absent for what basic.get took. */
  consumer?: Consumer;
}

export class Unacked {
  /** In the order of their tags. */
  readonly #deliveries = new Map<number, Unsettled>();
  #tag = 0;

  get size(): number {
    return this.#deliveries.size;
  }

  nextTag(): number {
    return ++this.#tag;
  }

  add(tag: number, delivery: Unsettled): void {
    this.#deliveries.set(tag, delivery);
    if (delivery.consumer) delivery.consumer.held++;
  }

  /** Takes out the delivery of a tag, or with `multiple` all up to it (0: all). Throws 406 for a tag that is not there. */
  take(tag: number, multiple: boolean): Unsettled[] {
    if (multiple && tag === 0) return this.takeAll();
    if (!this.#deliveries.has(tag)) throw new AmqpError('PRECONDITION_FAILED', `unknown delivery tag ${tag}`);
    const taken: Unsettled[] = [];
    for (const current of multiple ? this.#deliveries.keys() : [tag]) {
      if (current > tag) break;
      taken.push(this.#remove(current));
    }
    return taken;
  }

  takeAll(): Unsettled[] {
    return [...this.#deliveries.keys()].map((tag) => this.#remove(tag));
  }

  #remove(tag: number): Unsettled {
    const delivery = this.#deliveries.get(tag)!;
    this.#deliveries.delete(tag);
    if (delivery.consumer) delivery.consumer.held--;
    return delivery;
  }
}

/** Puts deliveries back into their queues, marked as delivered before. */
export function requeue(deliveries: readonly Unsettled[]): void {
  const byQueue = new Map<Queue, Entry[]>();
  for (const { queue, entry } of deliveries) {
    entry.redelivered = true;
    const entries = byQueue.get(queue);
    if (entries) entries.push(entry);
    else byQueue.set(queue, [entry]);
  }
  for (const [queue, entries] of byQueue) queue.requeue(entries);
}
