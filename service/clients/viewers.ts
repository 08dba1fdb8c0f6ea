/**
 * Viewers: a client's cursor over a session's journal. A viewer gets every event after its cursor once and in order, from
 * the session's tail or, when it lags, from the store. Two messages of a viewer are under way at a time: enough that an answer need not wait for
 * the confirm of the events before it, few enough that a flood travels in large messages. Memory holds only what some viewer has not got, and no more than TAIL_EVENTS of it.
 */
import { MAX_BATCH_BYTES, MAX_BATCH_FRAMES } from '../../proto/index.js';
import type { Clock, Log } from '../ports.js';
import type { Session } from '../sessions/session.js';
import type { EventRow, Store } from '../store/index.js';
import type { Client } from './clients.js';

/** Events of one session that wait in memory for its viewers. Older ones are read from the store. */
export const TAIL_EVENTS = 2_000;

/** Messages of one viewer that the broker has not confirmed. */
const WINDOW = 2;

/** Milliseconds that events which are no news wait for what comes next: with an agent that is quick they are one message less. */
export const COMPANY_MS = 3;

interface SeqAnswer {
  seq: number;
  line: string;
}

class Viewer {
  /** Answers that come after an event that this viewer has not got. */
  readonly answers: SeqAnswer[] = [];
  reading = false;
  stopped = false;
  /** Set while events wait for company: has them wait no longer. */
  stopHold: (() => void) | undefined;
  /** The newest event that was sent; `cursor` is the newest that the broker has confirmed. */
  sent: number;
  inFlight = 0;

  constructor(
    readonly client: Client,
    readonly session: Session,
    public cursor: number,
  ) {
    this.sent = cursor;
  }

  /** The answers whose events have been sent, which wait no longer. */
  takeAnswers(): SeqAnswer[] {
    const waiting = this.answers.findIndex(({ seq }) => seq > this.sent);
    return this.answers.splice(0, waiting === -1 ? this.answers.length : waiting);
  }
}

export interface ViewersDeps {
  store: Pick<Store, 'events'>;
  log: Log;
  clock: Pick<Clock, 'schedule'>;
  /** Somebody stopped watching. */
  left(session: Session): void;
}

export class Viewers {
  private readonly bySession = new Map<string, Map<string, Viewer>>();

  constructor(private readonly deps: ViewersDeps) {}

  count(session: string): number {
    return this.bySession.get(session)?.size ?? 0;
  }

  addresses(session: string): string[] {
    return [...(this.bySession.get(session)?.keys() ?? [])];
  }

  /** The client gets every event after `after`. Again: its stream starts anew there; its waiting answers stay. */
  add(client: Client, session: Session, after: number): void {
    const old = this.bySession.get(session.id)?.get(client.address);
    if (old) old.stopped = true;
    const viewer = new Viewer(client, session, after);
    viewer.answers.push(...(old?.answers ?? []));
    const viewers = this.bySession.get(session.id) ?? new Map<string, Viewer>();
    viewers.set(client.address, viewer);
    this.bySession.set(session.id, viewers);
    session.watchers = viewers.size;
    void this.pump(viewer);
  }

  remove(client: string, session: string): void {
    const viewers = this.bySession.get(session);
    const viewer = viewers?.get(client);
    if (!viewers || !viewer) return;
    viewer.stopped = true;
    viewers.delete(client);
    viewer.session.watchers = viewers.size;
    if (viewers.size === 0) {
      this.bySession.delete(session);
      viewer.session.tail = [];
    }
    for (const { line } of viewer.answers) void viewer.client.say(line);
    this.deps.left(viewer.session);
  }

  /** The client is gone. */
  forget(client: string): void {
    for (const session of [...this.bySession.keys()]) this.remove(client, session);
  }

  /** The session is gone; answers that wait for its events come now. */
  removeSession(session: string): void {
    for (const client of this.addresses(session)) this.remove(client, session);
  }

  /** Sends a line to the client when it has the session's events up to `seq`. */
  sendAfter(client: Client, session: string, seq: number, line: string): void {
    const viewer = this.bySession.get(session)?.get(client.address);
    if (!viewer || (viewer.sent >= seq && viewer.answers.length === 0)) void client.say(line);
    else {
      viewer.answers.push({ seq, line });
      void this.pump(viewer);
    }
  }

  /** The session has more saved events. */
  saved(session: Session): void {
    const viewers = this.bySession.get(session.id);
    if (!viewers) return;
    for (const viewer of viewers.values()) {
      if (session.news > viewer.sent) void this.pump(viewer);
      else if (session.saved > viewer.sent) this.hold(viewer);
    }
    if (session.tail.length > 2 * TAIL_EVENTS) session.tail.splice(0, session.tail.length - TAIL_EVENTS);
  }

  /** The bus is back: goes on with what it did not confirm. A client drops the events that it has. */
  reconnected(): void {
    for (const viewers of this.bySession.values())
      for (const viewer of viewers.values()) void this.pump(viewer);
  }

  private hold(viewer: Viewer): void {
    viewer.stopHold ??= this.deps.clock.schedule(COMPANY_MS, () => {
      viewer.stopHold = undefined;
      void this.pump(viewer);
    });
  }

  private async pump(viewer: Viewer): Promise<void> {
    if (viewer.reading) return;
    viewer.reading = true;
    viewer.stopHold?.();
    viewer.stopHold = undefined;
    try {
      this.answer(viewer);
      while (!viewer.stopped && viewer.inFlight < WINDOW && viewer.sent < viewer.session.saved) {
        const events = batchOf(await this.read(viewer));
        // A message that was lost meanwhile has set the viewer back.
        if (viewer.stopped || events[0]?.seq !== viewer.sent + 1) break;
        void this.send(viewer, events);
        this.answer(viewer);
      }
    } catch (error) {
      this.deps.log.error(
        { session: viewer.session.id, error: String(error) },
        'a viewer cannot read the journal',
      );
    } finally {
      viewer.reading = false;
    }
  }

  private async send(viewer: Viewer, events: EventRow[]): Promise<void> {
    const { session, seq, epoch, at } = events[0]!;
    const last = events.at(-1)!.seq;
    viewer.sent = last;
    viewer.inFlight++;
    const frames = events.map(({ frame }) => frame);
    const answers = viewer.client.mixed ? viewer.takeAnswers() : [];
    const headers = { session, seq, epoch, at, ...(answers.length > 0 && { events: frames.length }) };
    const delivered = await viewer.client.send([...frames, ...answers.map(({ line }) => line)], headers);
    viewer.inFlight--;
    if (delivered === 'sent') {
      viewer.cursor = Math.max(viewer.cursor, last);
      this.trim(viewer.session);
      void this.pump(viewer);
    } else if (delivered === 'disconnected') {
      viewer.sent = viewer.cursor;
      this.giveBack(viewer, answers);
    }
  }

  /** Sends the answers whose events have been sent before them. One that is lost with them is sent with them again. */
  private answer(viewer: Viewer): void {
    for (const answer of viewer.takeAnswers())
      void viewer.client.send([answer.line]).then((delivered) => {
        if (delivered === 'disconnected') this.giveBack(viewer, [answer]);
      });
  }

  /** Answers that were lost wait again, or are said when there is nothing that they wait for. */
  private giveBack(viewer: Viewer, answers: readonly SeqAnswer[]): void {
    if (viewer.stopped) for (const { line } of answers) void viewer.client.say(line);
    else {
      viewer.answers.push(...answers);
      viewer.answers.sort((a, b) => a.seq - b.seq);
    }
  }

  /** Saved events that were not sent. */
  private async read({ session, sent }: Viewer): Promise<EventRow[]> {
    const { tail, saved } = session;
    const first = tail[0]?.seq;
    if (first === undefined || first > sent + 1) {
      const rows = await this.deps.store.events(session.id, sent, MAX_BATCH_FRAMES, MAX_BATCH_BYTES);
      return rows.filter(({ seq }) => seq <= session.saved);
    }
    const from = sent + 1 - first;
    return tail.slice(from, Math.min(from + MAX_BATCH_FRAMES, saved + 1 - first));
  }

  /** Drops from the tail what every viewer has. */
  private trim(session: Session): void {
    const first = session.tail[0]?.seq;
    if (first === undefined) return;
    let least = Number.POSITIVE_INFINITY;
    for (const { cursor } of this.bySession.get(session.id)?.values() ?? []) least = Math.min(least, cursor);
    if (least >= first) session.tail.splice(0, least + 1 - first);
  }
}

/** The first events that fit into one message: of one epoch, within MAX_BATCH_BYTES. */
function batchOf(events: EventRow[]): EventRow[] {
  let size = 0;
  const end = events.findIndex((event, i) => {
    size += event.frame.length;
    return i > 0 && (event.epoch !== events[0]!.epoch || size > MAX_BATCH_BYTES);
  });
  return end === -1 ? events : events.slice(0, end);
}
