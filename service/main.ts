/**
 * `praxis service`: broker (unless PRAXIS_BUS_URL names one) and service in the foreground, until SIGTERM or SIGINT. Of several
 * on one RabbitMQ and one database, one is active and the others stand by; one that loses its lease stands by again.
 */
import { type Logger, pino } from 'pino';
import { type Bus, connectBus } from '../bus/index.js';
import {
  type Home,
  homeOf,
  lockHome,
  makeDirectory,
  newId,
  serviceTopology,
  willQueue,
} from '../proto/index.js';
import {
  type Broker,
  checkMayEnroll,
  enroll,
  loginName,
  personOf,
  provideCredentials,
  revoke,
} from './host/broker.js';
import { openBroker } from './host/open-broker.js';
import { probe, stand, type Term, thisMember } from './office/index.js';
import { systemClock } from './ports.js';
import { type RunningService, startService } from './service.js';
import { type Database, openDatabase } from './store/index.js';
import { Will } from './will.js';

/**
 * Seconds between two heartbeats of the service's own connection to a broker that others share. The broker lets go of a
 * service that has stopped after two to three of them: no sooner can a standby get what waits in the queues.
 */
const HEARTBEAT_SECS = 1;

/** Runs until the process is asked to stop. Rejects with ConfigError when it cannot start. */
export async function runService(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const log = pino(
    { name: 'service', level: env.PRAXIS_LOG ?? 'info' },
    pino.destination({ dest: 2, sync: true }),
  );
  const home = homeOf(env);
  makeDirectory(home.root);
  const stopped = stopSignal();
  // The embedded broker has its one socket in the home. Over a RabbitMQ, the lease decides who serves.
  const unlock = env.PRAXIS_BUS_URL ? () => undefined : lockHome(home, 'service');
  try {
    const broker = await openBroker(env, home, log);
    await provideCredentials(broker, home, log);
    const waiting = (reason: string) => log.warn({ reason }, 'waiting for the database');
    const database = await openDatabase(env, home, { waiting, stopped });
    if (database) {
      log.info({ home: home.root, bus: broker.label, store: database.label }, 'service started');
      await serve({ env, home, log, broker, database, stopped });
      await database.close();
    }
    await broker.close();
    log.info({}, 'service stopped');
  } finally {
    unlock();
  }
}

interface Place {
  env: NodeJS.ProcessEnv;
  home: Home;
  log: Logger;
  broker: Broker;
  database: Database;
  stopped: Promise<void>;
}

/** Term after term, with the waiting for each. */
async function serve({ env, home, log, broker, database, stopped }: Place): Promise<void> {
  const me = thisMember(newId(), personOf(home));
  const alone = env.PRAXIS_BUS_URL ? 'shared' : env.PRAXIS_DATABASE_URL ? 'broker' : 'file';
  const queue = env.PRAXIS_BUS_URL ? willQueue(me.id) : undefined;
  for (;;) {
    const bus = connectBus({
      credentials: broker.credentials,
      topology: serviceTopology(1, queue),
      name: 'praxis service',
      ...(env.PRAXIS_BUS_URL && { heartbeatSecs: HEARTBEAT_SECS }),
      warn: (message, details) => log.warn(details, message),
    });
    const will = queue === undefined ? undefined : new Will(bus, queue);
    let current: Term | undefined;
    const asked =
      alone === 'shared' ? probe(bus, systemClock, (silent) => current?.offer(silent)) : undefined;
    const ready = () => bus.state.kind === 'connected';
    await Promise.race([connected(bus), stopped]);
    const { lease } = database;
    const term = await stand({ lease, me, clock: systemClock, log, ready, ...asked, alone, stopped });
    current = term;
    if (!term) {
      await bus.close();
      return;
    }
    const boot = newId();
    log.info({ epoch: term.epoch, boot }, 'this service is active');
    const service = await begin({ bus, term, boot, will }).catch((error: Error) => {
      if (alone === 'file') throw error;
      log.error({ reason: error.message }, 'the journal cannot be read');
    });
    const reason = service ? await Promise.race([stopped, term.lost]) : undefined;
    if (reason === undefined) {
      // Asked to stop, or the journal could not be read: whoever stands by may go on at once.
      // What cannot be saved any more is left to it too.
      if (!service) await bus.abort();
      else if ((await Promise.race([service.stop(), term.lost])) !== undefined) await service.abandon();
      await term.resign();
      if (service) return;
      continue;
    }
    log.warn({ epoch: term.epoch, reason }, 'this service is not active any more');
    database.drop();
    await service?.abandon();
  }

  function begin(own: {
    bus: Bus;
    term: Term;
    boot: string;
    will: Will | undefined;
  }): Promise<RunningService> {
    const { term, will, ...rest } = own;
    return startService({
      ...rest,
      ...{ term, clock: systemClock, log, store: database.store(term.epoch) },
      ...(will !== undefined && { will }),
      host: {
        bus: broker.label,
        store: database.label,
        active: term.me,
        standbys: () => term.standbys,
        logins: {
          has: (login) =>
            broker.hasLogin(login).catch((error: Error) => {
              log.warn({ login: loginName(login), reason: error.message }, 'taken to be a login');
              return true;
            }),
          check: (client) => checkMayEnroll(client, home, [term.me, ...term.standbys]),
          enroll: (login) => enroll(broker, home, login, [term.me, ...term.standbys]),
          revoke: (login) => revoke(broker, home, login),
        },
      },
    });
  }
}

function connected(bus: Bus): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (bus.state.kind !== 'connected') return;
      stop();
      resolve();
    };
    const stop = bus.onState(check);
    check();
  });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
