/**
 * A bus message: headers that route it, and a body of one or more frames of one session, a line each.
 * Headers are checked here, where they enter a part; nobody reads an unchecked one.
 */
import { z } from 'zod';
import { ClientAddress, SessionId } from './ids.js';

/** The version of the wire. It only grows; what is added is optional. */
export const WIRE_VERSION = 1;
export const CONTENT_TYPE = 'application/x-ndjson';

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const Headers = z.object({
  /** WIRE_VERSION of the sender. */
  v: z.number().int().min(1),
  /** The session that every frame of the body belongs to; absent for what concerns none. */
  session: SessionId.optional(),
  /** The run of the agent's process that the frames belong to. */
  epoch: count.optional(),
  /**
   * The number of the first frame; the others follow by one. From a node: its own count of what it sent for this session
   * (with `boot`). From the service to a client: the journal's `seq`. Absent: the frames are not events.
   */
  seq: count.optional(),
  /**
   * How many of the frames, the first ones, are events; absent: all. The rest are answers that come after them. Only to a
   * client that said `clientCapabilities._meta.praxis.mixed` (service → client).
   */
  events: count.optional(),
  /** Milliseconds since 1970 when the first frame was journaled (service → client). */
  at: count.optional(),
  /** The run of the sending process; a number restarts at zero when it changes. */
  boot: z.string().max(64).optional(),
  /** The client that speaks (client → service). Its login must be the one before the dot. */
  client: ClientAddress.optional(),
  /** The number of this message among those to this client; a gap means that its queue overflowed (service → client). */
  delivery: count.optional(),
});
export type Headers = z.infer<typeof Headers>;

/** The frames of a body, as lines. A frame holds no raw line feed, so splitting is exact. */
export const bodyLines = (body: string): string[] => body.split('\n').filter((line) => line !== '');

export const linesBody = (lines: readonly string[]): string => lines.join('\n');
