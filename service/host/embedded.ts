/** The broker inside the service's own process, when no other one is configured: over a socket in `$PRAXIS_HOME`. */
import { pathToFileURL } from 'node:url';
import { LoginStore, startBroker } from '../../bus/embedded/index.js';
import { type Home, type Login, permissionsOf } from '../../proto/index.js';
import type { Log } from '../ports.js';
import { type Broker, loginName } from './broker.js';

const SERVICE = 'service';
const EVERYTHING = { configure: '.*', write: '.*', read: '.*', topics: [] };

export async function embeddedBroker(home: Home, log: Log): Promise<Broker> {
  const logins = new LoginStore(home.logins);
  const server = await startBroker({
    socket: home.socket,
    logins,
    warn: (message, details) => log.warn(details ?? {}, message),
  });
  const url = pathToFileURL(home.socket).href.replace('file:', 'unix:');
  return {
    // A new password in each run: nobody but this process needs it.
    credentials: { url, user: SERVICE, password: logins.set(SERVICE, EVERYTHING) },
    label: 'embedded',
    isShared: false,
    hasLogin: async (login) => logins.has(loginName(login)),
    hasNode: async () => false,
    async makeLogin(login: Login) {
      const user = loginName(login);
      return { url, user, password: logins.set(user, permissionsOf(login)) };
    },
    removeLogin: async (login) => logins.remove(loginName(login)),
    close: () => server.close(),
  };
}
