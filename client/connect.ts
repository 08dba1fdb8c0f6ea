/** From the environment to a client: whose login, which broker, one bus connection. */
import { connectBus, credentialsOf } from '../bus/index.js';
import { clientTopology, ErrorCode, homeOf, PraxisError } from '../proto/index.js';
import { addressOf, createClient } from './client.js';
import { systemClock } from './clock.js';
import { Link } from './link.js';
import type { Client } from './types.js';

export interface ConnectOptions {
  env: NodeJS.ProcessEnv;
  /** Shown by the broker and told to the service, such as `praxis-cli`. */
  name: string;
  /** Whether somebody can be asked here; unset: maybe. */
  interactive?: boolean;
  warn?(message: string, details?: Record<string, unknown>): void;
  /** While it is a promise, the next messages stay with the broker: whoever shows them is slow. */
  busy?(): Promise<void> | undefined;
}

/**
 * Begins to connect and returns at once; `ready` tells when the service has answered. Throws Disconnected where no
 * credentials are, ConfigError for ones that cannot be used.
 */
export function connectClient(options: ConnectOptions): Client {
  return createClient({ ...openBus(options), ...options });
}

/** The same without the typed face, for the ACP bridge: `initialize` is the editor's, as JSON. */
export function connectLink(options: ConnectOptions & { initialize: string }): Link {
  const { initialize, warn = () => undefined } = options;
  return new Link({ ...openBus(options), clock: systemClock, initialize, warn });
}

function openBus({ env, name, warn }: ConnectOptions) {
  const credentials = credentialsOf('client', env, homeOf(env));
  if (!credentials && credentialsOf('node', env, homeOf(env)))
    throw new PraxisError(
      ErrorCode.Disconnected,
      'This machine has the login of a node and none of a client',
      {
        hint: 'Where the service runs, praxis enroll client <name> makes one',
      },
    );
  if (!credentials)
    throw new PraxisError(
      ErrorCode.Disconnected,
      'This machine is not connected to a Praxis yet: run `praxis up` here, or paste the command that `praxis enroll client <name>` prints elsewhere',
    );
  const address = addressOf(credentials.user);
  const bus = connectBus({
    ...{ credentials, topology: clientTopology(address), name },
    refresh: () => credentialsOf('client', env, homeOf(env)),
    ...(warn && { warn }),
  });
  return { bus, address };
}
