/** The MCP servers of a session whose agent a script drives, and the files in which their secrets lie. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ErrorCode } from '../../proto/index.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';

/** Says what it was given, and keeps it in a private file whose path it says too. */
const SCRIPT = `
local path
return {
  capabilities = { image = true, mcp = { "stdio", "http" } },
  open = function(session)
    path = host.private_file { name = "mcp.json", text = json.encode(session.mcpServers) }
  end,
  prompt = function(session) session:message(path) return "end_turn" end,
}`;

const STDIO = { name: 'my tools', command: 'tools', args: ['-v'], env: [{ name: 'KEY', value: 'hush' }] };
const HTTP = {
  type: 'http',
  name: 'far',
  url: 'http://127.0.0.1:1/mcp',
  headers: [{ name: 'A', value: 'b' }],
};
const SSE = { type: 'sse', name: 'old', url: 'http://127.0.0.1:1/sse', headers: [] };

let lua: LuaConnectors;
let node: TestServer;
beforeAll(() => {
  lua = new LuaConnectors();
});
afterAll(() => lua.close());
afterEach(() => node.stop());

async function open(mcpServers: unknown, script = SCRIPT) {
  node = new TestServer([await lua.compile('test', script)]);
  return node.newSession('test', {}, { mcpServers });
}
const idOf = ({ result }: Awaited<ReturnType<typeof open>>) => (result as { sessionId: string }).sessionId;
const notices = (id: string) =>
  node
    .framesOf(id)
    .flatMap(({ frame }) =>
      'method' in frame && frame.method === '_praxis/agent/notice' ? [frame.params.text] : [],
    );

describe('the MCP servers of a session', () => {
  it('are given to the script as it declares, with plain names and tables in place of lists of pairs', async () => {
    const answer = await open([STDIO, { ...STDIO, name: 'my/tools', args: [], env: [] }, HTTP, SSE]);
    const id = idOf(answer);
    await node.prompt(id, 'where');
    expect(JSON.parse(readFileSync(node.textOf(id), 'utf8'))).toEqual([
      { type: 'stdio', name: 'my_tools', command: 'tools', args: ['-v'], env: { KEY: 'hush' } },
      { type: 'stdio', name: 'my_tools-2', command: 'tools', args: [], env: {} },
      { type: 'http', name: 'far', url: 'http://127.0.0.1:1/mcp', headers: { A: 'b' } },
    ]);
    expect(notices(id)).toEqual(['This connector cannot give its agent these MCP servers: old']);
    const { _meta } = answer.result as { _meta: { praxis: { agentCapabilities: object } } };
    expect(_meta.praxis.agentCapabilities).toMatchObject({
      promptCapabilities: { image: true },
      mcpCapabilities: { http: true, sse: false },
    });
  });

  it('are all named when the script takes none', async () => {
    const id = idOf(await open([STDIO, HTTP], SCRIPT.replace(', mcp = { "stdio", "http" }', '')));
    expect(notices(id)).toEqual(['This connector cannot give its agent these MCP servers: my tools, far']);
  });

  it.each([
    ['no command', { name: 'x', args: [], env: [{ name: 'KEY', value: 'hush' }] }],
    ['an address that is none', { ...HTTP, url: 'hush' }],
    ['an unknown kind', { ...HTTP, type: 'pigeon', url: 'http://hush' }],
  ])('with %s are refused, and the error tells no secret', async (_name, server) => {
    const { error } = await open([STDIO, server]);
    expect(error).toMatchObject({
      code: ErrorCode.InvalidParams,
      message: expect.stringMatching(/mcpServers\.1/),
    });
    expect(JSON.stringify(error)).not.toContain('hush');
  });
});

describe('a private file', () => {
  it('is for the user alone, and goes with the session', async () => {
    const id = idOf(await open([STDIO]));
    await node.prompt(id, 'where');
    const file = node.textOf(id);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    await node.ask('session/close', { sessionId: id });
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(join(lua.dir, 'private'))).toEqual([]);
  });

  it.each(['../x', '.hidden', 'a/b', ''])('is not called %j', async (name) => {
    const { error } = await open([], SCRIPT.replace('"mcp.json"', JSON.stringify(name)));
    expect(error?.message).toMatch(/is no plain file name/);
  });
});
