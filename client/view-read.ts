/** Reads what agents say leniently, as ACP asks: a malformed member counts as absent, a malformed list entry is skipped. */
import type { ContentBlock, FormContent, FormValue, PermissionOption } from '../proto/index.js';
import { AgentInfoMeta, PermissionOption as PermissionOptionSchema } from '../proto/index.js';
import type { Command, PlanEntry, ToolContent, ToolLocation, TurnUsage } from './view-items.js';

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fields = (value: unknown): Fields => (isFields(value) ? value : {});
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
export const list = (value: unknown): Fields[] | undefined =>
  Array.isArray(value) ? value.filter(isFields) : undefined;

/** What a person reads of a content block. */
export function blockText(block: unknown): string {
  const b = fields(block);
  switch (b.type) {
    case 'text':
      return text(b.text) ?? '';
    case 'image':
    case 'audio':
      return `[${b.type} ${text(b.mimeType) ?? ''}, ${Math.ceil(((text(b.data) ?? '').length * 3) / 4096)} kB]`;
    case 'resource_link':
      return `[${text(b.name) ?? 'link'}](${text(b.uri) ?? ''})`;
    case 'resource': {
      const resource = fields(b.resource);
      return text(resource.text) ?? `[${text(resource.uri) ?? 'resource'}]`;
    }
    default:
      return `[${text(b.type) ?? 'unknown content'}]`;
  }
}

export const blocksText = (blocks: readonly ContentBlock[]): string => blocks.map(blockText).join('\n');

export function toolContent(value: unknown): ToolContent[] | undefined {
  return list(value)?.flatMap((c): ToolContent[] => {
    if (c.type === 'content') return [{ type: 'text', text: blockText(c.content) }];
    if (c.type === 'terminal') return [{ type: 'terminal', terminalId: text(c.terminalId) ?? '' }];
    const path = text(c.path);
    const newText = text(c.newText);
    if (c.type !== 'diff' || path === undefined || newText === undefined) return [];
    return [{ type: 'diff', path, oldText: text(c.oldText) ?? null, newText }];
  });
}

export function locations(value: unknown): ToolLocation[] | undefined {
  return list(value)?.flatMap((l) => {
    const path = text(l.path);
    return path === undefined ? [] : [{ path, line: number(l.line) ?? null }];
  });
}

export function planEntries(value: unknown): PlanEntry[] {
  return (list(value) ?? []).flatMap((e) => {
    const content = text(e.content);
    if (content === undefined) return [];
    return [{ content, priority: text(e.priority) ?? 'medium', status: text(e.status) ?? 'pending' }];
  });
}

export function commands(value: unknown): Command[] {
  return (list(value) ?? []).flatMap((c) => {
    const name = text(c.name);
    if (name === undefined) return [];
    return [{ name, description: text(c.description) ?? '', hint: text(fields(c.input).hint) ?? null }];
  });
}

/**
 * The model that an agent says it uses: ACP's config option of the category "model"
 * (https://agentclientprotocol.com/protocol/session-config-options), else the unstable `models` of older agents.
 */
export function modelOf(value: unknown): string | undefined {
  const { configOptions, models } = fields(value);
  const option = list(configOptions)?.find((o) => o.category === 'model');
  if (option) {
    const current = text(option.currentValue);
    const choices = (list(option.options) ?? []).flatMap((o) => [o, ...(list(o.options) ?? [])]);
    return text(choices.find((o) => o.value === current)?.name) ?? current;
  }
  const { currentModelId, availableModels } = fields(models);
  const current = text(currentModelId);
  return text(list(availableModels)?.find((m) => m.modelId === current)?.name) ?? current;
}

/** Whether an agent says in its `agentInfo` that its messages are plain text and no markdown. ACP has no word for it; this is ours. */
export const isPlain = (agentInfo: Fields): boolean =>
  AgentInfoMeta.safeParse(fields(agentInfo._meta).praxis).data?.text === 'plain';

/** The tool call within which an update was said. ACP has no word for it; these are claude-agent-acp's and Qwen Code's, and ours. */
export function parentOf(update: Fields): string | undefined {
  // Most updates have none, and there are many of them.
  if (update._meta === undefined) return undefined;
  const meta = fields(update._meta);
  return (
    text(fields(meta.praxis).parentToolCallId) ??
    text(fields(meta.claudeCode).parentToolUseId) ??
    text(meta.parentToolCallId)
  );
}

export function permissionOptions(value: unknown): PermissionOption[] {
  return (list(value) ?? []).flatMap((o) => {
    const read = PermissionOptionSchema.safeParse(o);
    return read.success ? [read.data] : [];
  });
}

const isFormValue = (value: unknown): value is FormValue =>
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((one) => typeof one === 'string'));

/** What was filled into a form. */
export const formContent = (value: unknown): FormContent =>
  Object.fromEntries(
    Object.entries(fields(value)).filter((entry): entry is [string, FormValue] => isFormValue(entry[1])),
  );

/** Token counts of a prompt's result: unstable in ACP, shown when there. */
export function turnUsage(result: Fields): TurnUsage | null {
  if (!isFields(result.usage)) return null;
  const { inputTokens, outputTokens, totalTokens } = result.usage;
  return {
    inputTokens: number(inputTokens) ?? null,
    outputTokens: number(outputTokens) ?? null,
    totalTokens: number(totalTokens) ?? null,
  };
}
