/** Which content blocks an agent takes: text and resource links always, the others when it says so at `initialize`. */
import type { ContentBlock } from '../proto/index.js';

const CAPABILITY = { image: 'image', audio: 'audio', resource: 'embeddedContext' } as const;

/** The first kind of block in the prompt that the agent does not take; undefined when it takes all. */
export function unsupportedBlock(
  prompt: readonly ContentBlock[],
  capabilities: Record<string, unknown> | null | undefined,
): keyof typeof CAPABILITY | undefined {
  for (const { type } of prompt)
    if (type !== 'text' && type !== 'resource_link' && capabilities?.[CAPABILITY[type]] !== true) return type;
  return undefined;
}
