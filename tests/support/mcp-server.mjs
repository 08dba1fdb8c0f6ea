/**
 * A stand-in for an MCP server on stdio (https://modelcontextprotocol.io/specification/2025-06-18/basic/transports), small enough
 * to read: its one tool `secret_word` tells the word that the server got as its first argument, and the one in its environment.
 */
import { createInterface } from 'node:readline';

const TOOL = {
  name: 'secret_word',
  description: 'Tells the words that this server was started with',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
};

const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'secret-words', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [TOOL] }),
  'tools/call': () => ({
    content: [{ type: 'text', text: `${process.argv[2]} ${process.env.SECRET_WORD}` }],
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = ANSWERS[method];
  const told = answer ? { result: answer(params) } : { error: { code: -32601, message: 'Method not found' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...told })}\n`);
}
