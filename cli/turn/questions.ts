/**
 * Permission questions of the agent: asked on the terminal where there is one, else rejected, because a program that
 * nobody watches must not say yes by itself.
 */
import { createInterface } from 'node:readline';
import { abstain, type Client, type SessionEvent, sanitizeLine } from '../../client/index.js';
import { type PermissionOption, PermissionParams } from '../../proto/index.js';
import { canAsk, type Io } from '../io.js';
import type { Printer } from './printer.js';

export class Questions {
  readonly #open = new Map<string, AbortController>();
  /** What was answered "reject" here because nobody can be asked, by question, until it is known whose answer counted. */
  readonly #rejected = new Map<string, string>();
  /** Of the newest tool call: a question often names no more than its id. */
  #tool: { id: unknown; title: unknown } = { id: undefined, title: undefined };
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly io: Io,
    private readonly client: Pick<Client, 'answer' | 'address'>,
    private readonly printer: Pick<Printer, 'remark'>,
  ) {}

  event(event: SessionEvent): void {
    const { sessionId, frame } = event;
    abstain(this.client, event);
    if (frame.kind === 'notification' && frame.method === 'session/update')
      this.#noteTool(frame.params.update);
    if (frame.kind === 'notification' && frame.method === '_praxis/request/resolved')
      this.#resolved(String(frame.params.requestId), frame.params.by);
    else if (frame.kind === 'request' && frame.method === 'session/request_permission')
      this.#question(sessionId, String(frame.id), frame.params);
  }

  #question(sessionId: string, id: string, question: Record<string, unknown>): void {
    if (this.#open.has(id)) return;
    const params = PermissionParams.safeParse(question);
    if (!params.success) {
      this.#select(sessionId, id, undefined);
      return;
    }
    const title = this.#titleOf(params.data.toolCall);
    if (!canAsk(this.io)) {
      this.#rejected.set(id, title);
      this.#select(sessionId, id, rejection(params.data.options));
      return;
    }
    const stop = new AbortController();
    this.#open.set(id, stop);
    this.#queue = this.#queue.then(() => this.#ask(sessionId, id, title, params.data.options, stop.signal));
  }

  #noteTool(update: unknown): void {
    const { toolCallId: id, title } = (update ?? {}) as Record<string, unknown>;
    if (typeof id === 'string' && typeof title === 'string') this.#tool = { id, title };
  }

  #titleOf({ toolCallId, title }: PermissionParams['toolCall']): string {
    const known = this.#tool.id === toolCallId ? this.#tool.title : undefined;
    return sanitizeLine(String(title ?? known ?? toolCallId));
  }

  /** No more questions; what is open stays open. */
  close(): void {
    for (const stop of this.#open.values()) stop.abort();
  }

  /** A policy may have answered before us. */
  #resolved(id: string, by: unknown): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
    const title = this.#rejected.get(id);
    if (title === undefined) return;
    this.#rejected.delete(id);
    if (by === this.client.address.split('.')[0])
      this.printer.remark(
        `rejected, since nobody can be asked here: ${title}. To allow everything, use --yolo`,
      );
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
    const answer = await this.#number(options.length, signal);
    if (answer === undefined) return;
    this.#open.delete(id);
    this.#select(sessionId, id, options[answer - 1]);
  }

  /** A number from 1 to `most`; undefined when somebody else answered or the input ended. */
  async #number(most: number, signal: AbortSignal): Promise<number | undefined> {
    // Not in raw mode: Ctrl+C stays the signal that cancels the prompt.
    const lines = createInterface({ input: this.io.stdin, terminal: false, signal });
    this.io.stderr.write(`1-${most}: `);
    try {
      for await (const line of lines) {
        const number = Number(line.trim());
        if (Number.isInteger(number) && number >= 1 && number <= most) return number;
        this.io.stderr.write(`1-${most}: `);
      }
      return undefined;
    } finally {
      lines.close();
      this.io.stdin.pause();
    }
  }

  #select(sessionId: string, id: string, option: PermissionOption | undefined): void {
    const outcome = option ? { outcome: 'selected', optionId: option.optionId } : { outcome: 'cancelled' };
    this.client.answer(sessionId, id, { result: { outcome } });
  }
}

/** The weakest "no" that the agent offers. */
const rejection = (options: PermissionOption[]): PermissionOption | undefined =>
  options.find(({ kind }) => kind === 'reject_once') ?? options.find(({ kind }) => kind === 'reject_always');
