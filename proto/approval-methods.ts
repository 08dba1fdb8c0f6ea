/** The methods of the inbox: every open question of every session, and the answer to one. */
import { z } from 'zod';
import { PermissionOption } from './acp.js';
import { FormAnswer } from './forms.js';
import { Name, SessionId } from './ids.js';

const text = z.string();

/** A question that waits for an answer. */
export const OpenApproval = z.looseObject({
  /** The id of the request's frame. */
  requestId: text,
  sessionId: SessionId,
  node: Name,
  connector: Name,
  agent: text,
  /** The session's title. */
  title: text.nullable(),
  method: text,
  /** When it was asked, and when the policy will reject it: in milliseconds since 1970. */
  at: z.number().int().min(0),
  denyAt: z.number().int().min(0).nullable(),
  /** `argumentsHash` of the question. */
  hash: text,
  /** The question as the agent asked it, its tool call with what the agent has announced of it in this turn. */
  params: z.looseObject({}),
});
export type OpenApproval = z.infer<typeof OpenApproval>;

const Choice = z.union([PermissionOption.shape.kind, z.object({ optionId: text }), FormAnswer]);
export type ApprovalChoice = z.infer<typeof Choice>;

export const ApprovalMethods = {
  /** The oldest first. */
  '_praxis/approvals': {
    params: z.looseObject({}),
    result: z.looseObject({ approvals: z.array(OpenApproval) }),
  },
  /**
   * Answers a permission question by one of its options, a form by what was filled in. `hash` binds the answer to the arguments that
   * were shown. What is answered already, and what has another hash, is refused with Conflict; an option that is not offered, and
   * content that the form does not allow (`data.problems` by field), with InvalidParams.
   */
  '_praxis/approvals/answer': {
    params: z.looseObject({
      requestId: text,
      choice: Choice,
      hash: text.optional(),
    }),
    /** `optionId` of a permission question, `action` of a form. */
    result: z.looseObject({
      sessionId: SessionId,
      optionId: text.optional(),
      action: z.enum(['accept', 'decline', 'cancel']).optional(),
    }),
  },
} as const;
