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

/** Leaves it now and after every reconnect. */
export function leaveWill(bus: Bus, clock: Pick<Clock, 'schedule'>, queue: string, line: string): void {
  const publish = () => {
    if (bus.state.kind !== 'connected') return;
    // One that is lost is left again on the next connection.
    bus.publish({ exchange: '', key: queue, headers: {}, lines: [line] }).catch(() => undefined);
  };
  bus.consume(
    queue,
    () =>
      new Promise((resolve) => {
        clock.schedule(RENEW_MS, () => {
          publish();
          resolve('ack');
        });
      }),
  );
  bus.onState(publish);
  publish();
}
