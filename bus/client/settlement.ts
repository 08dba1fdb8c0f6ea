/**
 * Settles the deliveries of one channel by what their handlers decided. What is done is acknowledged together with the next
 * thing that is written: the oldest ones as one, those that overtook an older one each on their own.
 */
import type { Disposition } from '../types.js';

/** The calls of a channel that settle, by delivery tag. */
export interface Settler {
  ack(tag: number, multiple: boolean): unknown;
  nack(tag: number, requeue: boolean): unknown;
  /** Calls `write` soon, with something else that is written. */
  later(write: () => void): void;
}

interface Delivery {
  readonly tag: number;
  state: 'open' | 'acked' | 'settled';
}

export class Settlement {
  /** In the order of their tags. */
  #deliveries: Delivery[] = [];
  /** Acknowledgements that wait. */
  #waiting = 0;
  #flushing = false;
  #closed = false;
  readonly #idle: (() => void)[] = [];

  constructor(
    private readonly settler: Settler,
    /** Acknowledgements that wait for company at most: the broker sends on when it has them. */
    private readonly mostWaiting: number,
  ) {}

  /** Takes a delivery; the result is called once, with what becomes of it. */
  take(tag: number): (disposition: Disposition) => void {
    const delivery: Delivery = { tag, state: 'open' };
    this.#deliveries.push(delivery);
    return (disposition) => {
      if (this.#closed) return;
      if (disposition === 'ack') {
        delivery.state = 'acked';
        // After all promises that resolve together (one commit of many events), so that they are one acknowledgement.
        if (++this.#waiting === this.mostWaiting) process.nextTick(() => this.#flush());
      } else {
        delivery.state = 'settled';
        this.settler.nack(tag, disposition === 'requeue');
      }
      if (this.#flushing) return;
      this.#flushing = true;
      this.settler.later(() => {
        this.#flushing = false;
        this.#flush();
      });
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
    this.#waiting = 0;
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
