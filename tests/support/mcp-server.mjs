/**
 * A stand-in for an MCP server (https://modelcontextprotocol.io/specification/2025-06-18/basic/transports), small enough to read: its one tool
 * `secret_word` tells the words that it was started with. As a program it speaks on stdio, and the words are its first argument and
 * the variable SECRET_WORD; `startMcpServer` speaks HTTP, and the words are two headers of the request.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const MCP_SERVER = fileURLToPath(import.meta.url);

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
  'tools/call': (_params, words) => ({ content: [{ type: 'text', text: words }] }),
};

/** The answer to a message, as a line of JSON; undefined for a notification. */
function answer(message, words) {
  const { id, method, params } = JSON.parse(message);
  if (id === undefined) return undefined;
  const known = ANSWERS[method];
  const told = known
    ? { result: known(params, words) }
    : { error: { code: -32601, message: 'Method not found' } };
  return JSON.stringify({ jsonrpc: '2.0', id, ...told });
}

/** Starts one on loopback. */
export async function startMcpServer() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const words = `${request.headers['x-word']} ${request.headers['x-secret-word']}`;
    const told = request.method === 'POST' ? answer(body, words) : undefined;
    response.writeHead(request.method !== 'POST' ? 405 : told ? 200 : 202, {
      'content-type': 'application/json',
    });
    response.end(told);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === MCP_SERVER)
  for await (const line of createInterface({ input: process.stdin })) {
    const told = answer(line, `${process.argv[2]} ${process.env.SECRET_WORD}`);
    if (told) process.stdout.write(`${told}\n`);
  }
