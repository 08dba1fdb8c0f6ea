/** The broker that PRAXIS_BUS_URL names. */
import { credentialsOf } from '../../bus/index.js';
import { ConfigError, type Home } from '../../proto/index.js';
import type { Broker } from './broker.js';
import { rabbitMqBroker } from './rabbitmq.js';

export async function openBroker(env: NodeJS.ProcessEnv, home: Home): Promise<Broker> {
  const credentials = credentialsOf('service', env, home);
  if (!env.PRAXIS_BUS_URL || !credentials)
    throw new ConfigError('PRAXIS_BUS_URL', 'is amqp://user:password@host:port/vhost');
  return rabbitMqBroker(credentials, env);
}
