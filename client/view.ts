/**
 * The fold of a session's journal into its view. It is pure and deterministic: the same events give the same view, in
 * whatever pieces they come and however often one is repeated; each event costs the same at any length.
 */
import { whyOf } from './reasons.js';
import type { SessionEvent } from './types.js';
import type { Item, SessionView } from './view-items.js';
import { type Fields, fields, isPlain, list, number, text } from './view-read.js';
import { Requests } from './view-requests.js';
import { Turns } from './view-turns.js';
import { Updates } from './view-updates.js';

/** An item as its maker gives it: the fold adds id, version and time. */
export type NewItem = Item extends infer I
  ? I extends Item
    ? Omit<I, 'id' | 'version' | 'at'>
    : never
  : never;

/** What the parts of the fold share: the view, and the two ways to change its items. */
export class Draft {
  /** Time of the event that is being folded. */
  at = 0;
  #ids = 0;
  /** A person named the session; what the agent calls it does not count. */
  named = false;
  /** The agent says that its messages are plain text. */
  plain = false;

  constructor(readonly view: SessionView) {}

  /** A new item, not in the list yet. */
  make<T extends NewItem>(item: T): T & { id: string; version: number; at: number } {
    this.#ids++;
    return { ...item, id: `i${this.#ids}`, version: 1, at: this.at };
  }

  add<T extends NewItem>(item: T): T & { id: string; version: number; at: number } {
    const made = this.make(item);
    this.view.items.push(made as unknown as Item);
    return made;
  }

  touch(item: Item): void {
    item.version++;
  }
}

function emptyView(sessionId: string): SessionView {
  return {
    session: {
      sessionId,
      node: '',
      connector: '',
      agent: '',
      cwd: '',
      yolo: false,
      title: null,
      state: 'starting',
      reason: null,
    },
    items: [],
    queue: [],
    running: null,
    approvals: [],
    usage: null,
    commands: [],
    modes: null,
    model: null,
    seq: 0,
    epoch: 0,
    version: 0,
  };
}

export class SessionFold {
  readonly view: SessionView;
  readonly #draft: Draft;
  readonly #updates: Updates;
  readonly #turns: Turns;
  readonly #requests: Requests;

  constructor(sessionId: string) {
    this.view = emptyView(sessionId);
    this.#draft = new Draft(this.view);
    this.#updates = new Updates(this.#draft);
    this.#turns = new Turns(this.#draft, this.#updates);
    this.#requests = new Requests(this.#draft, this.#updates);
  }

  /** Folds one event into the view. False when it was known already, or of another session. */
  apply(event: SessionEvent): boolean {
    const { view } = this;
    if (event.seq <= view.seq || event.sessionId !== view.session.sessionId) return false;
    if (event.epoch > view.epoch && view.epoch > 0) this.#updates.newEpoch();
    view.seq = event.seq;
    view.epoch = event.epoch;
    view.version++;
    const { frame } = event;
    // Events that came together share the time of their message; what the service wrote has its own.
    this.#draft.at = (frame.kind === 'notification' && number(frame.params.at)) || event.at;
    if (frame.kind === 'request') this.#requests.asked(String(frame.id), frame.method, frame.params);
    else if (frame.kind === 'notification') this.#notified(frame.method, frame.params);
    return true;
  }

  #notified(method: string, params: Fields) {
    switch (method) {
      case 'session/update':
        return this.#updates.update(fields(params.update));
      case '_praxis/turn':
        return this.#turns.turn(params);
      case '_praxis/session/opened':
        return this.#opened(params);
      case '_praxis/session/state':
        return this.#state(params);
      case '_praxis/session/renamed':
        this.#draft.named = params.title !== null;
        this.view.session.title = text(params.title) ?? null;
        return;
      case '_praxis/session/notice':
        return this.#updates.notice(params.severity, text(params.text) ?? '');
      case '_praxis/request/resolved':
        return this.#requests.resolved(params);
      case '_praxis/request/auto':
        return this.#requests.answeredAtOnce(params);
      default:
        return this.#updates.other(method, params);
    }
  }

  #opened(params: Fields): void {
    const { session } = this.view;
    const agent = fields(params.agentInfo);
    session.node = text(params.node) ?? session.node;
    session.connector = text(params.connector) ?? session.connector;
    session.agent = text(agent.title) ?? text(agent.name) ?? session.connector;
    session.cwd = text(params.cwd) ?? session.cwd;
    session.yolo = params.yolo === true;
    this.#draft.plain = isPlain(agent);
    this.#updates.model(params.result);
    const modes = fields(fields(params.result).modes);
    const current = text(modes.currentModeId);
    if (current === undefined) return;
    const available = (list(modes.availableModes) ?? []).flatMap((m) => {
      const id = text(m.id);
      return id === undefined ? [] : [{ id, name: text(m.name) ?? id }];
    });
    this.view.modes = { current, available };
  }

  #state(params: Fields): void {
    const { session } = this.view;
    const state = params.state as typeof session.state;
    const before = session.state;
    session.state = state;
    session.reason = text(params.reason) ?? null;
    if (state === before || before === 'archived' || (state !== 'lost' && state !== 'ended')) return;
    // The detail is a sentence where there is one; the reason is a word for programs, which has one too.
    const why = text(params.detail) ?? whyOf(text(params.reason) ?? '');
    const head = state === 'lost' ? 'The session is lost' : 'The session has ended';
    this.#updates.notice(state === 'lost' ? 'warning' : 'info', why === '' ? head : `${head}: ${why}`);
  }
}

/** The view of `events`, all of one session. */
export function foldEvents(sessionId: string, events: Iterable<SessionEvent>): SessionView {
  const fold = new SessionFold(sessionId);
  for (const event of events) fold.apply(event);
  return fold.view;
}
