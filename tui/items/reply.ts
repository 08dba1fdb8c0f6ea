/** The head of an agent's block: who answers, with which model, how far it is, what it took. It stands under the prompt that it answers. */
import { duration, type PromptItem, sanitizeLine } from '../../client/index.js';
import { type Line, type Span, type Style, sides, span } from '../draw/line.js';
import type { ItemContext } from './context.js';

/** By the agent's word for it, which may be any. */
const OUTCOMES = new Map<string, [glyph: string, style: Style]>([
  ['end_turn', ['✔', 'good']],
  ['cancelled', ['⊘', 'warning']],
]);

function mark({ end }: PromptItem, { progress }: ItemContext): [glyph: string, style: Style] {
  if (!end) return progress ? [progress.glyph, progress.style] : ['◐', 'busy'];
  return end.error ? ['✘', 'bad'] : (OUTCOMES.get(end.stopReason ?? '') ?? ['⊘', 'warning']);
}

/** `1234` as `1.2k`. */
export const thousands = (n: number): string =>
  n < 1_000 ? String(n) : n < 1_000_000 ? `${Math.round(n / 1_000)}k` : `${(n / 1_000_000).toFixed(1)}M`;

export function replyHead(item: PromptItem, context: ItemContext): Line {
  const [glyph, style] = mark(item, context);
  const right: Span[] = [];
  const usage = item.end?.usage;
  if (usage && usage.inputTokens !== null && usage.outputTokens !== null)
    right.push(span(`  ${thousands(usage.inputTokens)} in · ${thousands(usage.outputTokens)} out`, 'dim'));
  const elapsed = item.end ? duration(item.end.elapsedMs) : context.progress?.elapsed;
  if (elapsed) right.push(span(right.length > 0 ? ` · ${elapsed}` : `  ${elapsed}`, 'dim'));
  const model = item.model === null ? '' : `  ${sanitizeLine(item.model)}`;
  return sides(
    [span(`${glyph} `, style), span(sanitizeLine(context.agent), 'strong'), span(model, 'dim')],
    right,
    context.width,
  );
}
