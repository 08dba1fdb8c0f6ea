/**
 * What a connector's script may say, in the words of ACP v1 (https://agentclientprotocol.com/protocol/v1/schema). Objects are strict,
 * so that a misspelt field is an error at its line in the script, and no frame of ours breaks the schema.
 */
import { z } from 'zod';
import { AgentInfoMeta, ContentBlock, PermissionOption, StopReason } from '../../proto/index.js';
import { McpTransport } from './mcp-servers.js';

const text = z.string();
const optional = z.string().nullish();

/** Lua cannot tell an empty list from an empty object. */
const list = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (isEmptyObject(value) ? [] : value), z.array(item));

const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** A text stands for a content block of that text. */
const ToolCallContent = z.preprocess(
  (value) =>
    typeof value === 'string' ? { type: 'content', content: { type: 'text', text: value } } : value,
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('content'), content: ContentBlock }),
    z.strictObject({ type: z.literal('diff'), path: text, oldText: optional, newText: text }),
  ]),
);

const toolFields = {
  kind: z
    .enum(['read', 'edit', 'delete', 'move', 'search', 'execute', 'think', 'fetch', 'switch_mode', 'other'])
    .optional(),
  status: z.enum(['pending', 'in_progress', 'completed', 'failed']).optional(),
  content: list(ToolCallContent).optional(),
  locations: list(z.strictObject({ path: text, line: z.number().int().min(0).nullish() })).optional(),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
  /** What ACP has no word for. */
  _meta: z.record(z.string(), z.unknown()).optional(),
};

export const ToolCall = z.strictObject({ toolCallId: text.min(1), title: text, ...toolFields });
export const ToolUpdate = ToolCall.partial().required({ toolCallId: true });
export type ToolUpdate = z.infer<typeof ToolUpdate>;

export const Plan = list(
  z.strictObject({
    content: text,
    priority: z.enum(['high', 'medium', 'low']).default('medium'),
    status: z.enum(['pending', 'in_progress', 'completed']).default('pending'),
  }),
);

export const Usage = z.strictObject({
  used: z.number().int().min(0),
  size: z.number().int().min(0),
  cost: z.strictObject({ amount: z.number(), currency: text }).nullish(),
});

export const Commands = list(
  z.strictObject({
    name: text.min(1),
    description: text,
    input: z.strictObject({ hint: text }).nullish(),
  }),
);

export const Modes = z.strictObject({
  currentModeId: text,
  availableModes: list(z.strictObject({ id: text, name: text, description: optional })),
});
export type Modes = z.infer<typeof Modes>;

const choice = z.strictObject({ value: text, name: text, description: optional });

export const ConfigOptions = list(
  z.strictObject({
    id: text,
    name: text,
    description: optional,
    category: optional,
    type: z.literal('select').default('select'),
    currentValue: text,
    options: list(choice),
  }),
);

/** What `open` and `resume` return; all of it may be left out. */
export const Opened = z
  .strictObject({
    /** The agent's own id of the session, for `resume`. */
    id: text.min(1).optional(),
    modes: Modes.optional(),
    configOptions: ConfigOptions.optional(),
  })
  .default({});

export const Question = z.strictObject({
  toolCall: ToolUpdate,
  options: list(PermissionOption).refine((o) => o.length > 0),
});
export type Question = z.infer<typeof Question>;

export const Ended = StopReason;
export type Ended = StopReason;

export const Failure = z.strictObject({
  /** Of JSON-RPC or ACP: -32000 asks for a login. */
  code: z.number().int().optional(),
  message: text,
  data: z.unknown().optional(),
});
export type Failure = z.infer<typeof Failure>;

export const Text = text;
export const MessageId = text.min(1).optional();

/** The field of a script that tells what its messages are. */
export const MessageText = AgentInfoMeta.shape.text;

/** The field of a script that tells what it takes. */
export const Capabilities = z
  .strictObject({
    image: z.boolean(),
    audio: z.boolean(),
    embeddedContext: z.boolean(),
    /** How the MCP servers may speak that the script gives to its agent. */
    mcp: list(McpTransport),
  })
  .partial()
  .default({});
