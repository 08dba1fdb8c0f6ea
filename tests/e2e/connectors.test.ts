/** Connectors as a person meets them: listed, made, tried, used, and warned about. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEMO } from '../support/node-server.js';
import { System } from '../support/system.js';
import { text, Watch } from '../support/watch.js';

const write = (file: string, content: string, mode = 0o644) => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
};

/** A program that tells its version, and else is the demo agent. */
const program = (version: string) =>
  `#!/bin/sh\n[ "$1" = --version ] && exec echo ${version}\nexec ${DEMO.join(' ')}\n`;

/** A stand-in for Cursor's program, which no package registry has: `--version` and `acp` are what it documents. */
const CURSOR = `#!/bin/sh
[ "$*" = --version ] && exec echo 2025.11.20-5f2c3a1
[ "$*" = acp ] && exec ${DEMO.join(' ')}
exit 2
`;

const connector = (name: string) => `local acp = host.library "acp"
return acp.agent {
  title = "Mine", program = "${name}", tried = { "2.0", "3" }, install = "get it", args = { "--acp" },
  mode = function(session) return session.yolo and "auto" or nil end,
}`;

let system: System;
beforeAll(async () => {
  system = await System.start({
    node: () => ({
      agents: {
        named: { title: 'Named', command: [...DEMO], env: {} },
        gone: { command: ['/nowhere/agent'], env: {} },
      },
    }),
    env: (root) => {
      write(join(root, 'bin/current'), program('2.5.1'), 0o755);
      write(join(root, 'bin/ancient'), program('1.9'), 0o755);
      write(join(root, 'bin/cursor-agent'), CURSOR, 0o755);
      write(join(root, 'bin/mute'), program('nothing'), 0o755);
      for (const name of ['current', 'ancient', 'absent', 'mute'])
        write(join(root, 'home/connectors', name, 'connector.lua'), connector(name));
      write(join(root, 'home/connectors/broken/connector.lua'), 'return {\n  open = = 1,\n}');
      return { PATH: `${join(root, 'bin')}:${process.env.PATH}` };
    },
  });
});
afterAll(() => system.stop());

it('are listed with version and status by the node that has them, also those whose agent is missing', async () => {
  const { stdout } = await system.run(['connector', 'list', '--json']);
  const found = new Map(JSON.parse(stdout).map((one: { id: string }) => [one.id, one]));
  expect(found.get('demo')).toMatchObject({ node: 'here', status: 'ready' });
  expect(found.get('current')).toMatchObject({
    title: 'Mine',
    status: 'ready',
    version: '2.5.1',
    hint: null,
  });
  expect(found.get('ancient')).toMatchObject({ status: 'ready', version: '1.9' });
  expect(found.get('mute')).toMatchObject({
    status: 'ready',
    version: null,
    hint: expect.stringMatching(/did not tell/),
  });
  expect(found.get('absent')).toMatchObject({ status: 'missing', hint: expect.stringContaining('get it') });
  expect(found.get('broken')).toMatchObject({
    status: 'needs_setup',
    hint: expect.stringContaining('connectors/broken/connector.lua:2:'),
  });
  const nodes = (await system.run(['nodes'])).stdout;
  expect(nodes).toContain('current');
  expect(nodes).not.toContain('absent');
});

it('start their agent, in the mode that they name, with a warning when its version was not tried', async () => {
  const client = await system.client();
  for (const [name, warned] of [
    ['current', false],
    ['ancient', true],
  ] as const) {
    const watch = new Watch();
    const session = await client.newSession({ connector: name, cwd: system.work, yolo: true }, (event) =>
      watch.events.push(event),
    );
    const { turnId, result } = client.prompt(session.sessionId, text('/say hello'));
    expect((await result).stopReason).toBe('end_turn');
    await watch.untilTurnEnded(turnId);
    expect(watch.texts.join('')).toContain('hello');
    const notices = watch.notifications('_praxis/session/notice').map((notice) => notice.text);
    expect(notices).toEqual(warned ? [expect.stringMatching(/Mine 1\.9 is older than 2\.0/)] : []);
    const [opened] = watch.notifications('_praxis/session/opened');
    expect(opened).toMatchObject({ result: { modes: { currentModeId: 'auto' } } });
  }
});

it('drive the stand-in for Cursor as they would drive Cursor', async () => {
  const { stdout, stderr, code } = await system.run(['run', 'cursor', '/say from the stand-in']);
  expect(stderr).toBe('');
  expect(stdout).toContain('from the stand-in');
  expect(code).toBe(0);
});

it('say what is missing when somebody starts one all the same', async () => {
  const { code, stderr } = await system.run(['run', 'absent', 'hi']);
  expect(code).toBe(76);
  expect(stderr).toContain('get it');
});

it('can be made from a skeleton and tried before a node has them', async () => {
  const made = await system.run(['connector', 'new', 'fresh']);
  expect(made.stdout.trim()).toBe(join(system.home.connectors, 'fresh/connector.lua'));
  expect((await system.run(['connector', 'new', 'fresh'])).code).toBe(64);
  const tried = await system.run(['connector', 'test', 'fresh']);
  expect(tried.stderr).toBe('');
  expect(tried.stdout).toMatch(/functions {2}detect, open\nagent {6}fresh: missing/);
  expect(tried.code).toBe(0);
});

it('can be made for a program on a terminal, and say what they may read', async () => {
  await system.run(['connector', 'new', 'repl', '--agent', 'terminal']);
  const tried = await system.run(['connector', 'test', 'repl']);
  expect(tried.stdout).toMatch(/functions {2}cancel, detect, open, prompt\nagent {6}repl: missing/);
  expect(tried.code).toBe(0);
  write(
    join(system.work, 'reader.lua'),
    'return { reads = { "~/.x/*.jsonl" }, open = print, detect = function() return { title = "x", status = "ready" } end }',
  );
  const reader = await system.run(['connector', 'test', 'reader.lua']);
  expect(reader.stdout).toContain('reads      ~/.x/*.jsonl\n');
});

it('that node.json names are tried by their id, as those that ship are', async () => {
  const ready = await system.run(['connector', 'test', 'named', '--json']);
  expect(JSON.parse(ready.stdout)).toMatchObject({
    file: system.home.nodeConfig,
    problems: [],
    found: { id: 'named', title: 'Named', status: 'ready' },
  });
  const gone = await system.run(['connector', 'test', 'gone']);
  expect(gone).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/agent {6}gone: needs_setup\n[\s\S]*agents\.gone\.command in node\.json/),
  });
  expect((await system.run(['connector', 'test', 'demo'])).stdout).toMatch(/agent {6}Demo agent .*: ready/);
  expect(await system.run(['connector', 'test', 'nowhere'])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('There is no connector nowhere on this machine'),
  });
});

it.each([
  [
    'reading what is no pattern',
    'return { reads = { "x" }, open = print, detect = print }',
    /reads:[\s\S]*begins with/,
  ],
  ['no Lua', 'return {\n  open = = 1,\n}', /bad\.lua:2:/],
  ['failing at once', 'local x\nx.y = 1', /bad\.lua:2:/],
  ['without open', 'return { detect = function() end }', /no function open/],
  ['failing in detect', 'return {\n open = print, detect = function() error("no") end }', /bad\.lua:2: no/],
  ['endless', 'while true do end', /computed longer than/],
])('that are %s are refused with the place', async (_what, source, problem) => {
  write(join(system.work, 'bad.lua'), source);
  const { code, stderr } = await system.run(['connector', 'test', 'bad.lua']);
  expect(stderr).toMatch(problem);
  expect(code).toBe(78);
});
