/** The connectors that ship, and those of node.json, as the node loads them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../node-agent/clock.js';
import type { Connector } from '../../node-agent/connector.js';
import { Groups } from '../../node-agent/groups.js';
import { SessionHost } from '../../node-agent/host/session-host.js';
import { loadConnectors } from '../../node-agent/load-connectors.js';
import { LuaPool } from '../../node-agent/lua/index.js';
import { type ConnectorContext, LuaConnector, type NewHost } from '../../node-agent/lua-connector.js';
import { nodeCalls } from '../../node-agent/node-calls.js';
import { Programs } from '../../node-agent/programs.js';
import { ErrorCode, NodeConfig, newId, packageRoot, VERSION } from '../../proto/index.js';

let dir: string;
let pool: LuaPool;
let newHost: NewHost;
let programs: Programs;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pxc-'));
  const entry = pathToFileURL(`${packageRoot}dist/node-agent/lua/worker.js`);
  pool = new LuaPool({ clock: systemClock, sliceMs: 300, memory: 8 * 1024 * 1024, workers: 2, entry });
  const groups = new Groups(join(dir, 'agents'));
  programs = new Programs({ groups, clock: systemClock, home: dir });
  const calls = await nodeCalls(pool, programs);
  const quiet = { log: () => undefined, onError: () => undefined };
  const told = { groups, clock: systemClock, privateFolder: join(dir, 'private'), ...quiet };
  newHost = (connector, cwd) => new SessionHost({ ...told, calls: calls(connector), cwd });
});
afterAll(async () => {
  await programs.stop();
  await pool.close();
  rmSync(dir, { recursive: true, force: true });
});

const load = (agents: object, personal?: string) =>
  loadConnectors(NodeConfig.parse({ agents }), pool, newHost, personal);
const find = (connectors: Connector[], id: string) => connectors.find((connector) => connector.id === id)!;
const session = () => ({ sessionId: newId(), cwd: dir, yolo: false, interactive: true });

describe('the connectors of a node', () => {
  it('are those that ship and the agents of node.json', async () => {
    const connectors = await load({
      mine: { title: 'My agent', command: ['sh', '-c', 'x'], env: { K: 'v' } },
      gone: { command: ['no-such-program'] },
    });
    const some = ['demo', 'mine', 'gone'].map((id) => find(connectors, id));
    expect(await Promise.all(some.map((connector) => connector.info()))).toEqual([
      { id: 'demo', title: 'Demo agent', version: VERSION, status: 'ready', hint: null },
      { id: 'mine', title: 'My agent', version: null, status: 'ready', hint: null },
      {
        id: 'gone',
        title: 'gone',
        version: null,
        status: 'needs_setup',
        hint: expect.stringMatching(/agents\.gone\.command/),
      },
    ]);
    expect(await find(connectors, 'mine').open(session())).toEqual({
      command: ['sh', '-c', 'x'],
      env: { K: 'v' },
    });
  });

  it('start the demo agent with the Node.js that runs the node', async () => {
    const demo = find(await load({}), 'demo');
    expect(await demo.open(session())).toEqual({
      command: [process.execPath, `${packageRoot}dist/connectors/demo/agent/main.js`],
      env: { DEMO_AGENT_VERSION: VERSION },
    });
  });

  it('may have an agent of the owner in the place of the demo agent', async () => {
    const connectors = await load({ demo: { command: ['sh'] } });
    expect(connectors.filter(({ id }) => id === 'demo')).toHaveLength(1);
    expect(await find(connectors, 'demo').open(session())).toMatchObject({ command: ['sh'] });
  });

  it("may be the person's own, each on its own", async () => {
    const personal = join(dir, 'connectors');
    const write = (id: string, source: string) => {
      mkdirSync(join(personal, id), { recursive: true });
      writeFileSync(join(personal, id, 'connector.lua'), source);
    };
    write('mine', 'return { detect = function() return { title = "Mine", status = "ready" } end }');
    write('broken', 'return {\n  detect = function( return end }');
    write('NoName', 'return {}');
    const connectors = await load({}, personal);
    expect(await find(connectors, 'mine').info()).toMatchObject({ title: 'Mine', status: 'ready' });
    const hint = expect.stringContaining(`${join(personal, 'broken/connector.lua')}:2:`);
    expect(await find(connectors, 'broken').info()).toMatchObject({ status: 'needs_setup', hint });
    await expect(find(connectors, 'broken').open(session())).rejects.toMatchObject({ message: hint });
    expect(find(connectors, 'NoName')).toBeUndefined();
  });
});

describe('a faulty connector', () => {
  const context: ConnectorContext = { id: 'bad', version: '1', node: 'node', folder: '/' };
  const connector = async (source: string) =>
    new LuaConnector(
      pool,
      { main: await pool.compile('bad.lua', source), others: new Map() },
      context,
      newHost,
    );

  it('is listed with what is wrong', async () => {
    const bad = await connector('return { detect = function() return nil .. "x" end }');
    expect(await bad.info()).toMatchObject({
      id: 'bad',
      status: 'needs_setup',
      hint: expect.stringContaining('bad.lua:1:'),
    });
  });

  it.each([
    ['fails', 'error("broken")', ErrorCode.AgentStartFailed, /bad\.lua:1: broken/],
    ['loops', 'while true do end', ErrorCode.AgentStartFailed, /computed longer than/],
    [
      'answers nonsense',
      'return { acp = { command = {} } }',
      ErrorCode.AgentStartFailed,
      /open\(\) answered wrongly/,
    ],
    ['asks for a login', 'error { code = -32000, message = "log in" }', -32000, /log in/],
  ])('that %s makes the session fail with the reason', async (_name, body, code, message) => {
    const bad = await connector(`return { open = function() ${body} end }`);
    await expect(bad.open(session())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
