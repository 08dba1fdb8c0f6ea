/**
 * What goes wrong with an agent's program, for each way in which a connector drives one, through `praxis run`: one clear error,
 * and nothing left running. The programs are stand-ins that speak as much of each protocol as a turn needs.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRunning } from '../support/processes.js';
import { type Run, System } from '../support/system.js';
import { waitUntil } from '../support/wait.js';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

interface Way {
  connector: string;
  transport?: string;
  /** What the connector looks for. */
  program: string;
  version: string;
  /** A version before those that were tried, where it is looked at. */
  old?: string;
}

const CLAUDE: Way = { connector: 'claude-code', program: 'claude', version: '2.1.329', old: '1.0.3' };
const CODEX: Way = { connector: 'codex', program: 'codex', version: '0.169.0', old: '0.42.0' };

/** The ways, by their names; the first word is what the stand-in is told. */
const WAYS: Record<string, Way> = {
  acp: { connector: 'faulty-acp', program: 'faulty-acp', version: '2.5.0', old: '1.9.0' },
  claude: CLAUDE,
  'claude on a terminal': { ...CLAUDE, transport: 'pty' },
  codex: CODEX,
  'codex on a terminal': { ...CODEX, transport: 'pty' },
  terminal: { connector: 'faulty-terminal', program: 'faulty-terminal', version: '1.0' },
};
const ways = Object.keys(WAYS);

const ACP_CONNECTOR = `local acp = host.library "acp"
return acp.agent { title = "Faulty", program = "faulty-acp", tried = { "2.0", "3" }, install = "get it", args = { "--acp" } }`;

/** Driven by the connector for any program with a prompt. */
const TERMINAL_AGENT = { command: ['faulty-terminal'], env: {}, pty: { ready: 'ready> ', echo: false } };

/** Faults that take the node its whole patience; they are waited out side by side. */
const SLOW = ['hangs', 'rubbish', 'deaf'] as const;

/** It never became ready: what each connector waits for. */
const NOT_READY = /did not answer|no prompt came|did not report that it is ready|did not start/;

interface Outcome extends Run {
  /** The program and what it started. */
  pids: number[];
}

let system: System;
const slow = new Map<string, Promise<Outcome>>();

const install = (root: string, way: string, version: string, mode = 0o755) => {
  const file = join(root, 'bin', WAYS[way]!.program);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  const program = `STAND_IN_VERSION=${version} exec ${process.execPath} ${here('agents/stand-in.mjs')} ${way.split(' ')[0]} "$@"`;
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exec echo ${version}\n${program}\n`, { mode });
};

/** `praxis run` in a directory of its own, where the program finds its fault; a deaf one is cancelled once it talks. */
async function run(way: string, fault: string): Promise<Outcome> {
  const { connector, transport } = WAYS[way]!;
  const cwd = join(system.work, `${way}-${fault}`);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'fault'), fault);
  let cancelled = fault !== 'deaf';
  const outcome = await system.run(
    ['run', connector, ...(transport ? ['--transport', transport] : []), 'go'],
    {
      cwd,
      timeoutMs: 150_000,
      onOutput(stdout, signal) {
        if (cancelled || !stdout.includes('harder')) return;
        cancelled = true;
        signal('SIGINT');
      },
    },
  );
  const pids = join(cwd, 'pids');
  return {
    ...outcome,
    pids: existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [],
  };
}

beforeAll(async () => {
  system = await System.start({
    node: () => ({ agents: { 'faulty-terminal': TERMINAL_AGENT } }),
    env: (root) => {
      for (const way of ways) install(root, way, WAYS[way]!.version);
      mkdirSync(join(root, 'home/connectors/faulty-acp'), { recursive: true });
      writeFileSync(join(root, 'home/connectors/faulty-acp/connector.lua'), ACP_CONNECTOR);
      // Nothing of this machine's own agents.
      return { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, HOME: root };
    },
  });
  for (const way of ways) for (const fault of SLOW) slow.set(`${way} ${fault}`, run(way, fault));
});
afterAll(() => system.stop());

/** The one line in which `praxis run` says what is wrong; hints may follow it. */
const errorsOf = ({ stderr }: Run) => stderr.split('\n').filter((line) => line.startsWith('praxis: '));
const nothingIsLeft = ({ pids }: Outcome) => waitUntil(() => !pids.some(isRunning), 20_000);

describe.each(ways)('a program driven over %s that', (way) => {
  const { connector, version, old } = WAYS[way]!;
  const start = async (fault: string) => {
    const outcome = await (slow.get(`${way} ${fault}`) ?? run(way, fault));
    expect(outcome.pids.length, 'the program ran').toBeGreaterThan(0);
    await nothingIsLeft(outcome);
    return outcome;
  };

  it('is well, answers', async () => {
    expect(await run(way, '')).toMatchObject({ code: 0, stdout: 'working harder\n', stderr: '' });
  });

  it.each([
    ['exits', /no licence/],
    ['hangs', NOT_READY],
    ['rubbish', NOT_READY],
  ])(
    '%s at its start is told with one error',
    async (fault, message) => {
      const outcome = await start(fault);
      expect(outcome).toMatchObject({ code: 76, stdout: '' });
      expect(errorsOf(outcome)).toEqual([expect.stringMatching(message)]);
    },
    200_000,
  );

  it.each(['dies', 'forks-dies'])(
    '%s in its turn is told with its exit code and keeps what it said',
    async (fault) => {
      const outcome = await start(fault);
      // On a terminal its last words are part of what it said.
      expect(outcome).toMatchObject({ code: 76, stdout: expect.stringMatching(/^working harder/) });
      expect(errorsOf(outcome)).toEqual([expect.stringMatching(/exit code 7/)]);
    },
  );

  it('heeds no cancel is ended, and its prompt is cancelled', async () => {
    expect(await start('deaf')).toMatchObject({ code: 130, stdout: 'working harder\n' });
  }, 200_000);

  it('forks, also out of its group and without an environment, is ended with its children', async () => {
    const outcome = await start('forks');
    expect(outcome).toMatchObject({ code: 0, stdout: 'working harder\n' });
    expect(outcome.pids).toHaveLength(5);
  });

  it.each([
    ['is missing', () => rmSync(join(system.root, 'bin', WAYS[way]!.program))],
    ['may not be executed', () => install(system.root, way, version, 0o644)],
  ])('%s is told with what to do', async (_what, spoil) => {
    spoil();
    const outcome = await run(way, '');
    install(system.root, way, version);
    expect(outcome).toMatchObject({ code: 76, stdout: '' });
    expect(errorsOf(outcome)).toHaveLength(1);
    expect(outcome.stderr).toMatch(/was not found|is not installed|is not there/);
  });

  it.runIf(old).each([
    [old, 'older'],
    ['99.0.0', 'newer'],
  ])('is of version %s runs, and the session is told once that it is %s', async (untried, how) => {
    install(system.root, way, untried!);
    const outcome = await run(way, '');
    install(system.root, way, version);
    expect(outcome).toMatchObject({ code: 0, stdout: 'working harder\n' });
    expect(outcome.stderr.match(new RegExp(`${untried} is ${how} than`, 'g'))).toHaveLength(1);
    expect((await system.run(['connector', 'list'])).stdout).toContain(connector);
  });
});

it('Codex gets no more directories under YOLO than without', async () => {
  const cwd = join(system.work, 'yolo');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'fault'), 'tells');
  for (const yolo of [[], ['--yolo']]) {
    const { stdout } = await system.run(['run', 'codex', ...yolo, 'go'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      cwd,
      sandbox: 'workspace-write',
      approvalPolicy: 'on-request',
    });
  }
});

it('nothing of all these is left running', { timeout: 60_000 }, async () => {
  await Promise.all(slow.values());
  const left = () =>
    system.processes().flatMap(({ command }) => (/praxis\.js (service|node)/.test(command) ? [] : [command]));
  // An agent that was told to end may take the time that it is given. What never ends is named below.
  await waitUntil(() => left().length === 0, 30_000, 200).catch(() => undefined);
  expect(left()).toEqual([]);
});
