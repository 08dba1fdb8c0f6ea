/**
 * What a client may hand to the agent itself, past ACP's own members. The adapter of Claude Code takes `_meta.claudeCode.options`
 * as the options of its SDK and `_meta.additionalRoots` as further directories: with them a session could have what the node's
 * owner denies.
 */
import { ErrorCode, invalidParams, PraxisError } from '../proto/index.js';
import { allowedDirectory } from './roots.js';

/** Options that start nothing, reach no other directory and allow no tool. All others are refused: a later version has more. */
const HARMLESS = new Set([
  'disallowedTools',
  'effort',
  'fallbackModel',
  'forwardSubagentText',
  'maxBudgetUsd',
  'maxThinkingTokens',
  'maxTurns',
  'model',
  'promptSuggestions',
  'thinking',
]);

export interface OwnerLimits {
  roots: readonly string[];
  yolo: 'allow' | 'deny';
  mcpServers: 'allow' | 'deny';
}

const member = (value: unknown, name: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[name];

/** Throws Forbidden when `_meta` of a session asks its agent for more than the owner allows. */
export function checkAgentOptions(meta: unknown, { roots, yolo, mcpServers }: OwnerLimits): void {
  const limits = [
    ...(roots.includes('/') ? [] : ['roots']),
    ...(yolo === 'deny' ? ['yolo'] : []),
    ...(mcpServers === 'deny' ? ['mcpServers'] : []),
  ];
  if (limits.length === 0) return;
  const refused = Object.keys(member(member(meta, 'claudeCode'), 'options') ?? {}).filter(
    (name) => !HARMLESS.has(name),
  );
  if (refused.length > 0)
    throw new PraxisError(
      ErrorCode.Forbidden,
      `_meta.claudeCode.options may not set ${refused.join(', ')}: it could pass by what the node's owner decides (node.json: ${limits.join(', ')})`,
    );
  checkDirectories('_meta.additionalRoots', member(meta, 'additionalRoots'), roots);
}

/** Throws InvalidParams and Forbidden. */
export function checkDirectories(name: string, directories: unknown, roots: readonly string[]): void {
  if (directories === undefined || directories === null) return;
  if (!Array.isArray(directories)) throw invalidParams(`${name} is a list`);
  for (const directory of directories) allowedDirectory(directory, roots);
}
