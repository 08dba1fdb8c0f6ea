/** What was set for one session, besides what its row has columns for. It is a JSON text in that row. */
import { z } from 'zod';
import { ApprovalPolicy, IdleTimeoutSecs, Name } from '../../proto/index.js';

export const Settings = z.looseObject({
  interactive: z.boolean().optional(),
  approvals: ApprovalPolicy.optional(),
  idleTimeoutSecs: IdleTimeoutSecs.optional(),
  /** How its agent is driven, as the node told when it opened the session. */
  transport: Name.optional(),
  /** A person named it; what the agent calls it is only noted. */
  named: z.boolean().optional(),
  /** It is being imported: more events may come. */
  importing: z.boolean().optional(),
});
export type Settings = z.infer<typeof Settings>;

/** The settings among the wishes of a `session/new`. */
export const settingsOf = ({ interactive, approvals, idleTimeoutSecs }: Settings): string =>
  JSON.stringify({ interactive, approvals, idleTimeoutSecs });
