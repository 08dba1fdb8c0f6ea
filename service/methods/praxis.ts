/** The `_praxis/*` methods: what our own clients ask of the service. */
import {
  ClientMethods,
  fault,
  invalidParams,
  type Login,
  MAX_EVENTS_PAGE,
  PraxisError,
  type SessionState,
  unknownSession,
  VERSION,
} from '../../proto/index.js';
import type { Client } from '../clients/clients.js';
import type { Viewers } from '../clients/viewers.js';
import type { Clock } from '../ports.js';
import type { Nodes } from '../routing/nodes.js';
import type { Session, Sessions } from '../sessions/session.js';
import type { Store } from '../store/index.js';
import type { MethodServer } from './server.js';

/** What the process around the core knows and can do. */
export interface Host {
  /** The bus, for people: `embedded` or an address without secrets. */
  bus: string;
  /** The journal's database, for people: `sqlite` or an address without secrets. */
  store: string;
  /** This service among those that share its database. */
  active: Who;
  standbys(): Who[];
  logins: Logins;
}

/** The logins at the broker. */
export interface Logins {
  /** Whether it exists. One that the broker cannot be asked about is believed to. */
  has(login: Login): Promise<boolean>;
  /** Throws NotAllowed unless the client of this name may change them. */
  check(client: string): void;
  /** Makes one and returns the text for `praxis join`. */
  enroll(login: Login): Promise<string>;
  /** False: there was none. */
  revoke(login: Login): Promise<boolean>;
}

/** A service's process. */
export interface Who {
  host: string;
  process: { pid: number };
}

const whom = ({ host, process }: Who) => ({ host, pid: process.pid });

export interface PraxisDeps {
  sessions: Sessions;
  nodes: Nodes;
  viewers: Viewers;
  store: Pick<Store, 'events'>;
  clock: Clock;
  boot: string;
  host: Host;
  /** Ends the sessions of a node that is none any more, and forgets it. Resolves when that is saved. */
  removeNode(name: string): Promise<void>;
}

/** Sessions that `_praxis/session/find` names at most. */
const MAX_FOUND = 20;

export function addPraxisMethods(server: MethodServer, deps: PraxisDeps): void {
  const { sessions, nodes, viewers, store, host, boot } = deps;
  const startedAt = deps.clock.now();
  const need = (id: string): Session => {
    const session = sessions.get(id);
    if (!session) throw unknownSession(id);
    return session;
  };

  server.add('_praxis/status', ClientMethods['_praxis/status'].params, () => {
    const live = [...sessions.all()].filter((session) => session.live);
    const count = (state: SessionState) => live.filter(({ record }) => record.state === state).length;
    const lost = count('lost');
    return {
      version: VERSION,
      boot,
      startedAt,
      bus: host.bus,
      store: host.store,
      active: whom(host.active),
      standby: host.standbys().map(whom),
      nodes: nodes.list(),
      sessions: live.length - lost,
      waiting: count('waiting'),
      lost,
    };
  });

  server.add('_praxis/nodes', ClientMethods['_praxis/nodes'].params, () => ({ nodes: nodes.list() }));

  server.add('_praxis/session/find', ClientMethods['_praxis/session/find'].params, ({ prefix }) => ({
    sessions: [...sessions.all()]
      .filter(({ id }) => id.startsWith(prefix))
      .sort((a, b) => b.record.createdAt - a.record.createdAt)
      .slice(0, MAX_FOUND)
      .map((session) => session.info()),
  }));

  server.add('_praxis/session/attach', ClientMethods['_praxis/session/attach'].params, (params, call) => {
    const session = need(params.sessionId);
    const after = Math.min(params.after ?? session.record.seq, session.record.seq);
    call.afterwards(() => {
      if (sessions.get(session.id) === session) viewers.add(call.client, session, after);
    });
    return { session: session.info(), after };
  });

  server.add(
    '_praxis/session/detach',
    ClientMethods['_praxis/session/detach'].params,
    ({ sessionId }, { client }) => {
      viewers.remove(client.address, sessionId);
      return {};
    },
  );

  server.add('_praxis/session/events', ClientMethods['_praxis/session/events'].params, async (params) => {
    const session = need(params.sessionId);
    const events = await store.events(session.id, params.after, Math.min(params.limit, MAX_EVENTS_PAGE));
    return {
      events: events.map(({ seq, epoch, at, frame }) => ({ seq, epoch, at, frame })),
      last: session.saved,
    };
  });

  const changed = async <T>(client: Client, change: () => Promise<T>): Promise<T> => {
    host.logins.check(client.name);
    try {
      return await change();
    } catch (error) {
      if (error instanceof PraxisError) throw error;
      throw fault(`The login cannot be changed: ${(error as Error).message}`);
    }
  };

  server.add('_praxis/enroll', ClientMethods['_praxis/enroll'].params, (login, { client }) =>
    changed(client, async () => ({ join: await host.logins.enroll(login) })),
  );

  server.add('_praxis/revoke', ClientMethods['_praxis/revoke'].params, (login, { client }) =>
    changed(client, async () => {
      const { role, name } = login;
      const existed = await host.logins.revoke(login);
      if (role === 'client') {
        if (!existed) throw invalidParams(`There is no client ${name}`);
        return {};
      }
      const live = sessions.onNode(name).length;
      // A login that was taken away otherwise, or in a try before this one, leaves the node to be removed.
      if (!existed && live === 0 && nodes.bootOf(name) === undefined)
        throw invalidParams(`There is no node ${name}`);
      await deps.removeNode(name);
      return { sessions: live };
    }),
  );
}
