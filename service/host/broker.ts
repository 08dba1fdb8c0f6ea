/**
 * The broker as the service's process has it: the login that the service uses there, and the way to make logins for nodes
 * and clients. Those of its own machine it makes by itself, so that `praxis` works there without a further step.
 */
import { userInfo } from 'node:os';
import {
  Credentials,
  clientLogin,
  defaultName,
  type Home,
  type Login,
  NodeConfig,
  nodeLogin,
  readConfig,
  writeSecret,
} from '../../proto/index.js';
import type { Log } from '../ports.js';

export interface Broker {
  /** The service's own. */
  credentials: Credentials;
  /** For people: `embedded`, or the address without secrets. */
  label: string;
  /** Whether the login exists. */
  hasLogin(login: Login): Promise<boolean>;
  /** Makes the login, or a new password for it. Rejects with a sentence that says what to do. */
  makeLogin(login: Login): Promise<Credentials>;
  close(): Promise<void>;
}

export const loginName = ({ role, name }: Login): string =>
  role === 'node' ? nodeLogin(name) : clientLogin(name);

/** The node and the person of this machine. */
export function localLogins(home: Home): Login[] {
  const config = readConfig(home.nodeConfig, NodeConfig);
  return [
    { role: 'node', name: config?.name ?? defaultName() },
    { role: 'client', name: defaultName(userInfo().username) },
  ];
}

/** Writes the credential files of this machine that are missing or belong to another broker. */
export async function provideCredentials(broker: Broker, home: Home, log: Log): Promise<void> {
  for (const wanted of localLogins(home)) {
    const file = home.credentials(wanted.role);
    const known = readConfig(file, Credentials);
    if (known && known.url === broker.credentials.url) continue;
    let login = wanted;
    try {
      // The same person on another machine that runs a service: a new password would take the login away from there.
      if (wanted.role === 'client' && (await broker.hasLogin(wanted)))
        login = { role: 'client', name: defaultName(`${wanted.name}-${defaultName()}`) };
      writeSecret(file, await broker.makeLogin(login));
      log.info({ login: loginName(login) }, 'made a login');
    } catch (error) {
      log.warn(
        { login: loginName(login), reason: (error as Error).message },
        `this machine has no ${login.role} login: make one at the broker and write it to ${file}`,
      );
    }
  }
}

/**
 * The text for `praxis join` on the other machine; it holds the password. A login that exists gets a new password, except
 * the ones of this machine: they would no longer work here.
 */
export async function enroll(broker: Broker, home: Home, login: Login): Promise<string> {
  const own = readConfig(home.credentials(login.role), Credentials);
  const isOwn = own?.user === loginName(login);
  if (isOwn && login.role === 'node')
    throw new Error(`the node ${login.name} is this machine; give the other another name`);
  const credentials = isOwn ? own : await broker.makeLogin(login);
  return Buffer.from(JSON.stringify({ role: login.role, ...credentials })).toString('base64url');
}
