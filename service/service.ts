/** A service for the time of a term: its core on a bus, from the first connection to a clean stop, or to the loss of its lease. */
import type { Bus } from '../bus/index.js';
import { commandsQueue, eventsQueue, newId, notificationLine, PREFETCH } from '../proto/index.js';
import { Core } from './core.js';
import type { Host } from './methods/praxis.js';
import { gatedBus, gatedClock, type Term, YIELD_MS } from './office/index.js';
import type { Clock, Log } from './ports.js';
import { Fenced, type Store } from './store/index.js';
import type { Will } from './will.js';

/** The one partition that a service owns. */
const PARTITION = 0;

export interface ServiceOptions {
  bus: Bus;
  store: Store;
  term: Term;
  /** Tells this run of the service from every other. */
  boot: string;
  clock: Clock;
  log: Log;
  host: Host;
  /** Tells everyone when this service's connection ends; absent where the broker ends with the service. */
  will?: Will;
}

export interface RunningService {
  /** Takes nothing more, saves and sends what it has taken, closes the bus. Its will says that it is gone. */
  stop(): Promise<void>;
  /** Lets go of everything at once: another service is the active one, and gets what this one had not finished. */
  abandon(): Promise<void>;
}

/** Starts to serve; the bus may be lost and come back. Rejects when the store cannot be read. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { bus, store, term, boot, log, host, will } = options;
  const clock = gatedClock(options.clock, term);
  const core = await Core.load({
    bus: gatedBus(bus, term),
    store: {
      ...{ load: store.load.bind(store), loadSessions: store.loadSessions.bind(store) },
      events: store.events.bind(store),
      async commit(batch) {
        if (term.ended) throw new Fenced('the term of this service is over');
        const start = clock.steady();
        await store.commit(batch);
        term.proved(start);
      },
    },
    ...{ boot, clock, newId, log, host },
    secured: () => term.secured(),
    fenced: (reason) => term.end(reason),
  });
  await term.begin();
  let stopYield = (): void => undefined;
  const show = () => {
    stopYield();
    if (bus.state.kind === 'connected') {
      const online = () => {
        if (bus.state.kind === 'connected') core.online();
      };
      void term.available(true).then(online);
      return;
    }
    core.offline();
    stopYield = clock.schedule(YIELD_MS, () => void term.available(false));
  };
  const stopState = bus.onState(({ kind }) => {
    log.info({ bus: kind }, 'the bus changed');
    show();
  });
  show();
  will?.leave(clock, notificationLine('_praxis/service/silent', { boot }));
  const stops = [
    bus.consume(commandsQueue(PARTITION), (message) => core.command(message), { prefetch: PREFETCH }),
    bus.consume(eventsQueue(PARTITION), (message) => core.event(message), { prefetch: PREFETCH }),
  ];
  return {
    async stop() {
      stopState();
      stopYield();
      await Promise.all(stops.map((stop) => stop()));
      await core.stop();
      await bus.close();
    },
    async abandon() {
      stopState();
      stopYield();
      await bus.abort();
    },
  };
}
