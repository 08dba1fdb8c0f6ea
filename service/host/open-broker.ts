/** The broker that PRAXIS_BUS_URL names, or the embedded one. */
import { credentialsOf } from '../../bus/index.js';
import { ConfigError, type Home } from '../../proto/index.js';
import type { Log } from '../ports.js';
import type { Broker } from './broker.js';

export async function openBroker(env: NodeJS.ProcessEnv, home: Home, _log: Log): Promise<Broker> {
  const credentials = credentialsOf('service', env, home);
  if (!credentials || !env.PRAXIS_BUS_URL)
    throw new ConfigError('PRAXIS_BUS_URL', 'is amqp://user:password@host:port/vhost');
  return {
    credentials,
    label: credentials.url,
    makeLogin: async () => {
      throw new Error('the management API is not used yet');
    },
    close: async () => {},
  };
}
