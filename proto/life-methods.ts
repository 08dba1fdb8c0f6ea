/** The methods by which clients name, set, put away, remove, and bring back sessions. */
import { z } from 'zod';
import { Name, SessionId } from './ids.js';
import { ApprovalPolicy, IdleTimeoutSecs } from './policy.js';

const text = z.string();
const count = z.number().int().min(0);
const bySession = z.looseObject({ sessionId: SessionId });
const done = z.looseObject({});
/** Milliseconds since 1970, as far as a date goes (ECMA-262, time values): what is imported is shown. */
const time = count.max(8.64e15);

/** The first line of an exported session: what it was. Everything that is said of it later is in its events. */
export const ExportHead = z.looseObject({
  sessionId: SessionId,
  node: Name,
  connector: Name,
  agent: text.max(200),
  cwd: text.max(4_096),
  title: text.max(200).nullable(),
  yolo: z.boolean(),
  createdAt: time,
});
export type ExportHead = z.infer<typeof ExportHead>;

/** Every further line: an event as it is in the journal, its frame as text, byte for byte. */
export const ExportedEvent = z.looseObject({ seq: count.min(1), epoch: count, at: time, frame: text });
export type ExportedEvent = z.infer<typeof ExportedEvent>;

export const LifeMethods = {
  /** The person's title stays, whatever the agent calls the session later; null gives the name back to the agent. */
  '_praxis/session/rename': {
    params: bySession.extend({ title: text.trim().min(1).max(200).nullable() }),
    result: done,
  },
  /** What is absent stays; null: what the node says. */
  '_praxis/session/configure': {
    params: bySession.extend({
      approvals: ApprovalPolicy.nullish(),
      idleTimeoutSecs: IdleTimeoutSecs.nullish(),
    }),
    result: done,
  },
  /** An ended session goes out of the lists. One that lives is refused with Conflict. */
  '_praxis/session/archive': { params: bySession, result: done },
  /** An archived session is back among the ended ones. */
  '_praxis/session/restore': { params: bySession, result: done },
  /** Removes ended and archived sessions that have not changed for so long: PRUNE_PAGE of them; `more` says that there are others. */
  '_praxis/session/prune': {
    params: z.looseObject({ olderThanSecs: count, dryRun: z.boolean().default(false) }),
    result: z.looseObject({
      sessions: z.array(
        z.looseObject({ sessionId: SessionId, title: text.nullable(), updatedAt: count, size: count }),
      ),
      more: z.boolean(),
    }),
  },
  /**
   * Some events of an exported session, in their order; the first call makes the session, as an ended one, and `last` ends the
   * import. Events that are there already are skipped. An id that another session has is refused with Conflict.
   */
  '_praxis/session/import': {
    params: bySession.extend({ head: ExportHead, events: z.array(ExportedEvent), last: z.boolean() }),
    result: z.looseObject({ seq: count }),
  },
} as const;
