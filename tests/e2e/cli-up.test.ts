/** `praxis up` and `praxis down` with real processes: what is started is started once, what dies comes back, nothing stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readState, type UpState } from '../../cli/up/state.js';
import { homeOf } from '../../proto/index.js';
import { processesWith } from '../support/processes.js';
import { PRAXIS, runCommand } from '../support/system.js';
import { TestTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait.js';

let root: string;
let env: NodeJS.ProcessEnv;
const run = (...args: string[]) => runCommand([process.execPath, PRAXIS, ...args], { env, cwd: root });
const state = () => readState(homeOf(env)) as UpState;
const status = async () => JSON.parse((await run('status', '--json')).stdout);
const left = () => processesWith(`PX_TEST_HOME=${root}`);

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'pxup-')));
  const base = Object.entries(process.env).filter(([name]) => !name.startsWith('PRAXIS_'));
  env = { ...Object.fromEntries(base), PRAXIS_HOME: join(root, 'home'), PX_TEST_HOME: root };
});
afterEach(async () => {
  await run('down');
  for (const { pid } of left()) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

describe('praxis up', () => {
  it('starts service and node, says what runs, and down leaves nothing', async () => {
    const up = await run('up');
    expect(up).toMatchObject({ code: 0, stderr: '' });
    expect(up.stdout).toMatch(/service process running[\s\S]*demo +ready/);
    expect(await run('run', 'demo', '/say hi')).toMatchObject({ code: 0, stdout: 'hi\n' });
    expect(await run('up')).toMatchObject({ code: 0, stdout: expect.stringContaining('up already') });
    expect(await run('down')).toMatchObject({ code: 0, stdout: 'Praxis is down.\n' });
    expect(left()).toEqual([]);
    expect(await run('status')).toMatchObject({ code: 69 });
  });

  it('keeps the passwords of the service from the node', async () => {
    // Nobody listens there: the parts are started all the same, which is all that is asked here.
    const secrets = {
      PRAXIS_BUS_URL: 'amqp://admin:s3cret@127.0.0.1:1',
      PRAXIS_BUS_ADMIN_URL: 'http://admin:s3cret@127.0.0.1:1',
      PRAXIS_DATABASE_URL: 'postgres://me:s3cret@127.0.0.1:1/praxis',
    };
    const supervisor = spawn(process.execPath, [PRAXIS, 'up', '--foreground'], {
      env: { ...env, ...secrets },
      stdio: 'ignore',
    });
    const environmentOf = (part: string) => {
      const found = left().find(({ command }) => command.endsWith(`praxis.js ${part}`));
      return found && readFileSync(`/proc/${found.pid}/environ`, 'utf8');
    };
    await waitUntil(() => environmentOf('service')?.includes('s3cret') === true, 20_000);
    await waitUntil(() => environmentOf('node')?.includes('PX_TEST_HOME') === true, 20_000);
    expect(environmentOf('node')).not.toContain('s3cret');
    supervisor.kill('SIGTERM');
    await once(supervisor, 'exit');
  });

  it('comes up over a broker that was set up anew and knows none of its logins', async () => {
    await run('up');
    await run('down');
    rmSync(homeOf(env).logins);
    expect(await run('up')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('run', 'demo', '/say hi')).toMatchObject({ code: 0, stdout: 'hi\n' });
  });

  it('lives in a home with a space and other letters in its name, and knows it again', async () => {
    env.PRAXIS_HOME = join(root, 'my höme %41');
    for (const word of ['up', 'up', 'down', 'up'])
      expect(await run(word)).toMatchObject({ code: 0, stderr: '' });
    expect(await run('run', 'demo', '/say hi')).toMatchObject({ code: 0, stdout: 'hi\n' });
    await run('down');
    env.PRAXIS_HOME = join(root, 'x'.repeat(110));
    expect(await run('up')).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/78; it said: .*PRAXIS_HOME: is too long/),
    });
  });

  it('starts one system when it is called twice at once', async () => {
    const [one, two] = await Promise.all([run('up'), run('up')]);
    expect([one!.code, two!.code]).toEqual([0, 0]);
    const services = left().filter(({ command }) => command.endsWith('praxis.js service'));
    expect(services).toHaveLength(1);
  });

  it('refuses a second service or node on the same home, and the first goes on', async () => {
    await run('up');
    for (const part of ['service', 'node'])
      expect(await run(part)).toMatchObject({
        code: 78,
        stderr: expect.stringContaining(`a ${part} runs on this home already`),
      });
    expect(await run('run', 'demo', '/say still here')).toMatchObject({ code: 0, stdout: 'still here\n' });
  });

  it('starts again what was killed, and the session goes on', async () => {
    await run('up');
    const { pid } = state().parts.service!.process!;
    process.kill(pid, 'SIGKILL');
    await waitUntil(
      () => state().parts.service?.state === 'running' && state().parts.service?.restarts === 1,
    );
    // Ready again: the service answers and the node has come back to it.
    expect(await run('up')).toMatchObject({ code: 0 });
    expect(await run('run', 'demo', '/say again')).toMatchObject({ code: 0, stdout: 'again\n' });
    expect((await status()).parts.service).toMatchObject({
      restarts: 1,
      lastEnd: expect.stringContaining('SIGKILL'),
    });
    await run('down');
    const log = readFileSync(join(homeOf(env).logs, 'up.log'), 'utf8');
    expect(log).toMatch(/ service waiting: ended by SIGKILL\n/);
    expect(log).toMatch(/ service stopped\n$/);
  });

  it('takes over from a supervisor that was killed: its parts are ended first', async () => {
    await run('up');
    const before = state();
    process.kill(before.supervisor.pid, 'SIGKILL');
    await waitUntil(() => !left().some(({ pid }) => pid === before.supervisor.pid));
    expect((await status()).running).toBe(false);
    expect(await run('up')).toMatchObject({ code: 0 });
    const pids = left().map(({ pid }) => pid);
    for (const part of ['service', 'node'] as const)
      expect(pids).not.toContain(before.parts[part]!.process!.pid);
    expect(left().filter(({ command }) => command.endsWith('praxis.js service'))).toHaveLength(1);
  });

  it('down ends the parts of a supervisor that was killed', async () => {
    await run('up');
    process.kill(state().supervisor.pid, 'SIGKILL');
    expect(await run('down')).toMatchObject({ code: 0 });
    expect(left()).toEqual([]);
  });

  it('down ends a supervisor whose up was killed before it had come up', async () => {
    const up = spawn(process.execPath, [PRAXIS, 'up'], { env, cwd: root, stdio: 'ignore' });
    const starting = join(homeOf(env).run, 'starting');
    await waitUntil(() => existsSync(starting) && readdirSync(starting).length > 0, 20_000);
    up.kill('SIGKILL');
    await once(up, 'exit');
    expect(await run('down')).toMatchObject({ code: 0, stdout: 'Praxis is down.\n' });
    expect(left()).toEqual([]);
  });

  it('gives up at once on a wrong configuration, with a last word that status repeats', async () => {
    await run('up');
    await run('down');
    writeFileSync(homeOf(env).nodeConfig, '{ "yolo": "maybe" }');
    const up = await run('up');
    expect(up.code).toBe(69);
    // The service reads it too, for the name of this machine: whoever comes first is told.
    expect(up.stderr).toMatch(/the (node|service) .*78.*node\.json/);
    expect(await run('status')).toMatchObject({
      code: 69,
      stdout: expect.stringMatching(/(node|service) process +failed.*node\.json/),
    });
    // Once it is mended the next start does not stumble over what the last one left.
    await waitUntil(() => !left().some(({ command }) => command.includes('--foreground')));
    writeFileSync(homeOf(env).nodeConfig, '{}');
    expect(await run('up')).toMatchObject({ code: 0, stderr: '' });
  });

  it('stays in the foreground with the logs on stderr until SIGTERM', async () => {
    const terminal = new TestTerminal(process.execPath, [PRAXIS, 'up', '--foreground'], {
      env: env as Record<string, string>,
      cwd: root,
    });
    await waitUntil(() => terminal.raw.includes('node started'), 20_000);
    expect(await run('run', 'demo', '/say hi')).toMatchObject({ code: 0 });
    terminal.type('\x03');
    await waitUntil(() => terminal.exit !== null, 20_000);
    expect(terminal.exit).toMatchObject({ code: 0 });
    expect(left()).toEqual([]);
  });

  it('keeps the logs in files that only their owner reads', async () => {
    await run('up');
    const { logs } = homeOf(env);
    expect(readFileSync(join(logs, 'service.log'), 'utf8')).toContain('service started');
    expect(readFileSync(join(logs, 'up.log'), 'utf8')).toContain('service running');
  });
});

describe('praxis without a terminal', () => {
  it('streams one demo prompt to its end and takes down what it started', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toContain('demo agent');
    expect(stdout).toContain('In a terminal, praxis opens its screen');
    expect(left()).toEqual([]);
  });

  it('leaves a system alone that ran before', async () => {
    await run('up');
    const { supervisor } = state();
    expect(await run()).toMatchObject({ code: 0 });
    expect(state().supervisor).toEqual(supervisor);
  });
});

describe('praxis enroll and join', () => {
  it('make a login that only its owner can read, through stdin alone', async () => {
    await run('up');
    const { code, stdout, stderr } = await run('enroll', 'client', 'laptop');
    expect(code).toBe(0);
    expect(stderr).toContain('this login works on this machine alone');
    const [command, secret, end] = stdout.split('\n');
    expect([command, end]).toEqual(["praxis join <<'PRAXIS'", 'PRAXIS']);
    const other = { ...env, PRAXIS_HOME: join(root, 'other') };
    const join2 = await runCommand([process.execPath, PRAXIS, 'join'], {
      env: other,
      cwd: root,
      stdin: `${secret}\n`,
    });
    expect(join2).toMatchObject({ code: 0, stdout: expect.stringContaining('client laptop') });
    const nodes = await runCommand([process.execPath, PRAXIS, 'nodes'], { env: other, cwd: root });
    expect(nodes).toMatchObject({ code: 0, stdout: expect.stringContaining('demo') });
  });

  it('make a node that says whom it belongs to, and what it needs to ask there', async () => {
    await run('up');
    const { stdout } = await run('enroll', 'node', 'far');
    const other = { ...env, PRAXIS_HOME: join(root, 'far') };
    const command = (...args: string[]) => [process.execPath, PRAXIS, ...args];
    const far = (...args: string[]) => runCommand(command(...args), { env: other, cwd: root });
    // As a file has it that all of it was written to.
    expect(await runCommand(command('join'), { env: other, cwd: root, stdin: stdout })).toMatchObject({
      code: 0,
    });
    const taken = expect.stringMatching(/belongs to +unix:.*\nbroker +takes the login of this node/);
    expect(await far('status')).toMatchObject({ code: 69, stdout: taken });
    expect(await far('nodes')).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/login of a node and none of a client\n.*praxis enroll client <name>/),
    });
    expect(await far('up')).toMatchObject({ code: 0, stdout: expect.stringContaining('is a node of') });
    expect(await far('status')).toMatchObject({ code: 0, stdout: taken });
    await waitUntil(async () => (await run('nodes')).stdout.includes('far '), 20_000);
    await run('revoke', 'node', 'far');
    expect((await run('nodes')).stdout).not.toContain('far ');
    expect(await far('status')).toMatchObject({
      code: 69,
      stdout: expect.stringContaining('out of reach: the broker refused the login node.far'),
    });
    expect(await far('up')).toMatchObject({ code: 69, stderr: expect.stringContaining('refused the login') });
    expect(await far('down')).toMatchObject({ code: 0 });
  });

  it('refuse what is no text of enroll', async () => {
    const refused = await runCommand([process.execPath, PRAXIS, 'join'], { env, cwd: root, stdin: 'hello' });
    expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('praxis enroll') });
  });
});
