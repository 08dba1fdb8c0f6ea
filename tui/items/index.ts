/**
 * Items as lines, drawn once: the lines of an item are kept until its version, the width or what the person asked for changes.
 */
import type { Item, TextItem } from '../../client/index.js';
import { type Line, type Span, type Style, span } from '../draw/line.js';
import { MarkdownStream } from '../markdown/stream.js';
import { PlainStream } from '../plain-stream.js';
import { approval } from './approval.js';
import type { ItemContext } from './context.js';
import { form } from './form.js';
import { notice, other, plan } from './other.js';
import { echo, end, prompt, thought } from './talk.js';
import { tool } from './tool.js';

export { answerSpans, optionForKey, questionTitle } from './approval.js';
export { toolLines } from './content.js';
export type { ItemContext, Progress } from './context.js';
export { fieldLines } from './form.js';
export { isLong } from './long.js';
export { thousands } from './reply.js';

interface Kept {
  key: string;
  lines: Line[];
  /** Of a message: draws what follows. */
  stream: MarkdownStream | PlainStream | null;
  /** Milliseconds that drawing took, and when. */
  cost: number;
  drawnAt: number;
}

/** A message that is still written and slow to draw may be old on the screen by this many times its cost. */
const PATIENCE = 4;
/** Milliseconds of drawing that are always spent. */
const CHEAP_MS = 2;

/** Items whose lines are kept. Above it the ones that were not looked at for longest go. */
const MAX_KEPT = 3_000;

export class ItemLines {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;
  #width = 0;
  /** A key waits for the drawing: a message that is still written may be as it was, however cheap it is. */
  hurried = false;
  /** Since this was set to false, a message was given as it was. */
  isOld = false;

  /** `now`: milliseconds that only grow. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The lines of `item`, from the store where nothing changed. */
  lines(item: Item, context: ItemContext): Line[] {
    if (context.width !== this.#width) {
      this.#kept.clear();
      this.#width = context.width;
    }
    const { progress } = context;
    const ticks = progress ? `${progress.glyph} ${progress.elapsed}` : '';
    const { expanded, unfold, answering, answerHint, sideBySide } = context;
    const key = `${item.version} ${expanded} ${unfold} ${answering} ${answerHint} ${sideBySide} ${ticks}`;
    const known = this.#kept.get(item.id);
    if (known) this.#kept.delete(item.id);
    const kept =
      known && (known.key === key || this.#mayBeOld(item, known))
        ? known
        : this.#draw(item, context, key, known?.stream ?? null);
    this.#kept.set(item.id, kept);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return kept.lines;
  }

  /** Keys must not wait for a huge paragraph that grows by a word: its next words bring the next drawing. */
  #mayBeOld(item: Item, kept: Kept): boolean {
    if (item.kind !== 'message' || !item.open) return false;
    const isRecent = kept.cost >= CHEAP_MS && this.#now() - kept.drawnAt < kept.cost * PATIENCE;
    if (this.hurried) this.isOld = true;
    return this.hurried || isRecent;
  }

  #draw(item: Item, context: ItemContext, key: string, before: Kept['stream']): Kept {
    const began = this.#now();
    // What another agent said, that this one started, stands within rails.
    const depth = 'depth' in item ? item.depth : 0;
    const inner = { ...context, width: Math.max(8, context.width - 2 * depth) };
    const stream = item.kind === 'message' ? (before ?? newStream(item, inner.width)) : null;
    const own = stream && item.kind === 'message' ? stream.render(item.text) : render(item, inner);
    const lines = depth === 0 ? own : own.map((l): Line => [...railsOf(depth), ...l]);
    const drawnAt = this.#now();
    return { key, lines, stream, cost: drawnAt - began, drawnAt };
  }
}

const newStream = ({ plain }: TextItem, width: number) =>
  plain ? new PlainStream(width) : new MarkdownStream(width);

/** A rail for each call that something was said within, each in a colour of its own. */
const RAILS: readonly Style[] = ['accent', 'user', 'heading', 'link'];

const railsOf = (depth: number): Span[] =>
  Array.from({ length: depth }, (_, i) => span('│ ', RAILS[i % RAILS.length]));

function render(item: Item, context: ItemContext): Line[] {
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
    case 'form':
      return form(item, context);
    case 'notice':
      return notice(item, context);
    case 'end':
      return end(item, context);
    case 'other':
      return other(item, context);
  }
}
