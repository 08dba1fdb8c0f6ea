/** The Gemini API's side of the model stub: `:streamGenerateContent` (server-sent events) and `:generateContent`. */
import { z } from 'zod';
import type { ModelRequest, Vendor } from './server.js';

const Part = z.looseObject({
  text: z.string().optional(),
  functionResponse: z.looseObject({ response: z.unknown() }).optional(),
});
const Body = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(Part).default([]) })),
});

/** Text that the Gemini CLI itself puts before the person's words. */
const isContext = (text: string) =>
  /^\s*(?:<session_context>|<hook_context>|This is the Gemini CLI\.)/.test(text);

function readRequest(body: unknown): ModelRequest {
  let round = 0;
  let toolResult = '';
  for (const { role, parts } of Body.parse(body).contents.reverse()) {
    if (role === 'model') {
      round++;
      continue;
    }
    const answered = parts.find((part) => part.functionResponse)?.functionResponse;
    if (answered) {
      toolResult ||= JSON.stringify(answered.response);
      continue;
    }
    const said = parts.filter((part) => part.text?.trim() && !isContext(part.text)).at(-1);
    if (said) return { prompt: said.text!.trim(), round, toolResult };
  }
  return { prompt: '', round, toolResult };
}

/** https://ai.google.dev/api/generate-content */
export const gemini: Vendor = {
  read: (path, body) =>
    /:(?:streamGenerateContent|generateContent)$/.test(path.pathname) ? readRequest(body) : undefined,

  writer(path, response) {
    const streams = path.pathname.endsWith(':streamGenerateContent');
    const whole: unknown[] = [];
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
    const candidate = (parts: unknown[], more: object = {}) => ({
      candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
      modelVersion: 'stub',
      usageMetadata,
    });
    const event = (value: unknown) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(value)}\r\n\r\n`);
    };
    const part = (value: unknown) => {
      whole.push(value);
      if (streams) event(candidate([value]));
    };
    return {
      text: (text) => part({ text }),
      thought: (text) => part({ text, thought: true }),
      tool: (name, args) => part({ functionCall: { name, args }, thoughtSignature: 'c3R1Yg==' }),
      error(status, message) {
        const error = { error: { code: status, message, status: 'INVALID_ARGUMENT' } };
        if (response.headersSent) event(error);
        else response.writeHead(status, { 'content-type': 'application/json' }).write(JSON.stringify(error));
        response.end();
      },
      end() {
        if (streams) event(candidate([{ text: '' }], { finishReason: 'STOP' }));
        else {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write(JSON.stringify(candidate(whole, { finishReason: 'STOP' })));
        }
        response.end();
      },
    };
  },

  other: (path) => (path.pathname.endsWith(':countTokens') ? { totalTokens: 100 } : undefined),
};
