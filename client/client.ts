/** The typed client: what clients do, over one link, its cursors, its turns and its lists. */
import { setImmediate as breath } from 'node:timers/promises';
import type { Bus } from '../bus/index.js';
import {
  ClientMethods,
  errorLine,
  invalidParams,
  type NodeInfo,
  newId,
  notificationLine,
  PraxisError,
  parseLogin,
  requestLine,
  resultLine,
  SessionInfo,
  unknownSession,
  VERSION,
} from '../proto/index.js';
import { type Clock, systemClock } from './clock.js';
import { Cursors } from './cursors.js';
import { Link } from './link.js';
import { Lists } from './lists.js';
import { Turns } from './prompt.js';
import { badAnswer, unwrap } from './requests.js';
import type { Client, NewSession } from './types.js';

export interface ClientOptions {
  bus: Bus;
  /** `<login>.<uuid>` of this run. */
  address: string;
  /** `clientInfo.name` of `initialize`. */
  name: string;
  /** Whether somebody can be asked here; unset: maybe. */
  interactive?: boolean;
  clock?: Clock;
  warn?(message: string, details?: Record<string, unknown>): void;
  busy?(): Promise<void> | undefined;
}

/** What our own clients say of themselves: they want the journal's events and show questions. */
export const ownInitialize = (name: string, interactive?: boolean): string =>
  JSON.stringify({
    protocolVersion: 1,
    clientCapabilities: { _meta: { praxis: { events: true, mixed: true } } },
    clientInfo: { name, version: VERSION },
    ...(interactive !== undefined && { _meta: { praxis: { interactive } } }),
  });

export function createClient(options: ClientOptions): Client {
  const { bus, address, name, clock = systemClock, warn = () => undefined } = options;
  const link = new Link({ bus, address, clock, initialize: ownInitialize(name, options.interactive), warn });
  if (options.busy) link.listen({ busy: options.busy });
  const turns = new Turns((sessionId) => cursors.watches(sessionId));
  const cursors = new Cursors({
    link,
    onEvent: (event) => turns.event(event),
    onGone: (sessionId) => turns.gone(sessionId),
    warn,
  });

  const request = async (method: string, params: Record<string, unknown>, lasting = true) => {
    const { sessionId } = params;
    const session = typeof sessionId === 'string' ? { session: sessionId } : {};
    return unwrap(await link.request((id) => requestLine(id, method, params), { ...session, lasting }));
  };
  const notify = (method: string, params: Record<string, unknown>) => {
    const { sessionId } = params;
    link.say(notificationLine(method, params), typeof sessionId === 'string' ? sessionId : undefined);
  };
  /** With the turn's id, so that one that comes late does not hit the next turn. */
  const cancelTurn = (sessionId: string, turnId: string) =>
    notify('session/cancel', { sessionId, _meta: { praxis: { turnId } } });
  const call: Client['call'] = async (method, params) => {
    const result = ClientMethods[method].result.safeParse(await request(method, params));
    if (!result.success) throw badAnswer(method);
    return result.data as never;
  };
  const readSessions = async (
    query: { cwd?: string; all?: boolean; archived?: boolean },
    lasting: boolean,
  ) => {
    const ask = (cursor?: string) => {
      const params = {
        ...(query.cwd !== undefined && { cwd: query.cwd }),
        ...(cursor !== undefined && { cursor }),
        _meta: { praxis: { all: query.all ?? false, archived: query.archived ?? false } },
      };
      return request('session/list', params, lasting) as Promise<{
        sessions?: unknown;
        nextCursor?: unknown;
      }>;
    };
    const sessions: SessionInfo[] = [];
    for (let asked: ReturnType<typeof ask> | undefined = ask(); asked; ) {
      const page: Awaited<typeof asked> = await asked;
      if (!Array.isArray(page.sessions)) throw badAnswer('session/list');
      asked = typeof page.nextCursor === 'string' ? ask(page.nextCursor) : undefined;
      // The service makes the next page while this one is checked: the question goes out first.
      asked?.catch(() => undefined);
      if (asked) await breath();
      for (const item of page.sessions) {
        const info = SessionInfo.safeParse(item?._meta?.praxis);
        if (info.success) sessions.push(info.data);
      }
    }
    return sessions;
  };
  const readNodes = async (lasting: boolean) => {
    const answer = ClientMethods['_praxis/nodes'].result.safeParse(
      await request('_praxis/nodes', {}, lasting),
    );
    if (!answer.success) throw badAnswer('_praxis/nodes');
    return answer.data.nodes;
  };
  // Every renewal reads the lists anew, so what an earlier one asked for need not be repeated.
  const lists = new Lists({
    link,
    readNodes: () => readNodes(false),
    readSessions: () => readSessions({ all: true }, false),
    warn,
  });

  return {
    address,
    get link() {
      return link.state;
    },
    onLink: (listener) => link.onState(listener),
    ready: (timeoutMs) => link.ready(timeoutMs),
    onNodes: (listener) => lists.onNodes(listener),
    onSessions: (listener) => lists.onSessions(listener),
    call,
    request: (method, params) => request(method, params),
    notify,
    listSessions: (query = {}) => readSessions(query, true),

    async findSession(prefix) {
      if (prefix === '') throw invalidParams('A session id, or its beginning, is missing');
      const { sessions } = await call('_praxis/session/find', { prefix });
      const [only, ...others] = sessions;
      if (!only) throw unknownSession(prefix);
      const exact = sessions.find(({ sessionId }) => sessionId === prefix);
      if (exact) return exact;
      if (others.length === 0) return only;
      throw invalidParams(`${prefix} begins the ids of ${sessions.length} sessions`, { matches: sessions });
    },

    async newSession(wish, onEvent) {
      const sessionId = newId();
      const cwd = wish.cwd ?? homeFor(wish, await readNodes(true));
      const params = { cwd, mcpServers: [], _meta: { praxis: metaOf(wish, sessionId) } };
      const open = () =>
        link.request((id) => requestLine(id, 'session/new', params), { session: sessionId }).then(unwrap);
      const cursor = await cursors.opening(sessionId, open, onEvent);
      return { sessionId, cursor };
    },

    attach: (sessionId, after, onEvent, onCaughtUp) => cursors.attach(sessionId, after, onEvent, onCaughtUp),

    prompt(sessionId, prompt, { urgent } = {}) {
      const turnId = newId();
      const params = { sessionId, prompt, _meta: { praxis: { turnId, ...(urgent && { urgent }) } } };
      const answer = link.request((id) => requestLine(id, 'session/prompt', params), { session: sessionId });
      const turn = turns.start(sessionId, turnId, answer);
      const cancel = () => notify('session/cancel', { sessionId, _meta: { praxis: { turnId } } });
      return { turnId, ...turn, cancel };
    },

    cancel(sessionId, turnId = turns.runningIn(sessionId)) {
      if (turnId === undefined) notify('session/cancel', { sessionId });
      else cancelTurn(sessionId, turnId);
    },

    async closeSession(sessionId) {
      await request('session/close', { sessionId });
    },

    answer(sessionId, requestId, answer) {
      if ('result' in answer) return link.say(resultLine(requestId, answer.result), sessionId);
      const { code, message, data } = answer.error;
      link.say(errorLine(requestId, new PraxisError(code, message, data)), sessionId);
    },

    flushed: () => link.flushed(),
    close: () => link.close(),
  };
}

/** A directory that is allowed on the node that the session would come to: its home, or the first of its roots. */
function homeFor({ node, connector }: NewSession, nodes: NodeInfo[]): string {
  const live = nodes.filter(({ state }) => state === 'live');
  const found = node
    ? nodes.find(({ name }) => name === node)
    : (live.find(({ connectors }) =>
        connectors.some(({ id, status }) => id === connector && status === 'ready'),
      ) ?? live[0]);
  // Where there is no such node, the service says so in its own words.
  if (!found) return '/';
  const { home, roots } = found;
  const allowed = roots.some(
    (root) => home === root || home.startsWith(root.endsWith('/') ? root : `${root}/`),
  );
  return allowed ? home : (roots[0] ?? home);
}

function metaOf(wish: NewSession, sessionId: string): Record<string, unknown> {
  const { cwd: _cwd, ...rest } = wish;
  return { ...rest, sessionId };
}

/** The address of a new run of a client with this login. */
export function addressOf(user: string): string {
  const login = parseLogin(user);
  if (login?.role !== 'client') throw invalidParams(`${user} is no login of a client`);
  return `${login.name}.${newId()}`;
}
