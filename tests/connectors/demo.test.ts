/** The demo agent by itself, as any ACP client would run it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../proto/index.js';
import { SchemaCheck } from '../support/acp-schema.js';
import { LuaConnectors } from '../support/lua-connectors.js';
import { TestServer } from '../support/node-server.js';
import { waitUntil } from '../support/wait.js';

interface Frame {
  id?: number;
  method?: string;
  params?: Record<string, unknown> & { update?: Record<string, unknown> };
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

let cwd: string;
let agent: ChildProcessWithoutNullStreams;
let check: SchemaCheck;
let heard: Frame[];
let lines: string[];
let nextId: number;

beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'pxd-')));
  start();
});
afterEach(() => {
  agent.kill('SIGKILL');
  rmSync(cwd, { recursive: true, force: true });
  expect(check.problems).toEqual([]);
});

function start(env: Record<string, string> = {}): void {
  agent?.kill('SIGKILL');
  agent = spawn(process.execPath, [join(packageRoot, 'dist/connectors/demo/agent/main.js')], {
    cwd,
    env: { ...process.env, ...env },
  });
  check = new SchemaCheck();
  heard = [];
  lines = [];
  nextId = 1;
  createInterface({ input: agent.stdout }).on('line', (line) => {
    lines.push(line);
    check.add('agent', line);
    heard.push(JSON.parse(line));
  });
}

function send(frame: object): void {
  const line = JSON.stringify({ jsonrpc: '2.0', ...frame });
  check.add('client', line);
  agent.stdin.write(`${line}\n`);
}

async function ask(method: string, params: object): Promise<Frame> {
  const id = nextId++;
  send({ id, method, params });
  const find = () => heard.find((frame) => frame.id === id && !frame.method);
  await waitUntil(() => find() !== undefined, 10_000);
  return find()!;
}

const initialize = () => ask('initialize', { protocolVersion: 1, clientCapabilities: {} });

async function open(): Promise<string> {
  await initialize();
  return String((await ask('session/new', { cwd, mcpServers: [] })).result?.sessionId);
}

const prompt = (sessionId: string, text: string) =>
  ask('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });

const updates = (kind: string) =>
  heard.flatMap(({ params }) => (params?.update?.sessionUpdate === kind ? [params.update] : []));
const text = () =>
  updates('agent_message_chunk')
    .map(({ content }) => (content as { text: string }).text)
    .join('');

/** Answers every permission question from now on with this option. */
function always(optionId: string): void {
  let answered = 0;
  createInterface({ input: agent.stdout }).on('line', () => {
    for (const { id, method } of heard.slice(answered))
      if (method === 'session/request_permission')
        send({ id, result: { outcome: { outcome: 'selected', optionId } } });
    answered = heard.length;
  });
}

describe('the demo agent', () => {
  it('greets free text word by word, with one message id, and says what it can do', async () => {
    const sessionId = await open();
    expect((await prompt(sessionId, 'Hi there')).result).toEqual({ stopReason: 'end_turn' });
    const chunks = updates('agent_message_chunk');
    expect(chunks.length).toBeGreaterThan(50);
    expect(new Set(chunks.map(({ messageId }) => messageId)).size).toBe(1);
    expect(text()).toMatch(/^Hello! I am the \*\*demo agent\*\*.*You said: \*Hi there\*/s);
  });

  it('shows its new pace when a prompt only sets it, and sets it for other steps without a word', async () => {
    const sessionId = await open();
    await prompt(sessionId, '/slow 1');
    expect(text()).toContain('I pause 1 ms between two words');
    await prompt(sessionId, '/slow 2 && /echo other');
    expect(text()).not.toContain('I pause 2 ms');
  });

  it('tells its commands and modes when a session opens', async () => {
    await initialize();
    const { result } = await ask('session/new', { cwd, mcpServers: [] });
    expect(result).toMatchObject({ modes: { currentModeId: 'ask' } });
    await waitUntil(() => updates('available_commands_update').length === 1);
  });

  it('keeps to the schema in everything that it does well', async () => {
    const sessionId = await open();
    always('allow');
    writeFileSync(join(cwd, 'in.txt'), 'content');
    await prompt(
      sessionId,
      '/plan\n/think hm\n/read in.txt\n/write sub/out.txt a\\nb\n/run echo hi && /title T\n/ask ok?',
    );
    expect(readFileSync(join(cwd, 'sub/out.txt'), 'utf8')).toBe('a\nb\n');
    expect(updates('plan').at(-1)).toMatchObject({
      entries: [{ status: 'completed' }, { status: 'completed' }, { status: 'completed' }],
    });
    expect(updates('tool_call').map(({ kind }) => kind)).toEqual(['read', 'edit', 'execute', 'other']);
    expect(updates('tool_call_update').filter(({ status }) => status === 'completed')).toHaveLength(4);
    expect(updates('session_info_update')).toEqual([{ sessionUpdate: 'session_info_update', title: 'T' }]);
    await prompt(sessionId, '/stream 10 && /meta && /env');
    expect(check.checked).toBeGreaterThan(40);
  });

  it('leaves what it was not allowed to do', async () => {
    const sessionId = await open();
    always('reject');
    await prompt(sessionId, '/write no.txt x');
    expect(existsSync(join(cwd, 'no.txt'))).toBe(false);
    expect(updates('tool_call_update').at(-1)).toMatchObject({ status: 'failed' });
  });

  it('does not ask again after "always", nor in the mode auto', async () => {
    const sessionId = await open();
    always('always');
    await prompt(sessionId, '/run true\n/run true');
    await ask('session/set_mode', { sessionId, modeId: 'ask' });
    await ask('session/set_mode', { sessionId, modeId: 'auto' });
    await prompt(sessionId, '/run true');
    expect(heard.filter(({ method }) => method === 'session/request_permission')).toHaveLength(1);
  });

  it('stays below its directory', async () => {
    const sessionId = await open();
    always('allow');
    await prompt(sessionId, '/read ../../etc/hostname\n/write /tmp/outside.txt x');
    expect(updates('tool_call_update').filter(({ status }) => status === 'failed')).toHaveLength(2);
  });

  it.each([
    '/hang',
    '/run sleep 600',
    '/ask may I?',
    '/say a b c d && /slow 5000 && /say e f',
    '/stream 9000000',
  ])('is cancelled during %s with every call settled', async (script) => {
    const sessionId = await open();
    if (script.startsWith('/run')) always('allow');
    const running = prompt(sessionId, script);
    await waitUntil(() => script === '/hang' || heard.length > 3);
    if (script.startsWith('/run')) await waitUntil(() => updates('tool_call_update').length > 0);
    send({ method: 'session/cancel', params: { sessionId } });
    expect((await running).result).toEqual({ stopReason: 'cancelled' });
    const opened = updates('tool_call').length;
    expect(updates('tool_call_update').filter(({ status }) => status === 'failed')).toHaveLength(opened);
  });

  it('ends a turn otherwise when asked to', async () => {
    const sessionId = await open();
    expect((await prompt(sessionId, '/refuse')).result).toEqual({ stopReason: 'refusal' });
    expect((await prompt(sessionId, '/max-tokens')).result).toEqual({ stopReason: 'max_tokens' });
    expect((await prompt(sessionId, '/fail no luck')).error).toMatchObject({
      code: -32603,
      message: 'no luck',
    });
  });

  it('answers bad requests with the right error and goes on', async () => {
    expect((await ask('session/new', { cwd, mcpServers: [] })).error?.code).toBe(-32600);
    await initialize();
    expect((await ask('session/prompt', { sessionId: 'none', prompt: [] })).error?.code).toBe(-32002);
    expect((await ask('_unknown', {})).error?.code).toBe(-32601);
    const sessionId = await open();
    expect((await prompt(sessionId, '/say fine')).result).toEqual({ stopReason: 'end_turn' });
  });

  it('keeps two sessions apart', async () => {
    const [one, two] = [await open(), await open()];
    const hanging = prompt(one, '/hang');
    expect((await prompt(two, '/say two')).result).toEqual({ stopReason: 'end_turn' });
    expect((await ask('session/close', { sessionId: one })).result).toEqual({});
    expect((await hanging).result).toEqual({ stopReason: 'cancelled' });
  });

  it('streams much, in order, faster than anyone can relay', async () => {
    const sessionId = await open();
    await prompt(sessionId, '/stream 20000 40');
    const numbers = updates('agent_message_chunk').map(({ content }) =>
      Number.parseInt((content as { text: string }).text, 10),
    );
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1));
  });

  it('streams in bursts, with a pause after each', async () => {
    const sessionId = await open();
    await prompt(sessionId, '/stream 10 8 1 4');
    const numbers = updates('agent_message_chunk').map(({ content }) =>
      Number.parseInt((content as { text: string }).text, 10),
    );
    expect(numbers).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
  });

  it('ends with code 0 when its input ends, its commands with it', async () => {
    const sessionId = await open();
    void prompt(sessionId, '/hang').catch(() => undefined);
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.stdin.end();
    expect(await ended).toBe(0);
    heard.push({ id: nextId - 1 });
  });

  it('tells the version that its connector tells', async () => {
    const lua = new LuaConnectors();
    const demo = await lua.shipped('demo', {
      version: '1.2.3',
      folder: join(packageRoot, 'dist/connectors/demo'),
    });
    const node = new TestServer([demo]);
    expect(await demo.info()).toMatchObject({ version: '1.2.3' });
    const { result } = await node.newSession('demo');
    expect(result).toMatchObject({ _meta: { praxis: { agentInfo: { version: '1.2.3' } } } });
    await node.stop();
    await lua.close();
  });

  it('writes down every frame that it says, before it says it', async () => {
    const log = join(cwd, 'log');
    start({ DEMO_AGENT_LOG: log });
    const sessionId = await open();
    await prompt(sessionId, '/say a b c\n/stream 5');
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(lines);
  });
});
