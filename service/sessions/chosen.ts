/** An answer out of the inbox, in the words that the agent is answered with. */
import {
  type ApprovalChoice,
  contentProblems,
  ErrorCode,
  type FormAnswer,
  invalidParams,
  type PermissionOption,
  PermissionParams,
  PraxisError,
  readForm,
} from '../../proto/index.js';
import { optionOf, selected } from './policy.js';

export interface Chosen {
  /** For the agent. */
  result: object;
  /** For who answered. */
  told: { optionId: string } | { action: FormAnswer['action'] };
}

const PERMISSION = 'session/request_permission';

/** Throws Conflict where the question is of another kind than the answer, InvalidParams where it does not allow it. */
export function chosen(method: string, params: unknown, choice: ApprovalChoice): Chosen {
  const form = readForm(method, params);
  if (form) {
    if (typeof choice === 'string' || !('action' in choice))
      throw new PraxisError(
        ErrorCode.Conflict,
        'This is a form: it is accepted with content, declined or cancelled',
      );
    if (choice.action === 'accept') {
      const problems = contentProblems(form, choice.content);
      const text = [...problems].map(([name, problem]) => `${name} ${problem}`).join('; ');
      if (problems.size > 0) throw invalidParams(text, { problems: Object.fromEntries(problems) });
    }
    return { result: choice, told: { action: choice.action } };
  }
  if (method !== PERMISSION)
    throw new PraxisError(ErrorCode.Conflict, `This is no question that is answered here: ${method}`, {
      hint: 'An editor that speaks ACP answers it; cancelling the prompt takes it back',
    });
  if (typeof choice !== 'string' && 'action' in choice)
    throw new PraxisError(
      ErrorCode.Conflict,
      'This is a question about a permission: it is allowed or rejected',
    );
  const option = typeof choice === 'string' ? optionOf(params, choice) : optionById(params, choice.optionId);
  if (!option) throw notOffered(typeof choice === 'string' ? choice : choice.optionId, params);
  return { result: selected(option), told: { optionId: option.optionId } };
}

const optionById = (params: unknown, optionId: string): PermissionOption | undefined =>
  PermissionParams.safeParse(params).data?.options.find((option) => option.optionId === optionId);

function notOffered(name: string, params: unknown): PraxisError {
  const options = PermissionParams.safeParse(params).data?.options ?? [];
  const offered = options.map(({ optionId, kind }) => `${optionId} (${kind})`).join(', ');
  return invalidParams(`The agent does not offer ${name}: ${offered || 'it offers nothing'}`, { options });
}
