/**
 * The MCP servers that a client wants a session's agent to have, checked and in the form in which scripts get them
 * (https://agentclientprotocol.com/protocol/v1/session-setup#mcp-servers).
 */
import { z } from 'zod';
import { invalidParams } from '../../proto/index.js';

const text = z.string();

/** Names and values, as a table of them. */
const named = z
  .array(z.looseObject({ name: text.min(1), value: text }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ name, value }) => [name, value])));

const Stdio = z
  .object({
    name: text.min(1),
    type: z.literal('stdio').optional(),
    command: text.min(1),
    args: z.array(text).default([]),
    env: named,
  })
  .transform((server) => ({ ...server, type: 'stdio' as const }));
const Remote = z.object({ name: text.min(1), type: z.enum(['http', 'sse']), url: z.url(), headers: named });
const McpServers = z.array(z.union([Stdio, Remote])).default([]);
export type McpServer = z.infer<typeof McpServers>[number];

export const McpTransport = z.enum(['stdio', 'http', 'sse']);
export type McpTransport = z.infer<typeof McpTransport>;

/**
 * The servers that a script takes, and the names of the others. Throws InvalidParams for what ACP does not allow; the text
 * names fields only, because the values may be secrets.
 */
export function mcpServers(
  value: unknown,
  taken: readonly McpTransport[],
): { servers: McpServer[]; left: string[] } {
  const parsed = McpServers.safeParse(value);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => ['mcpServers', ...path].join('.'));
    throw invalidParams(`An MCP server is described wrongly: ${fields.join(', ')}`);
  }
  const servers = parsed.data.filter(({ type }) => taken.includes(type));
  const left = parsed.data.filter((server) => !servers.includes(server)).map(({ name }) => name);
  return { servers: withPlainNames(servers), left };
}

/** Agents make names of tools of them: letters, digits, `_` and `-` only, and each once. */
function withPlainNames(servers: McpServer[]): McpServer[] {
  const used = new Set<string>();
  return servers.map((server) => {
    const plain = server.name.replaceAll(/[^\w-]/g, '_');
    let name = plain;
    for (let number = 2; used.has(name); number++) name = `${plain}-${number}`;
    used.add(name);
    return { ...server, name };
  });
}
