/** `praxis service`: broker (unless PRAXIS_BUS_URL names one) and service in the foreground, until SIGTERM or SIGINT. */
import { mkdirSync } from 'node:fs';
import { pino } from 'pino';
import { connectBus } from '../bus/index.js';
import { homeOf, lockHome, serviceTopology } from '../proto/index.js';
import { enroll, provideCredentials } from './host/broker.js';
import { openBroker } from './host/open-broker.js';
import { systemClock } from './ports.js';
import { startService } from './service.js';
import { SqliteStore } from './store/index.js';

/** Runs until the process is asked to stop. Rejects with ConfigError when it cannot start. */
export async function runService(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const log = pino(
    { name: 'service', level: env.PRAXIS_LOG ?? 'info' },
    pino.destination({ dest: 2, sync: true }),
  );
  const home = homeOf(env);
  mkdirSync(home.root, { recursive: true, mode: 0o700 });
  const stopAsked = stopSignal();
  const unlock = lockHome(home, 'service');
  try {
    const broker = await openBroker(env, home, log);
    await provideCredentials(broker, home, log);
    const store = await SqliteStore.open(home.database);
    const bus = connectBus({
      credentials: broker.credentials,
      topology: serviceTopology(1),
      name: 'praxis service',
      warn: (message, details) => log.warn(details, message),
    });
    const service = await startService({
      bus,
      store,
      clock: systemClock,
      log,
      host: {
        bus: broker.label,
        enroll: (role, name) => enroll(broker, home, { role, name }),
      },
    });
    log.info({ home: home.root, bus: broker.label }, 'service started');
    await stopAsked;
    await service.stop();
    await broker.close();
    log.info({}, 'service stopped');
  } finally {
    unlock();
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
