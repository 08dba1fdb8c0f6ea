/** A reply of OpenAI's Responses API, streamed. https://platform.openai.com/docs/api-reference/responses-streaming */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Writer } from './server.js';
import { sendError, sendEvent } from './sse.js';

/** An output item that grows, with how its text is told. */
interface OpenItem {
  kind: 'message' | 'reasoning';
  id: string;
  text: string;
}

const TOLD = {
  message: { part: 'response.content_part', text: 'response.output_text', at: 'content_index' },
  reasoning: {
    part: 'response.reasoning_summary_part',
    text: 'response.reasoning_summary_text',
    at: 'summary_index',
  },
} as const;

/** Here a tool of an MCP server, `mcp__server__tool` elsewhere, is the tool of a namespace. */
function named(tool: string): { name: string; namespace?: string } {
  const [, namespace, name] = /^(mcp__.+?)__(.+)$/.exec(tool) ?? [];
  return namespace && name ? { name, namespace } : { name: tool };
}

export class Responses implements Writer {
  private readonly id = `resp_${randomUUID()}`;
  private sequence = 0;
  private readonly output: object[] = [];
  private item: OpenItem | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly model: string,
  ) {}

  text(text: string): void {
    this.grow('message', text);
  }

  thought(text: string): void {
    this.grow('reasoning', text);
  }

  tool(name: string, input: Record<string, unknown>): void {
    this.start();
    this.close();
    const args = JSON.stringify(input);
    const call = {
      id: `fc_${randomUUID()}`,
      type: 'function_call',
      call_id: `call_${randomUUID()}`,
      ...named(name),
    };
    const at = { item_id: call.id, output_index: this.output.length };
    this.added({ ...call, status: 'in_progress', arguments: '' });
    this.event('response.function_call_arguments.delta', { ...at, delta: args });
    this.event('response.function_call_arguments.done', { ...at, arguments: args });
    this.done({ ...call, status: 'completed', arguments: args });
  }

  error(status: number, message: string): void {
    const error = { message, type: 'invalid_request_error', code: 'invalid_request_error', param: null };
    sendError(this.response, status, { error }, () =>
      this.event('response.failed', { response: { ...this.whole('failed'), error } }),
    );
  }

  end(): void {
    this.start();
    this.close();
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 15,
    };
    this.event('response.completed', { response: { ...this.whole('completed'), usage } });
    this.response.end();
  }

  private start(): void {
    if (this.response.headersSent) return;
    this.event('response.created', { response: this.whole('in_progress') });
  }

  private grow(kind: OpenItem['kind'], delta: string): void {
    this.start();
    if (this.item?.kind !== kind) this.open(kind);
    this.item!.text += delta;
    this.event(`${TOLD[kind].text}.delta`, { ...this.place(kind), delta });
  }

  private open(kind: OpenItem['kind']): void {
    this.close();
    this.item = { kind, id: `item_${randomUUID()}`, text: '' };
    this.added(this.itemAs('in_progress', []));
    this.event(`${TOLD[kind].part}.added`, { ...this.place(kind), part: this.part() });
  }

  private close(): void {
    if (!this.item) return;
    const { kind, text } = this.item;
    const place = this.place(kind);
    this.event(`${TOLD[kind].text}.done`, { ...place, text });
    this.event(`${TOLD[kind].part}.done`, { ...place, part: this.part() });
    this.done(this.itemAs('completed', [this.part()]));
    this.item = undefined;
  }

  private itemAs(status: string, parts: object[]): object {
    const { id, kind } = this.item!;
    return kind === 'message'
      ? { id, type: 'message', status, role: 'assistant', content: parts }
      : { id, type: 'reasoning', summary: parts };
  }

  private part(): object {
    const { kind, text } = this.item!;
    return kind === 'message'
      ? { type: 'output_text', text, annotations: [] }
      : { type: 'summary_text', text };
  }

  private place(kind: OpenItem['kind']): object {
    return { item_id: this.item!.id, output_index: this.output.length, [TOLD[kind].at]: 0 };
  }

  private added(item: object): void {
    this.event('response.output_item.added', { output_index: this.output.length, item });
  }

  private done(item: object): void {
    this.event('response.output_item.done', { output_index: this.output.length, item });
    this.output.push(item);
  }

  private whole(status: string): object {
    const { id, model, output } = this;
    return { id, object: 'response', created_at: 1, status, model, output, error: null, tools: [] };
  }

  private event(type: string, fields: object): void {
    sendEvent(this.response, { type, sequence_number: this.sequence++, ...fields }, type);
  }
}
