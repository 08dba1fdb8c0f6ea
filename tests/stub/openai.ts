/**
 * The OpenAI side of the model stub: requests of the Responses API and of chat completions, read alike. How each is
 * answered is in openai-responses.ts and openai-chat.ts.
 */
import { z } from 'zod';
import { ChatCompletion } from './openai-chat.js';
import { Responses } from './openai-responses.js';
import type { ModelRequest, Vendor } from './server.js';

const Content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const Item = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: Content,
  output: z.unknown().optional(),
});
const Body = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  messages: z.array(Item).optional(),
  input: z.union([z.string(), z.array(Item)]).optional(),
  tools: z.array(z.unknown()).optional(),
});
type Item = z.infer<typeof Item>;

/** What agents put before or beside the person's words. */
const CONTEXT =
  /^\s*<(?:environment_context|user_instructions|permissions instructions|INSTRUCTIONS|skills)/i;
const REMINDER = /<(system-reminder|current_datetime|reminder|system_notification)>[\s\S]*?<\/\1>/g;

const textsOf = (content: z.infer<typeof Content>): string[] =>
  typeof content === 'string' ? [content] : (content ?? []).map(({ text = '' }) => text);

const wordsOf = ({ content }: Item): string | undefined =>
  textsOf(content)
    .map((text) => text.replace(REMINDER, '').trim())
    .filter((text) => text !== '' && !CONTEXT.test(text))
    .at(-1);

const isModel = ({ type, role }: Item) => role === 'assistant' || /(?:_call|reasoning)$/.test(type ?? '');
const isToolResult = ({ type, role }: Item) => role === 'tool' || /_output$/.test(type ?? '');

/** A round is one reply of the model, which the Responses API writes as several items in a row. */
function readRequest(body: unknown): ModelRequest {
  const { messages, input = [], tools = [] } = Body.parse(body);
  const items = messages ?? (typeof input === 'string' ? [{ role: 'user', content: input }] : input);
  const side = tools.length === 0;
  let round = 0;
  let toolResult = '';
  let inReply = false;
  for (const item of items.reverse()) {
    const reply = isModel(item);
    if (reply && !inReply) round++;
    inReply = reply;
    if (isToolResult(item)) toolResult ||= JSON.stringify(item.output ?? item.content);
    const words = item.role === 'user' ? wordsOf(item) : undefined;
    if (words !== undefined) return { prompt: words, round, toolResult, side };
  }
  return { prompt: '', round, toolResult, side };
}

const MODELS = {
  object: 'list',
  data: [{ id: 'stub-model', object: 'model', created: 1, owned_by: 'stub' }],
};

export const openai: Vendor = {
  read: (path, body) =>
    /\/(?:responses|chat\/completions)$/.test(path.pathname) ? readRequest(body) : undefined,
  writer(path, response, body) {
    const { model, stream = false } = Body.parse(body);
    return path.pathname.endsWith('/responses')
      ? new Responses(response, model)
      : new ChatCompletion(response, model, stream);
  },
  other: (path) => (path.pathname.endsWith('/models') ? MODELS : undefined),
};
