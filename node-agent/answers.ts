/**
 * What became of the requests of the service, by their id. The service sends a request again when it is not sure; here it
 * runs once: while it runs the repetition is ignored, afterwards the answer is repeated. What is forgotten first is the oldest
 * answer; the service asks again only for what it has not yet written down, which is recent.
 */
import type { SessionId } from '../proto/index.js';

/** Answers that are kept, and their bytes together. At either limit the oldest is forgotten. */
const MAX_ANSWERS = 2_048;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface Answer {
  /** The session whose frame the answer is; undefined for one outside of any session. */
  sessionId: SessionId | undefined;
  /** The run of the session's agent that it belongs to. */
  epoch: number;
  line: string;
}

export class Answers {
  private readonly running = new Set<string>();
  private readonly kept = new Map<string, Answer>();
  private bytes = 0;

  /** Whether the request may run now. If not, it runs already (undefined) or has this answer. */
  begin(id: string): { fresh: true } | { fresh: false; answer: Answer | undefined } {
    const answer = this.kept.get(id);
    if (answer || this.running.has(id)) return { fresh: false, answer };
    this.running.add(id);
    return { fresh: true };
  }

  /** The request did not run: it is not known any more. */
  drop(id: string): void {
    this.running.delete(id);
  }

  end(id: string, answer: Answer): void {
    this.running.delete(id);
    this.kept.set(id, answer);
    this.bytes += answer.line.length;
    for (const [oldest, { line }] of this.kept) {
      if (this.kept.size <= MAX_ANSWERS && this.bytes <= MAX_ANSWER_BYTES) break;
      this.kept.delete(oldest);
      this.bytes -= line.length;
    }
  }
}
