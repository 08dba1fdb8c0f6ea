/**
 * The last will of a service: a message that the broker hands to everyone when the service's connection ends, however it ends.
 * The service holds it unacknowledged. When its connection is gone the broker takes it back, finds its time long over, and
 * sends it on to the broadcast (https://www.rabbitmq.com/docs/ttl, https://www.rabbitmq.com/docs/dlx).
 */
import type { Bus } from '../bus/index.js';
import type { Clock } from './ports.js';

/**
 * Milliseconds after which the message is replaced: the broker closes the channel of a consumer that acknowledges nothing for
 * 30 minutes (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout).
 */
const RENEW_MS = 10 * 60_000;

export class Will {
  private leaving: { clock: Pick<Clock, 'schedule'>; line: string } | undefined;

  /** Consumes its queue from now on, empty as it is: the broker forgets one that nobody uses, and a standby may wait for long. */
  constructor(
    private readonly bus: Bus,
    private readonly queue: string,
  ) {
    bus.consume(
      queue,
      () =>
        new Promise((resolve) => {
          this.leaving?.clock.schedule(RENEW_MS, () => {
            this.publish();
            resolve('ack');
          });
        }),
    );
    bus.onState(() => this.publish());
  }

  /** Leaves `line` now and after every reconnect. */
  leave(clock: Pick<Clock, 'schedule'>, line: string): void {
    this.leaving = { clock, line };
    this.publish();
  }

  private publish(): void {
    if (!this.leaving || this.bus.state.kind !== 'connected') return;
    const message = { exchange: '', key: this.queue, headers: {}, lines: [this.leaving.line] };
    // One that is lost is left again on the next connection.
    this.bus.publish(message).catch(() => undefined);
  }
}
