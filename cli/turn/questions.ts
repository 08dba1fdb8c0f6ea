/**
 * Permission questions and forms of the agent: asked on the terminal where there is one. Else they wait for an answer from elsewhere
 * where the session lets them wait, and are rejected where it does not, because a program that nobody watches must not say yes by itself.
 */
import { ANSWER_KEYS, abstain, type Client, type SessionEvent, sanitizeLine } from '../../client/index.js';
import {
  ELICITATION,
  type Form,
  type PermissionOption,
  PermissionParams,
  readForm,
  ToolKind,
} from '../../proto/index.js';
import { canAsk, type Io } from '../io.js';
import { short } from '../table.js';
import { Lines } from './ask.js';
import { askForm } from './form.js';
import type { Printer } from './printer.js';

/** A question that this command answered "reject", or a form that it cancelled, since nobody could be asked. */
export interface Rejection {
  requestId: string;
  title: string;
  /** The kind of the tool call, where the agent tells it. */
  kind: ToolKind | null;
  /** It was a form. */
  form?: true;
}

export interface Unattended {
  /** Whether somebody else is to answer, within the time that the policy of the session or its node gives. */
  waits(sessionId: string): Promise<boolean>;
  /** How to have such calls allowed: of one kind, where it is known, and otherwise. A sentence without its full stop. */
  how(sessionId: string, kind: ToolKind | null): string;
  /** How to have a form wait for an answer from elsewhere. */
  howToWait(sessionId: string): string;
}

export class Questions {
  readonly #open = new Map<string, AbortController>();
  /** What was answered "reject" here because nobody can be asked, by question, until it is known whose answer counted. */
  readonly #rejected = new Map<string, Rejection>();
  /** Those of them whose "reject" counted. */
  readonly rejections: Rejection[] = [];
  /** Of the newest tool call: a question often names no more than its id. */
  #tool: { id?: string; title?: unknown; kind?: unknown } = {};
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly io: Io,
    private readonly client: Pick<Client, 'answer' | 'address'>,
    private readonly printer: Pick<Printer, 'remark'>,
    private readonly unattended: Unattended,
  ) {}

  event(event: SessionEvent): void {
    const { sessionId, frame } = event;
    abstain(this.client, event);
    if (frame.kind === 'notification' && frame.method === 'session/update')
      this.#noteTool(frame.params.update);
    if (frame.kind === 'notification' && frame.method === '_praxis/request/resolved')
      this.#resolved(sessionId, String(frame.params.requestId), frame.params.by);
    else if (frame.kind === 'request' && frame.method === 'session/request_permission')
      this.#question(sessionId, String(frame.id), frame.params);
    else if (frame.kind === 'request' && frame.method === ELICITATION) {
      const form = readForm(frame.method, frame.params);
      if (form) this.#form(sessionId, String(frame.id), form);
    }
  }

  #question(sessionId: string, id: string, question: Record<string, unknown>): void {
    if (this.#open.has(id)) return;
    const params = PermissionParams.safeParse(question);
    if (!params.success) {
      this.#select(sessionId, id, undefined);
      return;
    }
    const { title, kind } = this.#about(params.data.toolCall);
    if (!canAsk(this.io)) {
      const how = `  praxis approvals show ${short(id)}; praxis approvals answer ${short(id)} allow`;
      void this.#unattended(sessionId, id, [`waits for an answer: ${named(title, kind)}`, how], () => {
        this.#rejected.set(id, { requestId: id, title, kind });
        this.#select(sessionId, id, rejection(params.data.options));
      });
      return;
    }
    const stop = new AbortController();
    this.#open.set(id, stop);
    this.#queue = this.#queue.then(() => this.#ask(sessionId, id, title, params.data.options, stop.signal));
  }

  #form(sessionId: string, id: string, form: Form): void {
    if (this.#open.has(id)) return;
    const title = sanitizeLine(form.message);
    if (canAsk(this.io)) {
      const stop = new AbortController();
      this.#open.set(id, stop);
      this.#queue = this.#queue.then(() => this.#fillIn(sessionId, id, form, stop.signal));
      return;
    }
    const how = `  praxis approvals show ${short(id)} says how`;
    void this.#unattended(sessionId, id, [`waits for an answer: ${title}`, how], () => {
      this.#rejected.set(id, { requestId: id, title, kind: null, form: true });
      this.client.answer(sessionId, id, { result: { action: 'cancel' } });
    });
  }

  /** Nobody can be asked here: leaves the question to others, where they have the time, else answers it by `refuse`. */
  async #unattended(sessionId: string, id: string, words: string[], refuse: () => void): Promise<void> {
    this.#open.set(id, new AbortController());
    const waits = await this.unattended.waits(sessionId);
    // Somebody may have answered meanwhile.
    if (!this.#open.delete(id)) return;
    if (!waits) refuse();
    else for (const line of words) this.printer.remark(line);
  }

  async #fillIn(sessionId: string, id: string, form: Form, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const lines = new Lines(this.io, signal);
    try {
      const answer = await askForm(form, lines, (line) => this.printer.remark(line));
      if (!answer) return;
      this.#open.delete(id);
      this.client.answer(sessionId, id, { result: answer });
    } finally {
      lines.close();
    }
  }

  #noteTool(update: unknown): void {
    const { toolCallId: id, title, kind } = (update ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string') return;
    const known = this.#tool.id === id ? this.#tool : {};
    this.#tool = { id, title: title ?? known.title, kind: kind ?? known.kind };
  }

  #about({ toolCallId, title, kind }: PermissionParams['toolCall']): Pick<Rejection, 'title' | 'kind'> {
    const known = this.#tool.id === toolCallId ? this.#tool : {};
    return {
      title: sanitizeLine(String(title ?? known.title ?? toolCallId)),
      kind: ToolKind.safeParse(kind ?? known.kind).data ?? null,
    };
  }

  /** No more questions; what is open stays open. */
  close(): void {
    for (const stop of this.#open.values()) stop.abort();
  }

  /** A policy may have answered before us. */
  #resolved(sessionId: string, id: string, by: unknown): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
    const rejection = this.#rejected.get(id);
    if (!rejection) return;
    this.#rejected.delete(id);
    if (by !== this.client.address.split('.')[0]) return;
    const { title, kind, form } = rejection;
    this.printer.remark(
      `${form ? 'cancelled' : 'rejected'}, since nobody can be asked here (no terminal): ${named(title, kind)}`,
    );
    // The same advice under every one of many would hide them.
    if (!this.rejections.some((earlier) => earlier.kind === kind && earlier.form === form))
      this.printer.remark(
        form
          ? `  to have it wait for an answer: ${this.unattended.howToWait(sessionId)}`
          : `  to allow it: ${this.unattended.how(sessionId, kind)}`,
      );
    this.rejections.push(rejection);
  }

  async #ask(
    sessionId: string,
    id: string,
    title: string,
    options: PermissionOption[],
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    this.printer.remark(`? ${title}`);
    for (const [i, { name }] of options.entries()) this.printer.remark(`  ${i + 1}) ${sanitizeLine(name)}`);
    const chosen = await this.#choice(options, signal);
    if (!chosen) return;
    this.#open.delete(id);
    this.#select(sessionId, id, chosen);
  }

  /** By its number, or the letter that the screen has for its kind; undefined when somebody else answered or the input ended. */
  async #choice(options: PermissionOption[], signal: AbortSignal): Promise<PermissionOption | undefined> {
    const lines = new Lines(this.io, signal);
    const letters = new Set(options.map(({ kind }) => ANSWER_KEYS[kind]));
    const prompt = `${[`1-${options.length}`, ...letters].join(' ')}: `;
    try {
      for (;;) {
        const word = await lines.ask(prompt);
        if (word === undefined) return undefined;
        const chosen = options.find(({ kind }, i) => word === String(i + 1) || word === ANSWER_KEYS[kind]);
        if (chosen) return chosen;
      }
    } finally {
      lines.close();
    }
  }

  #select(sessionId: string, id: string, option: PermissionOption | undefined): void {
    const outcome = option ? { outcome: 'selected', optionId: option.optionId } : { outcome: 'cancelled' };
    this.client.answer(sessionId, id, { result: { outcome } });
  }
}

const named = (title: string, kind: ToolKind | null): string =>
  kind === null ? title : `${title} (${kind})`;

/** The weakest "no" that the agent offers. */
const rejection = (options: PermissionOption[]): PermissionOption | undefined =>
  options.find(({ kind }) => kind === 'reject_once') ?? options.find(({ kind }) => kind === 'reject_always');
