/** A running service: its core on a bus, from the first connection to a clean stop. */
import type { Bus } from '../bus/index.js';
import { commandsQueue, eventsQueue, newId, PREFETCH } from '../proto/index.js';
import { Core } from './core.js';
import type { Host } from './methods/praxis.js';
import type { Clock, Log } from './ports.js';
import type { Store } from './store/index.js';

/** The one partition that a service owns. */
const PARTITION = 0;

export interface ServiceOptions {
  bus: Bus;
  store: Store;
  clock: Clock;
  log: Log;
  host: Host;
}

export interface RunningService {
  /** Takes nothing more, saves and sends what it has taken, closes bus and store. */
  stop(): Promise<void>;
}

/** Starts to serve; the bus may connect later. Rejects when the store cannot be read. */
export async function startService({
  bus,
  store,
  clock,
  log,
  host,
}: ServiceOptions): Promise<RunningService> {
  const core = await Core.load({ bus, store, clock, newId, log, host });
  const show = () => (bus.state.kind === 'connected' ? core.online() : core.offline());
  const stopState = bus.onState(({ kind }) => {
    log.info({ bus: kind }, 'the bus changed');
    show();
  });
  show();
  const stops = [
    bus.consume(commandsQueue(PARTITION), (message) => core.command(message), { prefetch: PREFETCH }),
    bus.consume(eventsQueue(PARTITION), (message) => core.event(message), { prefetch: PREFETCH }),
  ];
  return {
    async stop() {
      stopState();
      await Promise.all(stops.map((stop) => stop()));
      await core.stop();
      await bus.close();
      await store.close();
    },
  };
}
