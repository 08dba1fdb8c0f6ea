/** The methods by which clients see and change the prompts that wait in a session. */
import { z } from 'zod';
import { ContentBlock } from './acp.js';
import { SessionId, TurnId } from './ids.js';

const time = z.number().int().min(0);
const ofTurn = z.looseObject({ sessionId: SessionId, turnId: TurnId });
const done = z.looseObject({});

/** A turn that runs or waits. */
export const OpenTurn = z.looseObject({
  turnId: TurnId,
  state: z.enum(['running', 'cancelling', 'queued']),
  /** The name of the client login that prompted. */
  by: z.string(),
  /** When it was accepted, in milliseconds since 1970. */
  at: time,
  prompt: z.array(ContentBlock),
});
export type OpenTurn = z.infer<typeof OpenTurn>;

/** A change of a turn that does not wait any more is refused with Conflict. */
export const TurnMethods = {
  /** The running turn first, then those that wait, in the order in which they will run. */
  '_praxis/turn/list': {
    params: z.looseObject({ sessionId: SessionId }),
    result: z.looseObject({ turns: z.array(OpenTurn) }),
  },
  /** Another prompt in the place of a waiting one. */
  '_praxis/turn/edit': { params: ofTurn.extend({ prompt: z.array(ContentBlock).min(1) }), result: done },
  /** Takes a waiting prompt out of the queue. Who asked for it is answered with RequestCancelled. */
  '_praxis/turn/remove': { params: ofTurn, result: done },
  /** A waiting prompt runs before the others that wait. */
  '_praxis/turn/next': { params: ofTurn, result: done },
} as const;
