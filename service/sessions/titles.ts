/** What a session is called in lists: what the agent says, else the beginning of the first prompt. */
import type { ContentBlock } from '../../proto/index.js';

/** Characters of a title that is made of a prompt. */
export const MAX_TITLE = 80;

/** The first line with text in it; null when the prompt has none. */
export function titleOf(prompt: readonly ContentBlock[]): string | null {
  for (const block of prompt) {
    if (block.type !== 'text') continue;
    const line = block.text
      .split('\n')
      .map((text) => text.trim())
      .find((text) => text !== '');
    if (line) return [...line].slice(0, MAX_TITLE).join('');
  }
  return null;
}
