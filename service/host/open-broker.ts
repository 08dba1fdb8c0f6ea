/** The broker that PRAXIS_BUS_URL names; without one, the embedded broker. */
import { credentialsOf } from '../../bus/index.js';
import { ConfigError, type Home } from '../../proto/index.js';
import type { Log } from '../ports.js';
import type { Broker } from './broker.js';
import { embeddedBroker } from './embedded.js';
import { rabbitMqBroker } from './rabbitmq.js';

export async function openBroker(env: NodeJS.ProcessEnv, home: Home, log: Log): Promise<Broker> {
  if (!env.PRAXIS_BUS_URL) return embeddedBroker(home, log);
  const credentials = credentialsOf('service', env, home);
  if (!credentials) throw new ConfigError('PRAXIS_BUS_URL', 'is amqp://user:password@host:port/vhost');
  return rabbitMqBroker(credentials, env);
}
