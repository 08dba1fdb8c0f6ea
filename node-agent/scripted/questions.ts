/**
 * The permission questions of a script. Each is answered once: by a person, by the node's policy above, or by the end of its turn. A
 * script that was made anew and asks the same again gets the answer to the question that is already out.
 */
import { PermissionOutcome } from '../../proto/index.js';
import type { Question } from './shapes.js';

interface Open {
  key: string;
  resolve(optionId: string | undefined): void;
}

export class Questions {
  private readonly open = new Map<string, Open>();
  private nextId = 1;

  /** `send` asks upwards, with an id that the answer will carry. */
  constructor(private readonly send: (id: string, question: Question) => void) {}

  /** Resolves to the id of the option that was chosen; undefined when the question was called off. */
  ask(question: Question): Promise<string | undefined> {
    const key = JSON.stringify(question);
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
    open.resolve(outcome.data?.outcome === 'selected' ? outcome.data.optionId : undefined);
  }

  cancelAll(): void {
    const open = [...this.open.values()];
    this.open.clear();
    for (const { resolve } of open) resolve(undefined);
  }
}
