/**
 * The service without its process: takes bus messages and time, and puts the parts together. One core owns all sessions of
 * its partition; it is single-threaded, and everything that it shows or acknowledges is saved (see commit.ts).
 */
import type { Disposition, Incoming } from '../bus/index.js';
import { MAX_JOURNAL_CHARACTERS } from '../proto/index.js';
import { Announcer } from './announcer.js';
import { Clients } from './clients/clients.js';
import { Replay } from './clients/replay.js';
import { Viewers } from './clients/viewers.js';
import { Waiters } from './clients/waiters.js';
import { Committer } from './commit.js';
import { ClientInbox } from './inbound/commands.js';
import { NodeInbox } from './inbound/events.js';
import { SessionMethods } from './inbound/session-methods.js';
import { Watch } from './inbound/watch.js';
import { addApprovalMethods } from './methods/approvals.js';
import { Changes } from './methods/changes.js';
import { addInitialize } from './methods/initialize.js';
import { addLifeMethods } from './methods/life.js';
import { SessionList } from './methods/list.js';
import { addPraxisMethods, type Host } from './methods/praxis.js';
import { MethodServer } from './methods/server.js';
import { addTurnMethods } from './methods/turns.js';
import type { Clock, Log, Publisher } from './ports.js';
import { type Hop, Hops } from './routing/hops.js';
import { Nodes } from './routing/nodes.js';
import { Approvals } from './sessions/approvals.js';
import { Journal } from './sessions/journal.js';
import { Keeping } from './sessions/keeping.js';
import { Lifecycle } from './sessions/lifecycle.js';
import { policyFor } from './sessions/policy.js';
import { Queue } from './sessions/queue.js';
import { type Outcome, type Session, Sessions } from './sessions/session.js';
import { Timeouts } from './sessions/timeouts.js';
import { Turns } from './sessions/turns.js';
import type { Store } from './store/index.js';

/** Milliseconds between two looks at the nodes. */
const TICK_MS = 1_000;
/** Milliseconds after which a client that nothing was sent to is sent something, to see whether it is there. */
const PROBE_MS = 60_000;
/** Outcomes of turns stay this long (ms) for a client that asks again. */
const KEEP_TURNS_MS = 24 * 60 * 60 * 1_000;

export interface CoreOptions {
  bus: Publisher;
  store: Store;
  clock: Clock;
  newId: () => string;
  /** Tells this run of the service from every other. Default: a new id. */
  boot?: string;
  log: Log;
  host: Host;
  /** Resolves when the service may act; rejects with Fenced when another one is active. Absent: it is alone. */
  secured?(): Promise<void>;
  /** The store has refused a commit because another service is the active one. */
  fenced?(reason: string): void;
  /** Characters that one journal may have; default MAX_JOURNAL_CHARACTERS. */
  maxJournal?: number;
}

export class Core {
  readonly boot: string;
  private readonly sessions = new Sessions();
  private readonly nodes: Nodes;
  private readonly clients: Clients;
  private readonly viewers: Viewers;
  private readonly waiters: Waiters;
  private readonly hops: Hops;
  private readonly committer: Committer;
  private readonly turns: Turns;
  private readonly lifecycle: Lifecycle;
  private readonly watch: Watch;
  private readonly timeouts: Timeouts;
  private readonly list: SessionList;
  private readonly clientInbox: ClientInbox;
  private readonly nodeInbox: NodeInbox;
  private readonly announcer: Announcer;
  private readonly approvals: Approvals;
  private stopTick: (() => void) | undefined;
  private stopProbe: (() => void) | undefined;
  private lastTick: number;
  private connected = false;

  private constructor(private readonly options: CoreOptions) {
    const { bus, store, clock, newId, log, host } = options;
    this.boot = options.boot ?? newId();
    this.lastTick = clock.steady();
    const { sessions } = this;
    this.nodes = new Nodes({ now: () => clock.now(), sessionsOn: (node) => sessions.onNode(node).length });
    this.announcer = new Announcer({ bus, clock, log, boot: this.boot, nodes: () => this.nodes.list() });
    this.hops = new Hops({
      bus,
      log,
      unreachable: (hop) => this.unreachable(hop),
      helloOf: (node) => this.nodes.helloOf(node),
    });
    this.viewers = new Viewers({ store, log, clock, left: (session) => this.viewerLeft(session) });
    this.clients = new Clients(bus, this.boot, (address) => {
      this.viewers.forget(address);
      this.waiters.forget(address);
    });
    this.waiters = new Waiters({
      clients: this.clients,
      sendAfter: (client, session, seq, line) => this.viewers.sendAfter(client, session, seq, line),
    });
    this.committer = new Committer({
      store,
      clock,
      log,
      secured: options.secured ?? (() => Promise.resolve()),
      fenced: (reason) => options.fenced?.(reason),
      reload: (ids) => this.reload(ids),
      saved: (touched) => {
        for (const session of touched) this.viewers.saved(session);
      },
    });
    const { committer, hops, waiters, clients, viewers, nodes } = this;
    const journal = new Journal({
      committer,
      clock,
      changed: (session) => this.announcer.sessionChanged(session),
    });
    const approvals = new Approvals({
      journal,
      clock,
      hops,
      newId,
      viewers: (session) => viewers.addresses(session),
      isInteractive: (client) => clients.get(client)?.defaults.interactive !== false,
      policy: (session) => policyFor(session, nodes.policyOf(session.record.node)),
    });
    this.approvals = approvals;
    const maxJournal = options.maxJournal ?? MAX_JOURNAL_CHARACTERS;
    const turns = new Turns({
      journal,
      hops,
      waiters,
      approvals,
      nodes,
      maxJournal,
    });
    this.turns = turns;
    const lifecycle = new Lifecycle({
      sessions,
      journal,
      hops,
      waiters,
      clients,
      viewers,
      turns,
      approvals,
      nodes,
    });
    this.lifecycle = lifecycle;
    const settle = (hopId: string, outcome: Outcome) => this.settle(hopId, outcome);
    this.watch = new Watch({
      committer,
      clock,
      nodes,
      hops,
      sessions,
      lifecycle,
      turns,
      approvals,
      settle,
      changed: () => this.announcer.nodesChanged(),
    });
    this.timeouts = new Timeouts({ sessions, nodes, approvals, lifecycle, journal, clock });
    this.list = new SessionList({ sessions, nodes, hops, clock, newId });
    const server = new MethodServer();
    addInitialize(server, { sessions, boot: this.boot });
    addPraxisMethods(server, {
      ...{ sessions, nodes, viewers, store, clock, boot: this.boot, host },
      removeNode: async (name) => {
        let fault: unknown;
        const handle = () => this.watch.remove(name);
        const fail = (error: unknown) => {
          fault = error;
        };
        await committer.run({ handle, fail });
        if (fault) throw fault;
      },
    });
    this.list.add(server);
    const changes = new Changes({ sessions, journal, waiters });
    addApprovalMethods(server, changes, { sessions, approvals });
    const keeping = new Keeping({ sessions, journal, lifecycle, maxJournal });
    addLifeMethods(changes, { keeping, nodes, now: () => clock.now() });
    addTurnMethods(server, changes, { sessions, queue: new Queue({ journal, turns }) });
    const replay = new Replay({ store, viewers, waiters });
    const sessionMethods = new SessionMethods({
      sessions,
      nodes,
      hops,
      journal,
      lifecycle,
      turns,
      waiters,
      replay,
    });
    this.clientInbox = new ClientInbox({
      committer,
      log,
      clients,
      waiters,
      viewers,
      sessions,
      journal,
      hops,
      turns,
      approvals,
      server,
      changes,
      sessionMethods,
    });
    const { watch } = this;
    this.nodeInbox = new NodeInbox({
      committer,
      log,
      sessions,
      journal,
      hops,
      approvals,
      lifecycle,
      watch,
      settle,
      nodes,
      hasLogin: (login) => host.logins.has(login),
    });
  }

  /** A core that goes on where the store says that the last one was. */
  static async load(options: CoreOptions): Promise<Core> {
    const core = new Core(options);
    const rows = await options.store.load(options.clock.now() - KEEP_TURNS_MS);
    core.nodes.restore(rows.nodes);
    core.sessions.restore(rows);
    for (const session of core.sessions.all()) {
      core.adopt(session);
      core.approvals.recall(session);
    }
    return core;
  }

  /** The requests that the last run had sent, or was about to send. They are sent again when the node says hello. */
  private adopt(session: Session): void {
    const { node, epoch } = session.record;
    const { line } = session.opening;
    if (line !== null)
      this.hops.adopt({ id: session.openingId, node, purpose: 'open', session: session.id, epoch, line });
    const turn = session.running;
    if (turn?.line)
      this.hops.adopt({ id: turn.id, node, purpose: 'turn', session: session.id, epoch, line: turn.line });
  }

  /** A message of a client. */
  command(message: Incoming): Promise<Disposition> {
    return this.clientInbox.receive(message);
  }

  /** A message of a node. */
  event(message: Incoming): Promise<Disposition> {
    return this.nodeInbox.receive(message);
  }

  /** The bus is there, for the first time or again: says so, and goes on with what it did not confirm. */
  online(): void {
    this.connected = true;
    this.nodes.forgive();
    this.approvals.reconnected();
    this.announcer.online();
    this.viewers.reconnected();
    for (const client of this.clients.all()) client.reconnected();
    if (!this.stopTick) {
      this.tick();
      this.probe();
    }
  }

  /** The bus is away: the silence of the nodes is no longer theirs. */
  offline(): void {
    this.connected = false;
  }

  /** Resolves when everything handled so far is saved and sent. */
  async stop(): Promise<void> {
    this.stopTick?.();
    this.stopProbe?.();
    this.announcer.stop();
    await new Promise<void>((resolve) => this.committer.effect(resolve));
  }

  private probe(): void {
    this.stopProbe = this.options.clock.schedule(PROBE_MS, () => {
      if (this.connected) for (const client of [...this.clients.all()]) client.probe(this.announcer.presence);
      this.probe();
    });
  }

  private tick(): void {
    this.stopTick = this.options.clock.schedule(TICK_MS, () => {
      const now = this.options.clock.steady();
      // A service that was suspended itself knows nothing about the time between.
      const elapsed = Math.min(Math.max(now - this.lastTick, 0), 2 * TICK_MS);
      this.lastTick = now;
      const handle = () => {
        this.watch.tick(elapsed);
        this.timeouts.tick();
      };
      if (this.connected) void this.committer.run({ handle });
      this.tick();
    });
  }

  /** A request of ours has its outcome. */
  private settle(hopId: string, outcome: Outcome): void {
    const hop = this.hops.get(hopId);
    if (!hop) return;
    const session = hop.session === undefined ? undefined : this.sessions.get(hop.session);
    if (hop.purpose === 'list') this.committer.effect(() => this.list.settled(hopId, outcome));
    else if (hop.purpose === 'forward' || !session) {
      const seq = session?.record.seq;
      this.committer.effect(() => {
        this.hops.end(hopId);
        this.waiters.answer(hopId, outcome, session, seq);
      });
    } else if (hop.purpose === 'open') this.lifecycle.opened(session, outcome);
    else if (hop.purpose === 'turn') this.turns.settled(session, hopId, outcome);
    else this.lifecycle.closed(session, hop.purpose, hopId);
  }

  /** Nobody is at the node's address. After a restart of the broker it may be on its way: its hello sends the request again. */
  private unreachable(hop: Hop): void {
    if (this.nodes.isExpected(hop.node)) return;
    const handle = () => {
      if (this.hops.isUnsent(hop.id)) this.watch.absent(hop);
    };
    void this.committer.run({ handle });
  }

  /** What only viewers could answer is refused when the last of them has left. */
  private viewerLeft(session: Session): void {
    if (session.openRequests.length > 0)
      void this.committer.run({ handle: () => this.approvals.reconsider(session) });
  }

  private async reload(ids: string[]): Promise<void> {
    const rows = await this.options.store.loadSessions(ids, this.options.clock.now() - KEEP_TURNS_MS);
    const there = new Set(rows.sessions.map(({ id }) => id));
    for (const id of ids) if (!there.has(id)) this.sessions.remove(id);
    this.sessions.restore(rows);
  }
}
