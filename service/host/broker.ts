/**
 * The broker as the service's process has it: the login that the service uses there, and the way to make logins for nodes
 * and clients. Those of its own machine it makes by itself, so that `praxis` works there without a further step.
 */
import { userInfo } from 'node:os';
import {
  Credentials,
  clientLogin,
  defaultName,
  ErrorCode,
  type Home,
  invalidParams,
  type Login,
  NodeConfig,
  nodeLogin,
  PraxisError,
  parseLogin,
  readConfig,
  writeSecret,
} from '../../proto/index.js';
import type { Log } from '../ports.js';
import type { Member } from '../store/index.js';

export interface Broker {
  /** The service's own. */
  credentials: Credentials;
  /** For people: `embedded`, or the address without secrets. */
  label: string;
  /** Machines besides this one use it. */
  isShared: boolean;
  /** Whether the login exists. */
  hasLogin(login: Login): Promise<boolean>;
  /** Whether somebody is at the address of this node now. */
  hasNode(name: string): Promise<boolean>;
  /** Makes the login; one that exists is replaced, and who is connected with it is cut off. Rejects with a sentence that says what to do. */
  makeLogin(login: Login): Promise<Credentials>;
  /** Takes the login away and cuts off who is connected with it. False: there was none. */
  removeLogin(login: Login): Promise<boolean>;
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
    const kept = known?.url === broker.credentials.url ? parseLogin(known.user) : undefined;
    // A broker that was set up anew, or where it was taken away, has it no more. One that cannot be asked is believed to have it.
    if (kept && (await broker.hasLogin(kept).catch(() => true))) continue;
    let login = kept ?? wanted;
    try {
      // The same person on another machine that runs a service: a new password would take the login away from there.
      if (!kept && broker.isShared && wanted.role === 'client' && (await broker.hasLogin(wanted)))
        login = { role: 'client', name: defaultName(`${wanted.name}-${defaultName()}`) };
      // Another machine of the same host name: a new password would throw its node out.
      if (wanted.role === 'node' && (await broker.hasNode(login.name)))
        throw new Error(
          `the node ${login.name} is connected already: give this one another name, { "name": "..." } in ${home.nodeConfig}`,
        );
      writeSecret(file, await broker.makeLogin(login));
      log.info({ login: loginName(login) }, 'made a login');
    } catch (error) {
      log.warn(
        { login: loginName(login), reason: (error as Error).message, file },
        `this machine has no ${login.role} login`,
      );
    }
  }
}

/** The client login of this home; undefined where it has none. */
export const personOf = (home: Home): string | undefined =>
  readConfig(home.credentials('client'), Credentials)?.user;

/**
 * Only who works where a service runs may make and take away logins, whatever the name of the client: a login that could make
 * others could make itself any node and anybody. Throws NotAllowed.
 */
export function checkMayEnroll(client: string, home: Home, members: readonly Member[]): void {
  const people = [personOf(home), ...members.map((member) => member.client)];
  if (people.includes(clientLogin(client))) return;
  const hosts = [...new Set(members.map(({ host }) => host))].join(' or ');
  throw new PraxisError(
    ErrorCode.NotAllowed,
    `The client ${client} may not enroll machines, nor revoke their logins`,
    {
      hint: `Do it where the service runs: on ${hosts}`,
    },
  );
}

/**
 * The text for `praxis join` on the other machine; it holds the password. A login that exists gets a new password. Those of
 * this machine are refused, and those of people who work where a service runs: the other machine could enroll with them.
 */
export async function enroll(
  broker: Broker,
  home: Home,
  login: Login,
  members: readonly Member[],
): Promise<string> {
  const isOwn = ownLogin(home, login);
  const member = members.find(({ client }) => client === loginName(login));
  if (isOwn || member) {
    const where = isOwn ? 'this machine' : `where a service runs, on ${member?.host}`;
    throw invalidParams(
      `The ${login.role} ${login.name} is ${where}; give the other machine a name of its own`,
    );
  }
  const credentials = await broker.makeLogin(login);
  return Buffer.from(JSON.stringify({ role: login.role, ...credentials })).toString('base64url');
}

/** Takes a login away, except those of this machine: it could not work any more. False: there was none. */
export async function revoke(broker: Broker, home: Home, login: Login): Promise<boolean> {
  if (ownLogin(home, login))
    throw invalidParams(`The ${login.role} ${login.name} is this machine; praxis down stops it`);
  return broker.removeLogin(login);
}

const ownLogin = (home: Home, login: Login): boolean =>
  readConfig(home.credentials(login.role), Credentials)?.user === loginName(login);
