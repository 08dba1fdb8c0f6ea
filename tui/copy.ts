/** What can be taken out of a chat by a key. */
import { type Tokens, walkTokens } from 'marked';
import { type SessionView, sanitize } from '../client/index.js';
import { markdownTokens } from './markdown/lexer.js';

/** The newest message of the agent. */
export function lastAnswer(view: SessionView): string | null {
  const item = view.items.findLast((i) => i.kind === 'message');
  if (item?.kind !== 'message') return null;
  const text = sanitize(item.text);
  return item.plain ? text.replace(/\n$/, '') : text.trim();
}

/** The newest block of code in a message of the agent, without its fence. */
export function lastCode(view: SessionView): string | null {
  for (const item of view.items.toReversed()) {
    if (item.kind !== 'message' || item.plain) continue;
    const blocks: string[] = [];
    walkTokens(markdownTokens(sanitize(item.text)), (token) => {
      if (token.type === 'code') blocks.push((token as Tokens.Code).text);
    });
    if (blocks.length > 0) return blocks.at(-1)!;
  }
  return null;
}
