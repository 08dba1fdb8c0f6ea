/** Where the system is that this machine belongs to: whether `praxis` may start one here, and which parts of it. */
import { credentialsOf, parseBusUrl } from '../bus/index.js';
import { type Home, parseLogin, socketUrl } from '../proto/index.js';

export interface Place {
  /** The parts that belong on this machine, in the order of their start. */
  parts: ('service' | 'node')[];
  /** The bus elsewhere that this machine is joined to; undefined where the system is here. */
  elsewhere?: string;
  /** This machine may not ask the service there: it has the login of a node and none of a client. */
  mute?: boolean;
}

/**
 * With PRAXIS_BUS_URL the login in it says which part this machine is for; without, credentials that `praxis join` wrote
 * for another machine's bus do. Throws ConfigError for ones that cannot be used.
 */
export function placeOf(env: NodeJS.ProcessEnv, home: Home): Place {
  if (env.PRAXIS_BUS_URL) {
    const { url, user } = parseBusUrl(env.PRAXIS_BUS_URL);
    const role = user === undefined ? undefined : (parseLogin(user)?.role ?? 'service');
    if (role === 'service') return { parts: ['service', 'node'] };
    if (role === 'node')
      return { parts: ['node'], elsewhere: url, mute: credentialsOf('client', env, home) === undefined };
    if (role === 'client') return { parts: [], elsewhere: url };
  }
  const isHere = (url: string) => url === socketUrl(home);
  const node = credentialsOf('node', env, home);
  const client = credentialsOf('client', env, home);
  if (node && !isHere(node.url)) return { parts: ['node'], elsewhere: node.url, mute: client === undefined };
  if (client && !isHere(client.url)) return { parts: [], elsewhere: client.url };
  return { parts: ['service', 'node'] };
}
