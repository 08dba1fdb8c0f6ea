/**
 * Requests of the agent on their way to the editor and back. The editor sees ids of the bridge's own; each request is asked
 * once, and taken back with `$/cancel_request` when somebody else has answered it. Forms and pages come only to an editor that said
 * that it shows them (https://agentclientprotocol.com/protocol/v1/schema, ElicitationCapabilities).
 */
import {
  ELICITATION,
  errorLine,
  methodNotFound,
  notificationLine,
  type Request,
  type Response,
  replaceMember,
} from '../../proto/index.js';

interface Asked {
  /** The service's id, as JSON. */
  id: string;
  sessionId: string;
}

export class EditorQuestions {
  readonly #asked = new Map<number, Asked>();
  #next = 1;
  /** The modes of elicitation that the editor shows. */
  #modes: Record<string, unknown> = {};

  constructor(
    private readonly toEditor: (line: string) => void,
    private readonly toService: (line: string, sessionId: string) => void,
  ) {}

  /** What the editor can, of its `initialize`. */
  able(clientCapabilities: unknown): void {
    const { elicitation } = (clientCapabilities ?? {}) as { elicitation?: Record<string, unknown> | null };
    this.#modes = { ...elicitation };
  }

  ask(sessionId: string, { id, method, params, line }: Request): void {
    const key = JSON.stringify(id);
    if (method === ELICITATION && (this.#modes[String(params.mode)] ?? null) === null) {
      this.toService(replaceMember(errorLine(null, methodNotFound(method)), ['id'], key), sessionId);
      return;
    }
    for (const asked of this.#asked.values()) if (asked.id === key) return;
    const own = this.#next++;
    this.#asked.set(own, { id: key, sessionId });
    this.toEditor(replaceMember(line, ['id'], String(own)));
  }

  /** An answer to nothing that is open came too late: it is dropped. */
  answered(response: Response): void {
    if (typeof response.id !== 'number') return;
    const asked = this.#asked.get(response.id);
    if (!asked) return;
    this.#asked.delete(response.id);
    this.toService(replaceMember(response.line, ['id'], asked.id), asked.sessionId);
  }

  resolved(requestId: unknown): void {
    const key = JSON.stringify(requestId);
    for (const [own, asked] of this.#asked) if (asked.id === key) this.#takeBack(own);
  }

  /** The session is over for this editor. */
  forget(sessionId: string): void {
    for (const [own, asked] of this.#asked) if (asked.sessionId === sessionId) this.#takeBack(own);
  }

  #takeBack(own: number): void {
    this.#asked.delete(own);
    this.toEditor(notificationLine('$/cancel_request', { requestId: own }));
  }
}
