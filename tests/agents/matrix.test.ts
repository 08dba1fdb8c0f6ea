/**
 * Each real agent through the whole system: praxis run or an ACP client, the bus, the service, the node, the connector as it
 * ships, the agent, and a model stub behind it. What a check saw becomes a cell of the table in docs/agents.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../proto/index.js';
import { type Stub, scripted, startStub } from '../stub/index.js';
import type { AcpPeer, Seen } from '../support/acp-peer.js';
import { MCP_SERVER, startMcpServer } from '../support/mcp-server.mjs';
import { NODE_NAME, System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';
import { AGENTS, binFolder, isInstalled, nameOf, rowsNamed } from './catalog.js';
import { mcpWays, prepare, setupOf } from './setups.js';

declare module 'vitest' {
  interface TaskMeta {
    /** How it went, where "yes" says too little. */
    note?: string;
  }
}

/** Milliseconds for one check; some agents need seconds to start on a busy machine. */
const CHECK_MS = 90_000;

const LINES =
  'First line\n\n  indented "second" line\twith a tab\n# heading — ünïcödé 🚀\n```\ncode\n```\nlast';
const LONG = Array.from({ length: 250 }, (_, i) => `line ${i} of the long prompt, words.`).join('\n');

/** Whether the word that only MCP servers may know is in the arguments or the environment of a process. */
function tellsSecret(pid: number, command: string): boolean {
  try {
    return `${command} ${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes('osprey');
  } catch {
    // It has ended.
    return false;
  }
}

const named = rowsNamed((process.env.MATRIX_AGENTS ?? '').split(' ').filter(Boolean));

describe.each(named.map((row) => [nameOf(row), row] as const))('%s', (_name, { id, transport }) => {
  const { vendor, tool, input, mcp } = setupOf(id);
  // A terminal takes no tabs, and its transcript has a text when it is whole.
  const terminal = transport === 'pty';
  const way = AGENTS[id].transports.length > 1 ? ['--transport', transport] : [];
  let stub: Stub;
  let system: System;
  let peer: AcpPeer;
  let far: Awaited<ReturnType<typeof startMcpServer>>;
  let decision: 'allow_once' | 'reject_once' | undefined;
  let asked: Seen[] = [];
  const opened: string[] = [];

  beforeAll(async () => {
    expect(isInstalled(id), `not installed: npm run agents:install ${id}`).toBe(true);
    stub = await startStub(vendor);
    far = await startMcpServer();
    system = await System.start({
      env: (root) => ({
        ...prepare({ id, transport }, stub.url, join(root, 'agent'), join(root, 'work')),
        PATH: `${binFolder(id)}:${process.env.PATH}`,
      }),
    });
    peer = system.acp(['--connector', id, ...way], {
      answer(request) {
        if (request.method !== 'session/request_permission')
          return { error: { code: -32601, message: 'Method not found' } };
        asked.push(request);
        const options = request.params?.options as { optionId: string; kind: string }[];
        const option = options.find(({ kind }) => kind === decision);
        return option && { result: { outcome: { outcome: 'selected', optionId: option.optionId } } };
      },
    });
    await peer.initialize();
  }, CHECK_MS);
  afterAll(async () => {
    await system?.stop();
    await stub?.close();
    await far?.close();
  });

  const textOf = (sessionId: string) =>
    peer.frames
      .filter(({ params }) => params?.sessionId === sessionId)
      .map(({ params }) => params?.update as { sessionUpdate?: string; content?: { text?: string } })
      .filter((update) => update?.sessionUpdate === 'agent_message_chunk')
      .map((update) => update.content?.text ?? '')
      .join('');
  const touch = (file: string, yolo = false) =>
    scripted(
      [{ tool, input: input(`echo made > ${join(system.work, file)}`, yolo) }],
      [{ text: 'All done.' }],
    );
  const made = (file: string) => existsSync(join(system.work, file));
  const ask = (method: string, params: object) => {
    const id = newId();
    peer.send({ id, method, params });
    return peer.answerTo(id, CHECK_MS);
  };
  const open = async (mcpServers: object[] = []) => {
    const made = await ask('session/new', { cwd: system.work, mcpServers });
    const sessionId = made.result?.sessionId;
    if (typeof sessionId !== 'string') throw new Error(JSON.stringify(made.error));
    opened.push(sessionId);
    return sessionId;
  };
  const prompt = (sessionId: string, text: string) =>
    ask('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  const close = (sessionId: string) => ask('session/close', { sessionId });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(close));
  }, CHECK_MS);
  const agents = () => system.processes().map(({ pid }) => pid);

  /** A prompt that arrives as it was written, and whose reply does too. */
  async function echoed(sessionId: string, text: string, arrives = text): Promise<void> {
    const before = textOf(sessionId).length;
    const from = stub.requests.length;
    const answer = await prompt(sessionId, text);
    expect(answer.result?.stopReason, JSON.stringify(answer.error)).toBe('end_turn');
    // Some agents go on to ask the model for suggestions or memories of their own.
    expect(stub.requests.slice(from).map((request) => request.prompt)).toContain(arrives);
    expect(textOf(sessionId).slice(before).trim()).toBe(`ECHO: ${arrives}`);
  }

  it('is found', async ({ task }) => {
    const { nodes } = await (await system.client()).call('_praxis/nodes', {});
    const found = nodes.find(({ name }) => name === NODE_NAME)?.connectors.find((one) => one.id === id);
    expect(found).toMatchObject({ status: 'ready', version: AGENTS[id].version, hint: null });
    task.meta.note = found!.version!;
  });

  it('hello', { timeout: CHECK_MS }, async () => {
    const { code, stdout, stderr } = await system.run(['run', id, ...way, 'hello there']);
    expect(stdout, stderr).toContain('ECHO: hello there');
    expect(code).toBe(0);
  });

  it('lines', { timeout: CHECK_MS }, async ({ task }) => {
    const { tabs = '\t' } = terminal ? setupOf(id) : {};
    if (tabs !== '\t') task.meta.note = 'a tab as blanks';
    await echoed(await open(), LINES, LINES.replaceAll('\t', tabs));
  });

  it('10 kB', { timeout: CHECK_MS }, async () => {
    expect(LONG.length).toBeGreaterThan(8_000);
    await echoed(await open(), `${LONG}\n${LONG.slice(0, 2_000).trim()}`);
  });

  it('tool allowed', { timeout: CHECK_MS }, async () => {
    [decision, asked] = ['allow_once', []];
    const sessionId = await open();
    const answer = await prompt(sessionId, touch('allowed.txt'));
    expect(asked.length, JSON.stringify(answer)).toBeGreaterThan(0);
    expect(answer.result?.stopReason, JSON.stringify(answer.error)).toBe('end_turn');
    expect(readFileSync(join(system.work, 'allowed.txt'), 'utf8')).toBe('made\n');
    expect(textOf(sessionId)).toContain('All done.');
  });

  it('tool rejected', { timeout: CHECK_MS }, async ({ task }) => {
    [decision, asked] = ['reject_once', []];
    const sessionId = await open();
    const answer = await prompt(sessionId, touch('rejected.txt'));
    expect(asked.length, JSON.stringify(answer)).toBeGreaterThan(0);
    expect(made('rejected.txt')).toBe(false);
    task.meta.note = String(answer.result?.stopReason ?? 'an error');
    await echoed(sessionId, 'and now this');
  });

  it('YOLO', { timeout: CHECK_MS }, async () => {
    const { code, stdout, stderr } = await system.run(['run', id, ...way, '--yolo', touch('yolo.txt', true)]);
    expect(stdout, stderr).toContain('All done.');
    expect(code).toBe(0);
    expect(made('yolo.txt')).toBe(true);
  });

  it('MCP servers', { timeout: CHECK_MS }, async ({ task }) => {
    [decision, asked] = ['allow_once', []];
    const servers = {
      stdio: {
        name: 'near',
        command: process.execPath,
        args: [MCP_SERVER, 'heron'],
        env: [{ name: 'SECRET_WORD', value: 'osprey' }],
      },
      http: {
        type: 'http',
        name: 'far',
        url: far.url,
        headers: [
          { name: 'x-word', value: 'heron' },
          { name: 'x-secret-word', value: 'osprey' },
        ],
      },
    };
    const ways = mcpWays({ id, transport });
    const sessionId = await open(ways.map((way) => servers[way]));
    for (const way of ways) {
      const steps = mcp(servers[way].name).map((step) => [step]);
      // Some agents start their servers beside the first prompts.
      await waitUntil(async () => {
        const from = stub.requests.length;
        const answer = await prompt(sessionId, scripted(...steps, [{ text: 'All done.' }]));
        expect(answer.result?.stopReason, JSON.stringify(answer.error)).toBe('end_turn');
        return stub.requests.slice(from).some(({ toolResult }) => toolResult.includes('heron osprey'));
      }, 30_000);
    }
    const others = system.processes().filter(({ command }) => !command.includes(MCP_SERVER));
    expect(others.filter(({ pid, command }) => tellsSecret(pid, command)).length).toBe(0);
    task.meta.note = ways.join(' and ');
  });

  it('cancel in text', { timeout: CHECK_MS }, async () => {
    const sessionId = await open();
    const said = scripted([{ text: 'one two ' }, { hang: true }]);
    const running = prompt(sessionId, said);
    if (terminal) await waitUntil(() => stub.requests.some((one) => one.prompt === said), CHECK_MS / 2);
    else
      await peer.until(() => textOf(sessionId).includes('one') || undefined, 'the first words', CHECK_MS / 2);
    peer.notify('session/cancel', { sessionId });
    expect((await running).result?.stopReason).toBe('cancelled');
    if (!terminal) expect(textOf(sessionId)).toContain('one');
    await echoed(sessionId, 'after the cancel');
  });

  it('cancel in question', { timeout: CHECK_MS }, async () => {
    [decision, asked] = [undefined, []];
    const sessionId = await open();
    const running = prompt(sessionId, touch('never.txt'));
    await peer.until(() => asked[0], 'the question', CHECK_MS / 2);
    peer.notify('session/cancel', { sessionId });
    expect((await running).result?.stopReason).toBe('cancelled');
    expect(made('never.txt')).toBe(false);
    await echoed(sessionId, 'after the question');
  });

  it('model error', { timeout: CHECK_MS }, async ({ task }) => {
    const sessionId = await open();
    const answer = await prompt(
      sessionId,
      scripted([{ error: { status: 400, message: 'the stub says no' } }]),
    );
    const said = JSON.stringify(answer.error ?? '') + textOf(sessionId);
    expect(said).toContain('the stub says no');
    task.meta.note = answer.error ? 'as an error' : 'as text';
    await echoed(sessionId, 'after the error');
  });

  it('two at once', { timeout: CHECK_MS }, async () => {
    const [one, two] = await Promise.all([open(), open()]);
    const words = (name: string) => Array.from({ length: 20 }, (_, i) => `${name}${i} `).join('');
    const slowly = (name: string) => scripted([{ text: words(name), pauseMs: 20 }]);
    await Promise.all([prompt(one, slowly('a')), prompt(two, slowly('b'))]);
    expect([textOf(one).trim(), textOf(two).trim()]).toEqual([words('a').trim(), words('b').trim()]);
  });

  // Gemini CLI may load a session only in the next minute.
  it('resume after kill -9', { timeout: CHECK_MS + 60_000 }, async ({ task }) => {
    const before = new Set(agents());
    const sessionId = await open();
    await echoed(sessionId, 'remember the word heliotrope');
    for (const pid of agents().filter((one) => !before.has(one))) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended with another one.
      }
    }
    await waitUntil(() => agents().every((pid) => before.has(pid)));
    const client = await system.client();
    await waitUntil(async () => (await client.findSession(sessionId)).state === 'lost', 20_000);
    const answer = await prompt(sessionId, 'what was the word?');
    expect(answer.result?.stopReason, JSON.stringify(answer.error)).toBe('end_turn');
    const request = stub.requests.findLast((one) => one.prompt === 'what was the word?');
    const remembers = JSON.stringify(request?.body).includes('heliotrope');
    task.meta.note = remembers ? 'with its memory' : 'without its memory';
    expect(remembers).toBe(true);
  });

  it('close leaves nothing', { timeout: CHECK_MS }, async () => {
    const before = new Set(agents());
    const sessionId = await open();
    await echoed(sessionId, 'bye');
    expect(agents().some((pid) => !before.has(pid))).toBe(true);
    opened.splice(0);
    expect((await close(sessionId)).result).toEqual({});
    expect(agents().filter((pid) => !before.has(pid))).toEqual([]);
  });
});
