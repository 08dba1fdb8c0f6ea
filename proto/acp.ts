/**
 * The ACP v1 shapes that Praxis reads or authors (https://agentclientprotocol.com/protocol/v1/schema). Objects are loose:
 * unknown members stay, because what we only forward is not ours to judge. `_meta` is left to `praxisMeta`.
 */
import { isAbsolute } from 'node:path';
import { z } from 'zod';

export const PROTOCOL_VERSION = 1;

const text = z.string();

export const ContentBlock = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text }),
  z.looseObject({ type: z.literal('image'), data: text, mimeType: text }),
  z.looseObject({ type: z.literal('audio'), data: text, mimeType: text }),
  z.looseObject({ type: z.literal('resource_link'), uri: text, name: text }),
  z.looseObject({ type: z.literal('resource'), resource: z.looseObject({ uri: text }) }),
]);
export type ContentBlock = z.infer<typeof ContentBlock>;

export const StopReason = z.enum(['end_turn', 'max_tokens', 'max_turn_requests', 'refusal', 'cancelled']);
export type StopReason = z.infer<typeof StopReason>;

export const Implementation = z.looseObject({ name: text, title: text.nullish(), version: text });
export type Implementation = z.infer<typeof Implementation>;

export const InitializeParams = z.looseObject({
  protocolVersion: z.number().int().min(0).max(65_535),
  clientCapabilities: z.looseObject({}).nullish(),
  clientInfo: Implementation.nullish(),
});
export type InitializeParams = z.infer<typeof InitializeParams>;

/** Optional capabilities are objects when supported and absent otherwise; fs and terminal are booleans in v1. */
export const AgentCapabilities = z.looseObject({
  loadSession: z.boolean().nullish(),
  promptCapabilities: z
    .looseObject({
      image: z.boolean().nullish(),
      audio: z.boolean().nullish(),
      embeddedContext: z.boolean().nullish(),
    })
    .nullish(),
  sessionCapabilities: z.looseObject({}).nullish(),
});
export type AgentCapabilities = z.infer<typeof AgentCapabilities>;

export const InitializeResult = z.looseObject({
  protocolVersion: z.number().int(),
  agentCapabilities: AgentCapabilities.nullish(),
  agentInfo: Implementation.nullish(),
  authMethods: z.array(z.looseObject({ id: text, name: text })).nullish(),
});
export type InitializeResult = z.infer<typeof InitializeResult>;

export const AbsolutePath = z
  .string()
  .max(4_096)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path');

/** `mcpServers` is required by the specification; an absent list is taken as empty, as older clients need. */
export const NewSessionParams = z.looseObject({
  cwd: AbsolutePath,
  mcpServers: z.array(z.looseObject({ name: text })).default([]),
  additionalDirectories: z.array(AbsolutePath).nullish(),
});
export type NewSessionParams = z.infer<typeof NewSessionParams>;

export const PromptParams = z.looseObject({ sessionId: text, prompt: z.array(ContentBlock).min(1) });
export type PromptParams = z.infer<typeof PromptParams>;

/**
 * `stopReason` is the agent's own word: one of `StopReason`, or any other of an agent that is newer than this or none of ACP.
 * Null when it gave none, since its turn has ended all the same.
 */
export const PromptResult = z
  .looseObject({ stopReason: text.nullable().catch(null) })
  .catch({ stopReason: null });
export type PromptResult = z.infer<typeof PromptResult>;

export const PermissionOption = z.looseObject({
  optionId: text,
  name: text,
  kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
});
export type PermissionOption = z.infer<typeof PermissionOption>;

export const PermissionParams = z.looseObject({
  sessionId: text,
  toolCall: z.looseObject({ toolCallId: text }),
  options: z.array(PermissionOption),
});
export type PermissionParams = z.infer<typeof PermissionParams>;

export const PermissionOutcome = z.discriminatedUnion('outcome', [
  z.looseObject({ outcome: z.literal('selected'), optionId: text }),
  z.looseObject({ outcome: z.literal('cancelled') }),
]);
export type PermissionOutcome = z.infer<typeof PermissionOutcome>;

export const ListParams = z.looseObject({ cwd: AbsolutePath.nullish(), cursor: text.nullish() });
export type ListParams = z.infer<typeof ListParams>;
