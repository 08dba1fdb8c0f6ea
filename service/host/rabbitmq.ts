/**
 * Logins at a RabbitMQ, made through its management API with the service's own login, which needs the tag `administrator`.
 * Each may do what the topology says and no more.
 */
import { randomBytes } from 'node:crypto';
import { ConfigError, type Credentials, type Login, nodeQueue, permissionsOf } from '../../proto/index.js';
import { type Broker, loginName } from './broker.js';

/** Milliseconds that the management API has for one answer. */
const API_MS = 5_000;

/** Where the API is when PRAXIS_BUS_ADMIN_URL does not say: RabbitMQ's own ports for http and https. */
function adminUrlOf({ url }: Credentials, configured: string | undefined): string {
  if (configured) {
    if (URL.canParse(configured)) return configured.replace(/\/+$/, '');
    throw new ConfigError('PRAXIS_BUS_ADMIN_URL', 'is no URL, such as http://host:15672');
  }
  const { protocol, hostname } = new URL(url);
  return protocol === 'amqps:' ? `https://${hostname}:15671` : `http://${hostname}:15672`;
}

/** The name of the vhost: the path of the url, `/` where there is none (https://www.rabbitmq.com/docs/uri-spec). */
const vhostOf = ({ url }: Credentials): string => {
  const { pathname } = new URL(url);
  return pathname === '' || pathname === '/' ? '/' : decodeURIComponent(pathname.slice(1));
};

export function rabbitMqBroker(credentials: Credentials, env: NodeJS.ProcessEnv): Broker {
  const admin = adminUrlOf(credentials, env.PRAXIS_BUS_ADMIN_URL);
  const vhost = encodeURIComponent(vhostOf(credentials));
  const secret = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');

  const call = async (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Response> => {
    const answer = await fetch(`${admin}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${secret}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(API_MS),
    }).catch((error: Error) => {
      // fetch says "fetch failed", and why in its cause; that has a code alone where several addresses were tried.
      const { message, code } = (error.cause ?? error) as NodeJS.ErrnoException;
      throw new Error(
        `RabbitMQ's management API at ${admin} cannot be reached (${message || code}): enable the plugin rabbitmq_management, or set PRAXIS_BUS_ADMIN_URL`,
      );
    });
    await answer.arrayBuffer();
    if (answer.ok || (method !== 'PUT' && answer.status === 404)) return answer;
    const hint = answer.status === 401 ? `: the login ${credentials.user} needs the tag administrator` : '';
    throw new Error(`RabbitMQ's management API at ${admin} answered ${answer.status} to ${path}${hint}`);
  };
  const put = (path: string, body: object) => call('PUT', path, body);
  const has = async (login: Login) => (await call('GET', `users/${loginName(login)}`)).ok;
  /** RabbitMQ ends the connections of a user that is deleted; those of one that gets a new password stay. */
  const remove = async (login: Login) => (await call('DELETE', `users/${loginName(login)}`)).ok;
  const cutOff = (user: string) => call('DELETE', `connections/username/${user}`);

  return {
    credentials,
    label: credentials.url,
    isShared: true,
    hasLogin: has,
    hasNode: async (name) => (await call('GET', `queues/${vhost}/${nodeQueue(name)}`)).ok,
    removeLogin: remove,
    async makeLogin(login: Login): Promise<Credentials> {
      const user = loginName(login);
      const password = randomBytes(24).toString('base64url');
      const { topics, ...permissions } = permissionsOf(login);
      const setPassword = () => put(`users/${user}`, { password, tags: '' });
      // Of one that exists the password is the last to change: when a step before fails, its machine works on with the old one.
      const exists = await has(login);
      if (!exists) await setPassword();
      await put(`permissions/${vhost}/${user}`, permissions);
      for (const topic of topics) await put(`topic-permissions/${vhost}/${user}`, topic);
      if (exists) {
        await setPassword();
        await cutOff(user);
      }
      return { url: credentials.url, user, password };
    },
    close: async () => {},
  };
}
