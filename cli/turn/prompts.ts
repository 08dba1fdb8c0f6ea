/** The prompts of a session, each handed over once: when its own turn begins, however long it waited in the queue. */

export interface Prompt {
  /** Blocks of ACP content, as they came. */
  prompt: unknown[];
  /** The name of the login that prompted; empty when unknown. */
  by: string;
}

export class Prompts {
  readonly #waiting = new Map<unknown, Prompt>();

  /** Takes the params of a `_praxis/turn`; what is handed over begins now, or ended without having run. */
  begun({ turnId, state, prompt, by }: Record<string, unknown>): Prompt | undefined {
    const known = this.#waiting.get(turnId);
    // A prompt that is edited while it waits comes again, without who it is from.
    if (Array.isArray(prompt))
      this.#waiting.set(turnId, { prompt, by: typeof by === 'string' ? by : (known?.by ?? '') });
    if (state === 'queued') return undefined;
    const begun = this.#waiting.get(turnId);
    this.#waiting.delete(turnId);
    return state === 'removed' ? undefined : begun;
  }
}
