/** What a prompt must be before it is accepted or takes the place of another one. */
import { ErrorCode, MAX_FRAME_BYTES, memberText, PraxisError } from '../../proto/index.js';
import type { Session } from './session.js';

/** A prompt becomes an event with some words of ours around it, which must not be larger than a frame. */
const MAX_PROMPT_CHARACTERS = MAX_FRAME_BYTES - 4_096;

/** Throws FrameTooLarge, and InvalidParams for a block that the agent does not take. `line` is the frame that has the prompt. */
export function checkPrompt(session: Session, prompt: { type: string }[], line: string): void {
  if (line.length > MAX_PROMPT_CHARACTERS)
    throw new PraxisError(
      ErrorCode.FrameTooLarge,
      `A prompt may have ${MAX_PROMPT_CHARACTERS} characters at most`,
    );
  refuseUnsupported(session, prompt);
}

/** Blocks beyond text and resource_link need a capability (https://agentclientprotocol.com/protocol/v1/content). */
function refuseUnsupported(session: Session, prompt: { type: string }[]): void {
  const needed = { image: 'image', audio: 'audio', resource: 'embeddedContext' } as const;
  const told = session.opening.agentCapabilities;
  if (told === null) return;
  for (const { type } of prompt) {
    const ability = needed[type as keyof typeof needed];
    if (ability && memberText(told, ['promptCapabilities', ability]) !== 'true')
      throw new PraxisError(ErrorCode.InvalidParams, `${session.record.agent} takes no ${type} in a prompt`, {
        type,
      });
  }
}
