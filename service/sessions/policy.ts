/** What the policy of a session, else of its node, says to a permission question of the agent. */
import {
  ApprovalPolicy,
  ErrorCode,
  type NodeInfo,
  type NodePolicy,
  type PermissionOption,
  PermissionParams,
  PraxisError,
} from '../../proto/index.js';
import type { Session } from './session.js';

type Kind = PermissionOption['kind'];

/** The session's own policy, else the node's. */
export const policyFor = (session: Session, node: NodePolicy): ApprovalPolicy =>
  session.settings.approvals ?? node.approvals ?? ApprovalPolicy.parse({});

/** Throws Forbidden when the session would allow by itself what the node's owner leaves to persons. */
export function checkPolicy(
  node: Pick<NodeInfo, 'name' | 'yolo' | 'policy'>,
  wish: { approvals?: ApprovalPolicy | undefined },
): void {
  if (node.yolo === 'allow') return;
  const owners: readonly string[] = node.policy?.approvals?.auto ?? [];
  const more = (wish.approvals?.auto ?? []).filter((kind) => !owners.includes(kind));
  if (more.length > 0)
    throw new PraxisError(
      ErrorCode.Forbidden,
      `The owner of ${node.name} wants a person to be asked about: ${more.join(', ')} (node.json: yolo)`,
      { node: node.name, kinds: more },
    );
}

/** The first option of the first kind that is offered. */
export function optionOf(params: unknown, ...kinds: Kind[]): PermissionOption | undefined {
  const question = PermissionParams.safeParse(params);
  if (!question.success) return undefined;
  return kinds
    .map((kind) => question.data.options.find((option) => option.kind === kind))
    .find((option) => option !== undefined);
}

export const selected = ({ optionId }: PermissionOption) => ({
  outcome: { outcome: 'selected', optionId } as const,
});

/** The weakest "no" that is offered, else no answer at all. */
export function rejection(params: unknown) {
  const option = optionOf(params, 'reject_once', 'reject_always');
  return option ? selected(option) : ({ outcome: { outcome: 'cancelled' } } as const);
}

/** "Allow", where the tool call is of a kind that the policy names; of a call of unknown kind a person decides. */
export function automatic(policy: ApprovalPolicy, params: unknown, knownKind: string | undefined) {
  const question = PermissionParams.safeParse(params);
  const kind = question.data?.toolCall.kind ?? knownKind;
  if (!policy.auto.some((allowed) => allowed === kind)) return undefined;
  const option = optionOf(params, 'allow_once', 'allow_always');
  return option && selected(option);
}
