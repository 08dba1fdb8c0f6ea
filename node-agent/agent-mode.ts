/** Puts a session, before anybody sees it, into the agent's own mode that its connector names. */
import { z } from 'zod';
import { type PraxisError, replaceMember } from '../proto/index.js';
import type { AgentLink } from './agent-link.js';

const Modes = z.looseObject({
  modes: z.looseObject({
    currentModeId: z.string(),
    availableModes: z.array(z.looseObject({ id: z.string() })),
  }),
});

export interface ModeSet {
  /** The answer to `session/new`, telling the mode in which the session now is. */
  line: string;
  /** Why it is not in the mode that was wanted, for the person. */
  warning?: string;
}

/** An agent that does not have the mode keeps its own. */
export async function setFirstMode(
  link: AgentLink,
  sessionId: string,
  answer: { line: string; result: unknown },
  modeId: string | undefined,
): Promise<ModeSet> {
  const { line } = answer;
  const modes = Modes.safeParse(answer.result).data?.modes;
  const has = modes?.availableModes.some(({ id }) => id === modeId);
  if (modeId === undefined || !has || modes?.currentModeId === modeId) return { line };
  try {
    await link.call('session/set_mode', { sessionId, modeId });
    return { line: replaceMember(line, ['result', 'modes', 'currentModeId'], JSON.stringify(modeId)) };
  } catch (error) {
    return { line, warning: `The agent did not take its mode ${modeId}: ${(error as PraxisError).message}` };
  }
}
