/** Exchanges: which queues a routing key leads to. A queue gets a message once, however many of its bindings match. */
import type { Queue } from './queue.js';

export const EXCHANGE_TYPES = ['direct', 'fanout', 'topic'] as const;
export type ExchangeType = (typeof EXCHANGE_TYPES)[number];

export interface ExchangeFlags {
  type: ExchangeType;
  durable: boolean;
  autoDelete: boolean;
}

const NONE: ReadonlySet<Queue> = new Set();

export class Exchange {
  /** Bindings by key (or pattern). */
  readonly #bindings = new Map<string, Set<Queue>>();
  /** Patterns with wildcards, cut into words. */
  readonly #patterns = new Map<string, string[]>();

  constructor(
    readonly name: string,
    readonly flags: ExchangeFlags,
  ) {}

  get unused(): boolean {
    return this.#bindings.size === 0;
  }

  bind(queue: Queue, key: string): void {
    const queues = this.#bindings.get(key);
    if (queues) queues.add(queue);
    else this.#bindings.set(key, new Set([queue]));
    if (this.flags.type === 'topic' && /[*#]/.test(key)) this.#patterns.set(key, key.split('.'));
  }

  unbind(queue: Queue, key: string): void {
    const queues = this.#bindings.get(key);
    queues?.delete(queue);
    if (queues?.size !== 0) return;
    this.#bindings.delete(key);
    this.#patterns.delete(key);
  }

  /** Removes every binding of a queue that is going away. */
  forget(queue: Queue): void {
    for (const key of [...this.#bindings.keys()]) this.unbind(queue, key);
  }

  route(key: string): ReadonlySet<Queue> {
    if (this.flags.type === 'fanout') return this.#all(this.#bindings.keys());
    const exact = this.#bindings.get(key) ?? NONE;
    if (this.#patterns.size === 0) return exact;
    const words = key.split('.');
    const matching = [...this.#patterns].filter(([, pattern]) => matches(pattern, words)).map(([p]) => p);
    // A key that is spelled like a pattern is one of them already, or does not match it.
    return this.#all(this.#patterns.has(key) ? matching : [key, ...matching]);
  }

  #all(keys: Iterable<string>): ReadonlySet<Queue> {
    const found = new Set<Queue>();
    for (const key of keys) for (const queue of this.#bindings.get(key) ?? NONE) found.add(queue);
    return found;
  }
}

/** `*` stands for one word, `#` for any number of them. */
function matches(pattern: readonly string[], words: readonly string[], p = 0, w = 0): boolean {
  for (; p < pattern.length; p++, w++) {
    if (pattern[p] === '#') {
      for (let rest = w; rest <= words.length; rest++) if (matches(pattern, words, p + 1, rest)) return true;
      return false;
    }
    if (w >= words.length || (pattern[p] !== '*' && pattern[p] !== words[w])) return false;
  }
  return w === words.length;
}
