/** Where $PRAXIS_HOME cannot be: each command says so at once, and what to do. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit.js';
import { ConfigError, homeOf, makeDirectory, readyHome } from '../../proto/index.js';
import { PRAXIS, runCommand } from '../support/system.js';

let root: string;
let file: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pxhome-'));
  file = join(root, 'file');
  writeFileSync(file, '');
});
afterAll(() => rmSync(root, { recursive: true }));

/** The file system of processes refuses new directories with ENOENT, on which Node's own recursive mkdir never ends. */
const NOWHERE = '/proc/nope';

const run = (home: string, ...args: string[]) => {
  const base = Object.entries(process.env).filter(([name]) => !name.startsWith('PRAXIS_'));
  const env = { ...Object.fromEntries(base), PRAXIS_HOME: home };
  return runCommand([process.execPath, PRAXIS, ...args], { env, cwd: root, stdin: '' });
};

describe('a home that cannot be', () => {
  it.each(
    [
      ['status'],
      ['up'],
      ['down'],
      [],
      ['run', 'demo', 'hello'],
      ['nodes'],
      ['session', 'list'],
      ['connector', 'test', 'demo'],
      ['connector', 'new', 'mine'],
      ['join'],
      ['service'],
      ['node'],
      ['acp'],
    ].map((args) => [args]),
  )('is said by praxis %s', async (args) => {
    const { code, stderr, stdout } = await run(NOWHERE, ...args);
    expect({ code, stdout }).toEqual({ code: EXIT.config![0], stdout: '' });
    expect(stderr).toContain(`${NOWHERE}: the directory cannot be made`);
    expect(stderr).toContain('Set PRAXIS_HOME to the full path of a directory that you may write to');
  });

  it('is no trouble of the help', async () => {
    for (const args of [['--help'], ['help', 'run'], ['--version']])
      expect(await run(NOWHERE, ...args)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is told to programs as JSON', async () => {
    const { stdout, code } = await run(NOWHERE, 'status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: code,
      error: { message: expect.stringContaining(NOWHERE) },
    });
  });

  it('may be a file, or below one', () => {
    expect(() => readyHome(homeOf({ PRAXIS_HOME: file }))).toThrow(`${file}: is no directory`);
    expect(() => readyHome(homeOf({ PRAXIS_HOME: join(file, 'below') }))).toThrow('not a directory');
  });

  it.each(['praxis', '~/.praxis', './praxis'])('is %s, which depends on where a command is run', (home) => {
    expect(() => homeOf({ PRAXIS_HOME: home })).toThrow(ConfigError);
    expect(() => homeOf({ PRAXIS_HOME: home })).toThrow(`${home}: is no full path`);
  });

  it('may be one in which nothing can be made', () => {
    const proc = homeOf({ PRAXIS_HOME: '/proc' });
    readyHome(proc);
    expect(() => makeDirectory(proc.logs)).toThrow('/proc/logs: the directory cannot be made');
  });
});

it('a home is made with the directories above it, for its owner alone', async () => {
  const home = homeOf({ PRAXIS_HOME: join(root, 'a', 'b') });
  readyHome(home);
  readyHome(home);
  expect(readdirSync(join(root, 'a'))).toEqual(['b']);
});
