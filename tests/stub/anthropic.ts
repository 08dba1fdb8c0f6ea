/** The Anthropic side of the model stub: POST /v1/messages, streamed. https://docs.anthropic.com/en/api/messages-streaming */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ModelRequest, Vendor, Writer } from './server.js';
import { sendError, sendEvent } from './sse.js';

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
});
const Body = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
  tools: z.array(z.unknown()).optional(),
});
type Block = z.infer<typeof Block>;

/** Text that Claude Code itself puts beside the person's words. */
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;

/** After an interrupt Claude Code puts a line of its own beside the tool's result, and perhaps the next prompt. */
const isSaid = (text: string) => text !== '' && !text.startsWith('[Request interrupted by user');

const blocksOf = (content: string | Block[]): Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function readRequest(body: unknown): ModelRequest {
  const { messages, tools = [] } = Body.parse(body);
  const side = tools.length === 0;
  let round = 0;
  let toolResult = '';
  for (const { role, content } of messages.reverse()) {
    if (role === 'assistant') {
      round++;
      continue;
    }
    const blocks = blocksOf(content);
    const answered = blocks.find(({ type }) => type === 'tool_result');
    if (answered) toolResult ||= JSON.stringify(answered.content);
    const said = blocks.map(({ text = '' }) => text.replace(REMINDER, '').trim()).filter(isSaid);
    if (role === 'user' && said.length > 0) return { prompt: said.at(-1)!, round, toolResult, side };
  }
  return { prompt: '', round, toolResult, side };
}

/** One message: blocks are opened when something of their kind comes, and closed by the next kind. */
class Message implements Writer {
  private index = -1;
  private open: 'text' | 'thinking' | undefined;
  private stopReason = 'end_turn';

  constructor(
    private readonly response: ServerResponse,
    private readonly model: string,
  ) {}

  text(text: string): void {
    this.block('text', { type: 'text', text: '' });
    this.delta({ type: 'text_delta', text });
  }

  thought(thinking: string): void {
    this.block('thinking', { type: 'thinking', thinking: '', signature: '' });
    this.delta({ type: 'thinking_delta', thinking });
  }

  tool(name: string, input: Record<string, unknown>): void {
    this.start();
    this.close();
    this.stopReason = 'tool_use';
    const id = `toolu_${randomUUID().replaceAll('-', '')}`;
    this.event('content_block_start', {
      index: ++this.index,
      content_block: { type: 'tool_use', id, name, input: {} },
    });
    this.delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
    this.event('content_block_stop', { index: this.index });
  }

  error(status: number, message: string): void {
    const error = { type: 'error', error: { type: 'invalid_request_error', message } };
    sendError(this.response, status, error, () => sendEvent(this.response, error, 'error'));
  }

  end(): void {
    this.start();
    this.close();
    const delta = { stop_reason: this.stopReason, stop_sequence: null };
    this.event('message_delta', { delta, usage: { input_tokens: 10, output_tokens: 5 } });
    this.event('message_stop', {});
    this.response.end();
  }

  private start(): void {
    if (this.response.headersSent) return;
    const usage = { input_tokens: 10, output_tokens: 0 };
    const message = {
      id: `msg_${randomUUID()}`,
      type: 'message',
      role: 'assistant',
      model: this.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    this.event('message_start', { message });
  }

  private block(kind: 'text' | 'thinking', content_block: object): void {
    this.start();
    if (this.open === kind) return;
    this.close();
    this.open = kind;
    this.event('content_block_start', { index: ++this.index, content_block });
  }

  private close(): void {
    if (this.open === 'thinking') this.delta({ type: 'signature_delta', signature: 'c3R1Yg==' });
    if (this.open) this.event('content_block_stop', { index: this.index });
    this.open = undefined;
  }

  private delta(delta: object): void {
    this.event('content_block_delta', { index: this.index, delta });
  }

  private event(type: string, fields: object): void {
    sendEvent(this.response, { type, ...fields }, type);
  }
}

export const anthropic: Vendor = {
  read: (path, body) => (path.pathname.endsWith('/v1/messages') ? readRequest(body) : undefined),
  writer: (_path, response, body) => new Message(response, Body.parse(body).model),
  other(path) {
    if (path.pathname.endsWith('/count_tokens')) return { input_tokens: 100 };
    return path.pathname === '/' ? {} : undefined;
  },
};
