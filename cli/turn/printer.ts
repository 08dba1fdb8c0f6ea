/**
 * Prints a turn while it streams. As text: the reply on stdout, everything else as short lines on stderr. As JSON: every
 * frame as it is on stdout, a line each, the last line with the stop reason.
 */
import {
  SanitizeStream,
  type SessionEvent,
  sanitize,
  sanitizeLine,
  type TurnResult,
  whyOf,
} from '../../client/index.js';
import { type Frame, StopReason } from '../../proto/index.js';
import { type Io, json, jsonText, note, styled } from '../io.js';
import { Prompts } from './prompts.js';
import type { Rejection } from './questions.js';
import { toolOutput } from './tool-output.js';

export interface Printer {
  event(event: SessionEvent): void;
  /** A line for the person, from the command itself. */
  remark(line: string): void;
  /** `rejected`: what was answered "reject" because nobody could be asked. */
  end(sessionId: string, result: TurnResult, rejected: readonly Rejection[]): void;
  /** The turn ended in an error: leaves the screen on a fresh line. */
  broken(): void;
}

/** How much is told beside the reply. */
export type Asides = 'none' | 'short' | 'full';

/** With `--verbose` all, without it the short lines where somebody looks at stderr. */
export const asidesOf = (io: Io, verbose: boolean | undefined): Asides =>
  verbose ? 'full' : io.stderr.isTTY ? 'short' : 'none';

export class JsonPrinter implements Printer {
  constructor(private readonly io: Io) {}

  event({ frame }: SessionEvent): void {
    jsonText(this.io, frame.line);
  }

  remark(line: string): void {
    note(this.io, line);
  }

  end(sessionId: string, result: TurnResult, rejected: readonly Rejection[]): void {
    json(this.io, { sessionId, ...result, ...(rejected.length > 0 && { rejected }) });
  }

  broken(): void {}
}

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const words = (value: unknown): string => (typeof value === 'string' ? value : '');

export class TextPrinter implements Printer {
  readonly #reply = new SanitizeStream();
  readonly #titles = new Map<string, string>();
  /** The output of each tool call that runs, as it was told last. */
  readonly #outputs = new Map<string, unknown>();
  readonly #prompts = new Prompts();
  #thought = '';
  #atLineStart = true;
  #messageId: unknown;
  #interrupted = false;

  /** `asides`: also what is no part of the reply, as short lines; `full` adds the output of tools. */
  constructor(
    private readonly io: Io,
    private readonly asides: Asides,
    /** The prompts too, as in a transcript; those of another login than this with its name. */
    private readonly prompter?: string,
  ) {}

  event({ frame }: SessionEvent): void {
    if (frame.kind !== 'notification') return;
    if (frame.method === 'session/update') this.#update(fields(frame.params.update));
    else this.#praxis(frame);
  }

  remark(line: string): void {
    this.#flushThought();
    if (this.io.stdout.isTTY) this.#freshLine();
    note(this.io, line);
  }

  end(): void {
    this.broken();
  }

  broken(): void {
    this.#flushThought();
    this.#print(this.#reply.end());
    this.#freshLine();
  }

  #update(update: Fields): void {
    const kind = update.sessionUpdate;
    if (kind === 'agent_thought_chunk') {
      this.#thought += words(fields(update.content).text);
      return;
    }
    if (kind === 'agent_message_chunk') {
      this.#message(update);
      return;
    }
    this.#interrupted = true;
    if (kind === 'tool_call' || kind === 'tool_call_update') this.#tool(update);
    else if (kind === 'plan') this.#plan(update);
  }

  #message(update: Fields): void {
    this.#flushThought();
    const apart =
      this.#interrupted || (update.messageId !== undefined && update.messageId !== this.#messageId);
    if (apart && !this.#atLineStart) this.#freshLine();
    this.#interrupted = false;
    this.#messageId = update.messageId;
    const content = fields(update.content);
    const text =
      content.type === 'text' ? words(content.text) : `[${words(content.type)} ${words(content.uri)}]`;
    this.#print(this.#reply.write(text));
  }

  #tool(update: Fields): void {
    const id = words(update.toolCallId);
    const title = words(update.title) || this.#titles.get(id) || id;
    const isNew = !this.#titles.has(id);
    this.#titles.set(id, title);
    if (Array.isArray(update.content)) this.#outputs.set(id, update.content);
    if (update.status === 'completed' || update.status === 'failed') {
      this.#aside(`${update.status === 'failed' ? '✗' : '✓'} ${title}`);
      if (this.asides === 'full')
        for (const line of toolOutput(this.#outputs.get(id))) this.#dim(`  ${line}`);
      this.#titles.delete(id);
      this.#outputs.delete(id);
    } else if (isNew) this.#aside(`… ${title}`);
  }

  #plan(update: Fields): void {
    const entries = Array.isArray(update.entries) ? update.entries.map(fields) : [];
    const done = entries.filter(({ status }) => status === 'completed').length;
    const now = entries.find(({ status }) => status === 'in_progress');
    this.#aside(`plan ${done}/${entries.length}${now ? `: ${words(now.content)}` : ''}`);
  }

  #praxis(frame: Frame & { kind: 'notification' }): void {
    const { severity, text, state, reason, detail } = frame.params;
    if (frame.method === '_praxis/turn' && this.prompter !== undefined) {
      const begun = this.#prompts.begun(frame.params);
      if (begun) this.#prompt(begun.prompt, begun.by);
    }
    if (frame.method === '_praxis/session/notice' && (severity !== 'info' || this.asides !== 'none'))
      this.remark(sanitizeLine(`${words(severity)}: ${words(text)}`));
    else if (frame.method === '_praxis/session/state' && state === 'lost')
      this.remark(`the session is lost: ${sanitizeLine(words(detail) || whyOf(words(reason)))}`);
    else if (frame.method === '_praxis/turn' && state === 'ended') this.#ended(frame.params);
  }

  /** In a transcript each turn says how it ended; of a single one the exit code does, unless the agent's word for it is none of ACP's. */
  #ended({ error, stopReason }: Fields): void {
    const transcript = this.prompter !== undefined;
    if (error !== undefined) {
      const message = sanitizeLine(words(fields(error).message));
      if (transcript) this.remark(`the prompt failed${message && `: ${message}`}`);
    } else if (typeof stopReason !== 'string') this.remark('the agent ended the turn without a stop reason');
    else if (!StopReason.safeParse(stopReason).success)
      this.remark(
        `the agent ended the turn with a stop reason that is not known here: ${sanitizeLine(stopReason)}`,
      );
    else if (transcript && stopReason !== 'end_turn')
      this.remark(
        stopReason === 'cancelled' ? 'the prompt was cancelled' : `the prompt ended with ${stopReason}`,
      );
  }

  #prompt(blocks: unknown[], by: string): void {
    this.broken();
    const mark = by === '' || by === this.prompter ? '> ' : `${sanitizeLine(by)}> `;
    for (const block of blocks.map(fields))
      this.#print(
        `${mark}${sanitize(words(block.text) || `[${words(block.type)}]`).replaceAll('\n', `\n${mark}`)}\n`,
      );
  }

  #aside(line: string): void {
    this.#flushThought();
    if (this.asides !== 'none') this.#dim(sanitizeLine(line));
  }

  #dim(line: string): void {
    this.remark(styled(this.io, 'stderr', 'dim', line));
  }

  #flushThought(): void {
    const thought = sanitize(this.#thought).trim();
    this.#thought = '';
    if (this.asides === 'none' || thought === '') return;
    for (const line of thought.split('\n')) this.#dim(`~ ${line}`);
  }

  #print(text: string): void {
    if (text === '') return;
    this.io.stdout.write(text);
    this.#atLineStart = text.endsWith('\n');
  }

  #freshLine(): void {
    if (!this.#atLineStart) this.#print('\n');
  }
}
