/** Who a process is at the bus: from PRAXIS_BUS_URL, or from the role's file that only its owner can read. */
import { existsSync, statSync } from 'node:fs';
import { ConfigError, Credentials, type Home, parseLogin, readConfig } from '../proto/index.js';

export type Role = 'service' | 'node' | 'client';

export interface BusUrl {
  /** Without user and password. */
  url: string;
  user?: string;
  password?: string;
}

/** Takes a bus url apart. The text may hold a password, so no error repeats it. */
export function parseBusUrl(text: string): BusUrl {
  const match = /^(amqps?|unix):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@]+)$/.exec(text.trim());
  const [, scheme, user, password, rest] = match ?? [];
  if (
    !scheme ||
    !rest ||
    (scheme === 'unix' && !rest.startsWith('/')) ||
    !URL.canParse(`${scheme}://${rest}`)
  )
    throw new ConfigError(
      'PRAXIS_BUS_URL',
      'is none of amqp://user:password@host:port/vhost, amqps://... and unix:///path/of/socket',
    );
  try {
    return {
      url: `${scheme}://${rest}`,
      ...(user && { user: decodeURIComponent(user) }),
      ...(password && { password: decodeURIComponent(password) }),
    };
  } catch {
    throw new ConfigError('PRAXIS_BUS_URL', 'has a % that begins no escape; write it as %25');
  }
}

const belongsTo = (user: string, role: Role): boolean => (parseLogin(user)?.role ?? 'service') === role;

/**
 * The credentials of a role; undefined where nothing names any. PRAXIS_BUS_URL counts when the user in it belongs to the
 * role: `node.<name>`, `client.<name>`, anything else for the service. Throws ConfigError for what cannot be used.
 */
export function credentialsOf(role: Role, env: NodeJS.ProcessEnv, home: Home): Credentials | undefined {
  if (env.PRAXIS_BUS_URL) {
    const { url, user, password } = parseBusUrl(env.PRAXIS_BUS_URL);
    if (user !== undefined && password !== undefined && belongsTo(user, role)) return { url, user, password };
  }
  const file = home.credentials(role);
  if (!existsSync(file)) return undefined;
  if ((statSync(file).mode & 0o077) !== 0)
    throw new ConfigError(file, `others can read it; run: chmod 600 ${file}`);
  const credentials = readConfig(file, Credentials);
  if (credentials && !belongsTo(credentials.user, role))
    throw new ConfigError(file, `${credentials.user} is no login of a ${role}`);
  return credentials;
}
