/** Reads what agents say leniently, as ACP asks: a malformed member counts as absent, a malformed list entry is skipped. */
import type { ContentBlock, PermissionOption } from '../proto/index.js';
import { PermissionOption as PermissionOptionSchema } from '../proto/index.js';
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

export function permissionOptions(value: unknown): PermissionOption[] {
  return (list(value) ?? []).flatMap((o) => {
    const read = PermissionOptionSchema.safeParse(o);
    return read.success ? [read.data] : [];
  });
}

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
