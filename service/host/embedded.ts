/** The broker inside the service's own process, when no other one is configured: over a socket in `$PRAXIS_HOME`. */
import { LoginStore, startBroker } from '../../bus/embedded/index.js';
import { ConfigError, type Home, type Login, permissionsOf, socketUrl } from '../../proto/index.js';
import type { Log } from '../ports.js';
import { type Broker, loginName } from './broker.js';

const SERVICE = 'service';
const EVERYTHING = { configure: '.*', write: '.*', read: '.*', topics: [] };

/** Bytes that the path of a Unix socket may have (unix(7), `sun_path`; macOS has four less). Longer ones are cut off without a word. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export async function embeddedBroker(home: Home, log: Log): Promise<Broker> {
  if (Buffer.byteLength(home.socket) > MAX_SOCKET_PATH)
    throw new ConfigError(
      'PRAXIS_HOME',
      `is too long: ${home.socket} is the path of a socket and may have ${MAX_SOCKET_PATH} bytes`,
    );
  const logins = new LoginStore(home.logins);
  const server = await startBroker({
    socket: home.socket,
    logins,
    warn: (message, details) => log.warn(details ?? {}, message),
  });
  const url = socketUrl(home);
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
