/**
 * Group commit: the promise that nothing unsaved is ever visible or acknowledged.
 *
 * An input (a bus message, a timer) is handled at once and in order. Its handler changes the sessions in memory, writes what
 * changed into the draft, and names effects: what others may see of it (answers, frames to nodes, viewers). The draft is
 * committed in one transaction; what comes while a commit is under way is gathered into the next, up to a size: a flood is many
 * short transactions and not one long one, which would keep everybody waiting and the row of the lease locked. Only after the
 * commit the effects run, in order, and the inputs are acknowledged. Therefore:
 *
 * - Killed before the commit: nothing happened; the broker delivers the inputs again.
 * - Killed between commit and effects: the broker delivers the inputs again, and each is known by its id or number. What was
 *   to be sent to a node is sent when it says hello; what was to be answered is answered when the client asks again.
 * - Killed after the effects, before the acknowledgement: the same; receivers drop what they know.
 *
 * A commit that fails (a full disk) fails as a whole: the sessions that it touched are read again from the store, commands
 * are refused with StorageFailed, and everything else waits in order and is tried again every RETRY_MS.
 *
 * A commit that is refused because another service has taken over (Fenced) ends it all: nothing of the draft happens, nothing
 * is acknowledged, and nothing more is handled. The broker gives what was not acknowledged to the other one.
 *
 * A handler that throws has a fault, and may have changed half of what it meant to: nothing of its draft is committed, the
 * sessions that it touched are read again, and everything else of the draft is handled again, in order and without it.
 */
import type { Disposition } from '../bus/index.js';
import type { Clock, Log } from './ports.js';
import type { Session } from './sessions/session.js';
import {
  type Batch,
  type EventRow,
  Fenced,
  type NodeRow,
  type RequestRow,
  type Store,
  type TurnRow,
} from './store/index.js';

/** Milliseconds between two tries to write after a failure. */
export const RETRY_MS = 1_000;

/** Events, and characters of them, after which a draft takes no further input. */
export const MAX_DRAFT_EVENTS = 2_000;
const MAX_DRAFT_CHARACTERS = 1024 * 1024;

export interface Input {
  /** Changes memory and draft. May be called again after a commit that failed. */
  handle(): void;
  /**
   * Tells the sender that nothing was accepted. An input without it is never refused: it is handled later, as is one that
   * returns false, since it asks about what was accepted before.
   */
  refuse?(): boolean;
  /** Tells the sender that its handler failed, and nothing of it was kept. */
  fail?(error: unknown): void;
  /** The input in smaller ones that mean the same, of which a fault then spoils one. */
  split?(): Input[];
  /** The sessions that it is about. */
  about?(): string[];
}

interface Pending {
  input: Input;
  done: (disposition: Disposition) => void;
}

interface Effect {
  call: () => void;
  /** It belongs to an input, and goes with it when that is refused or handled again. */
  tied: boolean;
}

/** What one transaction will write. Rows are collected by reference and copied when the draft is sealed. */
class Draft {
  /** The input whose handler threw: the draft is not to be committed. */
  spoiled: { by: Pending; error: unknown } | undefined;
  readonly effects: Effect[] = [];
  readonly inputs: Pending[] = [];
  readonly events: EventRow[] = [];
  readonly sessions = new Set<Session>();
  readonly openings = new Set<Session>();
  readonly turns = new Set<TurnRow>();
  readonly requests = new Set<RequestRow>();
  readonly nodes = new Map<string, NodeRow>();
  readonly done = new Set<string>();
  readonly removed = new Set<string>();
  readonly removedNodes = new Set<string>();
  private counted = 0;
  private characters = 0;

  get isFull(): boolean {
    for (; this.counted < this.events.length; this.counted++)
      this.characters += this.events[this.counted]!.frame.length;
    return this.counted >= MAX_DRAFT_EVENTS || this.characters >= MAX_DRAFT_CHARACTERS;
  }

  seal(): Batch | undefined {
    const kept = [...this.sessions].filter((session) => !this.removed.has(session.id));
    const batch: Batch = {
      sessions: kept.map((session) => ({ ...session.record })),
      openings: [...this.openings]
        .filter((session) => !this.removed.has(session.id))
        .map((session) => ({ ...session.opening })),
      turns: [...this.turns].map((turn) => ({ ...turn })),
      requests: [...this.requests].filter(({ id }) => !this.done.has(id)).map((request) => ({ ...request })),
      events: this.events,
      nodes: [...this.nodes.values()],
      doneRequests: [...this.done],
      removedSessions: [...this.removed],
      removedNodes: [...this.removedNodes],
    };
    return Object.values(batch).some((rows) => rows.length > 0) ? batch : undefined;
  }

  touched(): string[] {
    return [
      ...new Set([
        ...[...this.sessions, ...this.openings].map((session) => session.id),
        ...[...this.turns, ...this.requests].map(({ session }) => session),
        ...this.removed,
        ...(this.spoiled?.by.input.about?.() ?? []),
      ]),
    ];
  }
}

export interface CommitterDeps {
  store: Pick<Store, 'commit'>;
  clock: Clock;
  log: Log;
  /** Resolves when this service may act. Rejects with Fenced when it never will again: what was handled has no effect then. */
  secured(): Promise<void>;
  /** Another service has taken over, for this reason. Nothing is called afterwards. */
  fenced(reason: string): void;
  /** Makes these sessions what the store says they are. */
  reload(sessions: string[]): Promise<void>;
  /** Called after the effects of a commit, with the sessions whose journals may have grown. */
  saved(sessions: Iterable<Session>): void;
}

export class Committer {
  /** What the input that is being handled writes into. */
  draft = new Draft();
  private flushing = false;
  private handling = false;
  /** Another service has taken over. */
  private ended = false;
  /** Inputs that wait because the store fails; undefined while it works. */
  private waiting: Pending[] | undefined;
  /** Inputs that wait until what a faulty handler did is undone; undefined at all other times. */
  private held: Pending[] | undefined;
  /** Inputs that wait because the draft is full. */
  private backlog: Pending[] = [];

  constructor(private readonly deps: CommitterDeps) {}

  /** The store fails at present. */
  get failing(): boolean {
    return this.waiting !== undefined;
  }

  /** Handles an input now, or later when the store fails. Resolves when it is saved and its effects have run, or refused. */
  run(input: Input): Promise<Disposition> {
    return new Promise((done) => this.take({ input, done }));
  }

  /** What happens once everything handled so far is saved. */
  effect(call: () => void): void {
    this.draft.effects.push({ call, tied: this.handling });
    void this.flush();
  }

  private take(pending: Pending): void {
    if (this.ended) return;
    if (this.waiting) {
      if (!this.refused(pending)) this.waiting.push(pending);
      return;
    }
    if (this.held) {
      this.held.push(pending);
      return;
    }
    if (this.backlog.length > 0 || this.draft.isFull) this.backlog.push(pending);
    else this.handle(pending);
    void this.flush();
  }

  private handle(pending: Pending): void {
    this.handling = true;
    try {
      pending.input.handle();
      this.draft.inputs.push(pending);
    } catch (error) {
      this.draft.spoiled = { by: pending, error };
      this.held = this.backlog.splice(0);
    } finally {
      this.handling = false;
    }
  }

  /** Handles what waited for room, as far as there is room now. */
  private refill(): void {
    const waiting = this.backlog.splice(0);
    const room = waiting.findIndex((pending) => {
      if (this.draft.isFull || this.held) return true;
      this.handle(pending);
      return false;
    });
    if (room !== -1) (this.held ?? this.backlog).push(...waiting.slice(room));
  }

  private refused({ input, done }: Pending): boolean {
    if (!input.refuse?.()) return false;
    done('ack');
    return true;
  }

  private async flush(): Promise<void> {
    if (this.flushing || this.ended) return;
    this.flushing = true;
    // What was delivered together is handled in this tick and committed together.
    await Promise.resolve();
    while (this.draft.spoiled || this.draft.inputs.length > 0 || this.draft.effects.length > 0) {
      const draft = this.draft;
      this.draft = new Draft();
      if (draft.spoiled) {
        await this.undo(draft, draft.spoiled);
        continue;
      }
      const batch = draft.seal();
      this.refill();
      try {
        if (batch) await this.deps.store.commit(batch);
        await this.deps.secured();
      } catch (error) {
        if (error instanceof Fenced) {
          this.ended = true;
          this.deps.fenced(error.message);
          return;
        }
        await this.recover(draft, error);
        continue;
      }
      // The row in the batch: the record may have grown while the commit was under way.
      const seqs = new Map(batch?.sessions.map((row) => [row.id, row.seq]));
      for (const session of draft.sessions) session.saved = seqs.get(session.id) ?? session.saved;
      for (const { call } of draft.effects) this.attempt(call);
      this.deps.saved(draft.sessions);
      for (const { done } of draft.inputs) done('ack');
    }
    this.flushing = false;
  }

  private attempt(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      this.deps.log.error({ error: String(error) }, 'an effect failed');
    }
  }

  /** Makes memory what it was before the draft, and handles its inputs again without the one that failed. */
  private async undo(draft: Draft, { by, error }: { by: Pending; error: unknown }): Promise<void> {
    const parts = by.input.split?.() ?? [];
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.deps.log.error({ sessions: by.input.about?.(), error: text }, 'an input could not be handled');
    this.draft.effects.push(...draft.effects.filter(({ tied }) => !tied));
    await this.reload(draft.touched());
    const again = [...draft.inputs, ...(parts.length > 1 ? inPlaceOf(by, parts) : []), ...(this.held ?? [])];
    this.held = undefined;
    if (parts.length <= 1) {
      by.input.fail?.(error);
      by.done('drop');
    }
    for (const pending of again) this.take(pending);
  }

  /** The inputs of the failed draft, and of the one that was built upon it, are refused or handled again in order. */
  private async recover(failed: Draft, error: unknown): Promise<void> {
    const drafts = [failed, this.draft];
    const { spoiled } = this.draft;
    this.draft = new Draft();
    this.draft.effects.push(...drafts.flatMap((draft) => draft.effects.filter(({ tied }) => !tied)));
    // What spoiled the second draft shows it again when it is handled again.
    const late = [...(spoiled ? [spoiled.by] : []), ...(this.held ?? []), ...this.backlog.splice(0)];
    this.held = undefined;
    const inputs = [...drafts.flatMap((draft) => draft.inputs), ...late];
    this.deps.log.error({ error: String(error), inputs: inputs.length }, 'the journal cannot be written');
    const meanwhile: Pending[] = [];
    this.waiting = meanwhile;
    await this.reload(drafts.flatMap((draft) => draft.touched()));
    // Only now does memory say what is accepted: what came meanwhile was kept if it looked so.
    this.waiting = [...inputs, ...meanwhile].filter((pending) => !this.refused(pending));
    this.deps.clock.schedule(RETRY_MS, () => this.retry());
  }

  private retry(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const pending of waiting) this.take(pending);
  }

  private async reload(sessions: string[]): Promise<void> {
    for (;;) {
      try {
        return await this.deps.reload(sessions);
      } catch (error) {
        this.deps.log.error({ error: String(error) }, 'the journal cannot be read');
        await new Promise<void>((resolve) => this.deps.clock.schedule(RETRY_MS, resolve));
      }
    }
  }
}

/** The parts of an input as inputs of their own; it is settled when all of them are. */
function inPlaceOf({ done }: Pending, parts: readonly Input[]): Pending[] {
  let open = parts.length;
  const settled = () => {
    if (--open === 0) done('ack');
  };
  return parts.map((input) => ({ input, done: settled }));
}
