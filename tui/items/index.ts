/**
 * Items as lines, drawn once: the lines of an item are kept until its version, the width or what the person asked for changes.
 */
import type { Item, TextItem } from '../../client/index.js';
import type { Line } from '../draw/line.js';
import { MarkdownStream } from '../markdown/stream.js';
import { approval } from './approval.js';
import type { ItemContext } from './context.js';
import { notice, other, plan } from './other.js';
import { echo, end, prompt, thought } from './talk.js';
import { tool } from './tool.js';

export { ANSWER_KEYS, optionForKey } from './approval.js';
export type { ItemContext } from './context.js';

interface Kept {
  key: string;
  lines: Line[];
  markdown: MarkdownStream | null;
}

/** Items whose lines are kept. Above it the ones that were not looked at for longest go. */
const MAX_KEPT = 3_000;

export class ItemLines {
  readonly #kept = new Map<string, Kept>();
  #width = 0;

  /** The lines of `item`, from the store where nothing changed. */
  lines(item: Item, context: ItemContext): Line[] {
    if (context.width !== this.#width) {
      this.#kept.clear();
      this.#width = context.width;
    }
    const key = `${item.version} ${context.expanded} ${context.answering}`;
    const known = this.#kept.get(item.id);
    if (known) this.#kept.delete(item.id);
    const kept = known?.key === key ? known : this.#draw(item, context, key, known?.markdown ?? null);
    this.#kept.set(item.id, kept);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return kept.lines;
  }

  #draw(item: Item, context: ItemContext, key: string, before: MarkdownStream | null): Kept {
    if (item.kind !== 'message') return { key, lines: render(item, context), markdown: null };
    const markdown = before ?? new MarkdownStream(context.width);
    return { key, lines: markdown.render(item.text), markdown };
  }
}

function render(item: Exclude<Item, TextItem & { kind: 'message' }>, context: ItemContext): Line[] {
  switch (item.kind) {
    case 'prompt':
      return prompt(item, context);
    case 'thought':
      return thought(item, context);
    case 'message':
    case 'echo':
      return echo(item, context);
    case 'tool':
      return tool(item, context);
    case 'plan':
      return plan(item, context);
    case 'approval':
      return approval(item, context);
    case 'notice':
      return notice(item, context);
    case 'end':
      return end(item, context);
    case 'other':
      return other(item, context);
  }
}
