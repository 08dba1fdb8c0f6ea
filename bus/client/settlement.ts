/**
 * Settles the deliveries of one channel by what their handlers decided. What is done is acknowledged once per turn of
 * the event loop: the oldest ones together, those that overtook an older one each on their own.
 */
import type { Disposition } from '../types.js';

/** The calls of a channel that settle, by delivery tag. */
export interface Settler {
  ack(tag: number, multiple: boolean): unknown;
  nack(tag: number, requeue: boolean): unknown;
}

interface Delivery {
  readonly tag: number;
  state: 'open' | 'acked' | 'settled';
}

export class Settlement {
  /** In the order of their tags. */
  #deliveries: Delivery[] = [];
  #flushing = false;
  #closed = false;
  readonly #idle: (() => void)[] = [];

  constructor(private readonly settler: Settler) {}

  /** Takes a delivery; the result is called once, with what becomes of it. */
  take(tag: number): (disposition: Disposition) => void {
    const delivery: Delivery = { tag, state: 'open' };
    this.#deliveries.push(delivery);
    return (disposition) => {
      if (this.#closed) return;
      if (disposition === 'ack') delivery.state = 'acked';
      else {
        delivery.state = 'settled';
        this.settler.nack(tag, disposition === 'requeue');
      }
      if (this.#flushing) return;
      this.#flushing = true;
      // After all promises that resolve together (one commit of many events), so that they are one acknowledgement.
      process.nextTick(() => this.#flush());
    };
  }

  /** The channel is gone: the broker delivers again what was not acknowledged. */
  close(): void {
    this.#closed = true;
    this.#deliveries = [];
    this.#nowIdle();
  }

  /** Resolves when every delivery is settled, or the channel is gone. */
  idle(): Promise<void> {
    return this.#deliveries.length === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#idle.push(resolve));
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#closed) return;
    const firstOpen = this.#deliveries.findIndex(({ state }) => state === 'open');
    const prefix = firstOpen === -1 ? this.#deliveries.length : firstOpen;
    for (let i = prefix - 1; i >= 0; i--) {
      const { state, tag } = this.#deliveries[i]!;
      if (state !== 'acked') continue;
      this.settler.ack(tag, true);
      break;
    }
    const rest: Delivery[] = [];
    for (const delivery of this.#deliveries.slice(prefix)) {
      if (delivery.state === 'open') rest.push(delivery);
      else if (delivery.state === 'acked') this.settler.ack(delivery.tag, false);
    }
    this.#deliveries = rest;
    if (rest.length === 0) this.#nowIdle();
  }

  #nowIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
