/** YOLO: a permission question of an agent is answered with "allow" by the kind of its options, never by their names. */
import { PermissionParams } from '../proto/index.js';

/**
 * The answer to `session/request_permission`: allow_once, else allow_always. Undefined when the agent offers neither,
 * or asks in a form that we do not know: then a person decides.
 */
export function autoAllow(
  params: Record<string, unknown>,
): { outcome: { outcome: 'selected'; optionId: string } } | undefined {
  const question = PermissionParams.safeParse(params);
  if (!question.success) return undefined;
  const option = (['allow_once', 'allow_always'] as const)
    .map((kind) => question.data.options.find((candidate) => candidate.kind === kind))
    .find((found) => found !== undefined);
  return option && { outcome: { outcome: 'selected', optionId: option.optionId } };
}
