/**
 * The permission questions of a script. Each is answered once: by a person, by the node's policy above, or by the end of its turn. A
 * script that was made anew and asks about the same tool call gets the answer to the question that is already out.
 */
import { PermissionOutcome } from '../../proto/index.js';
import type { Question } from './shapes.js';

interface Open {
  key: string;
  resolve(optionId: string | undefined): void;
  /** The script that asked is gone; a fresh one may ask again. */
  orphaned?: boolean;
}

export class Questions {
  private readonly open = new Map<string, Open>();
  /** Answers to questions of a script that is gone, by their key. */
  private readonly kept = new Map<string, string | undefined>();
  private nextId = 1;

  /** `send` asks upwards, with an id that the answer will carry. */
  constructor(private readonly send: (id: string, question: Question) => void) {}

  /** Resolves to the id of the option that was chosen; undefined when the question was called off. */
  ask(question: Question): Promise<string | undefined> {
    const key = question.toolCall.toolCallId;
    if (this.kept.has(key)) {
      const answer = this.kept.get(key);
      this.kept.delete(key);
      return Promise.resolve(answer);
    }
    const orphan = [...this.open].find(([, open]) => open.key === key);
    return new Promise((resolve) => {
      if (orphan) {
        orphan[1].resolve(undefined);
        this.open.set(orphan[0], { key, resolve });
        return;
      }
      const id = `permission-${this.nextId++}`;
      this.open.set(id, { key, resolve });
      this.send(id, question);
    });
  }

  /** An answer from above; an error, or one that is no answer, counts as called off. */
  answered(id: unknown, result: unknown): void {
    const open = this.open.get(String(id));
    if (!open) return;
    this.open.delete(String(id));
    const outcome = PermissionOutcome.safeParse(
      (result as { outcome?: unknown } | null | undefined)?.outcome,
    );
    const optionId = outcome.data?.outcome === 'selected' ? outcome.data.optionId : undefined;
    if (open.orphaned) this.kept.set(open.key, optionId);
    open.resolve(optionId);
  }

  /** Nobody needs to answer the question about this tool call any more. Returns its id; undefined when none is open. */
  withdraw(key: string): string | undefined {
    const found = [...this.open].find(([, open]) => open.key === key);
    if (!found) return undefined;
    const [id, open] = found;
    this.open.delete(id);
    open.resolve(undefined);
    return id;
  }

  /** The script is being made anew: an answer that comes before it asks again is kept. */
  orphan(): void {
    for (const open of this.open.values()) open.orphaned = true;
  }

  cancelAll(): void {
    this.kept.clear();
    const open = [...this.open.values()];
    this.open.clear();
    for (const { resolve } of open) resolve(undefined);
  }
}
