/** A reply of OpenAI's chat completions, streamed or whole. https://platform.openai.com/docs/api-reference/chat-streaming */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Writer } from './server.js';
import { sendError, sendEvent, sendJson } from './sse.js';

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

export class ChatCompletion implements Writer {
  private readonly id = `chatcmpl-${randomUUID()}`;
  private content = '';
  private readonly calls: object[] = [];

  constructor(
    private readonly response: ServerResponse,
    private readonly model: string,
    private readonly stream: boolean,
  ) {}

  text(content: string): void {
    this.content += content;
    this.delta({ content });
  }

  thought(reasoning_content: string): void {
    this.delta({ reasoning_content });
  }

  tool(name: string, input: Record<string, unknown>): void {
    const call = {
      id: `call_${randomUUID()}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    };
    this.delta({ tool_calls: [{ index: this.calls.length, ...call }] });
    this.calls.push(call);
  }

  error(status: number, message: string): void {
    const error = { error: { message, type: 'invalid_request_error', code: null, param: null } };
    sendError(this.response, status, error, () => sendEvent(this.response, error));
  }

  end(): void {
    const finish_reason = this.calls.length > 0 ? 'tool_calls' : 'stop';
    if (this.stream) {
      this.chunk([{ index: 0, delta: {}, finish_reason }]);
      this.chunk([], { usage: USAGE });
      sendEvent(this.response, '[DONE]');
      this.response.end();
      return;
    }
    const tool_calls = this.calls.length > 0 ? { tool_calls: this.calls } : {};
    const message = { role: 'assistant', content: this.content, ...tool_calls };
    sendJson(this.response, 200, {
      id: this.id,
      object: 'chat.completion',
      created: 1,
      model: this.model,
      choices: [{ index: 0, finish_reason, message }],
      usage: USAGE,
    });
  }

  private delta(delta: object): void {
    if (this.stream) this.chunk([{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null }]);
  }

  private chunk(choices: object[], more: object = {}): void {
    const { id, model } = this;
    sendEvent(this.response, { id, object: 'chat.completion.chunk', created: 1, model, choices, ...more });
  }
}
