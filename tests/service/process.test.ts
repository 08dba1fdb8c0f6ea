import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoginStore } from '../../bus/embedded/index.js';
import { connectBus } from '../../bus/index.js';
import { connectClient } from '../../client/index.js';
import {
  Credentials,
  ErrorCode,
  type Home,
  homeOf,
  nodeTopology,
  readConfig,
  writeSecret,
} from '../../proto/index.js';
import { sharedRabbitMq } from '../support/brokers.js';
import { postgresInstalled } from '../support/postgres.js';
import { rabbitMqInstalled } from '../support/rabbitmq.js';
import { rabbitLogins } from '../support/rabbitmq-logins.js';
import { sharedPostgres } from '../support/stores.js';
import { waitUntil } from '../support/wait.js';

const MAIN = fileURLToPath(new URL('../../service/main.ts', import.meta.url));

/** What the environment says of the broker. */
async function rabbitMq(): Promise<NodeJS.ProcessEnv> {
  const rabbit = await sharedRabbitMq();
  const { serviceUrl } = await rabbitLogins(rabbit, [], []);
  return { PRAXIS_BUS_URL: serviceUrl, PRAXIS_BUS_ADMIN_URL: rabbit.adminUrl };
}

/** The broker knows the login no more, as one that was set up anew. */
async function forget(
  home: Home,
  { PRAXIS_BUS_ADMIN_URL: admin }: NodeJS.ProcessEnv,
  user: string,
): Promise<void> {
  if (admin === undefined) {
    new LoginStore(home.logins).remove(user);
    return;
  }
  const { user: name, password } = await sharedRabbitMq();
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const gone = await fetch(`${admin}/api/users/${user}`, { method: 'DELETE', headers: { authorization } });
  expect(gone.status).toBe(204);
}

describe.skipIf(!rabbitMqInstalled())('praxis service over RabbitMQ', () => suite(rabbitMq, /^amqp:/));
describe('praxis service over the embedded broker', () => suite(async () => ({}), /^unix:/));

function suite(broker: () => Promise<NodeJS.ProcessEnv>, url: RegExp): void {
  let home: Home;
  let env: NodeJS.ProcessEnv;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    home = homeOf({ PRAXIS_HOME: mkdtempSync(join(tmpdir(), 'px-svc-')) });
    env = { ...process.env, PRAXIS_BUS_URL: undefined, PRAXIS_HOME: home.root, ...(await broker()) };
    writeFileSync(home.nodeConfig, JSON.stringify({ name: 'box' }));
  });

  afterEach(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(home.root, { recursive: true, force: true });
  });

  function start(more: NodeJS.ProcessEnv = {}) {
    const code = `import(${JSON.stringify(MAIN)}).then((m) => m.runService()).catch((e) => { console.error(e.message); process.exit(1); })`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', code], { env: { ...env, ...more } });
    children.push(child);
    const run = {
      child,
      stderr: '',
      exit: new Promise<number | null>((resolve) => child.on('exit', resolve)),
    };
    child.stderr.on('data', (data) => {
      run.stderr += data;
    });
    return run;
  }

  it('makes the logins of this machine, serves, enrols others, and stops cleanly', async () => {
    const service = start();
    await waitUntil(() => existsSync(home.credentials('client')), 20_000);
    expect(statSync(home.credentials('client')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(home.credentials('node'), 'utf8')).user).toBe('node.box');
    const client = connectClient({ env: { PRAXIS_HOME: home.root }, name: 'test' });
    await client.ready(20_000);
    const { join: text } = await client.call('_praxis/enroll', { role: 'node', name: 'far' });
    const joined = JSON.parse(Buffer.from(text, 'base64url').toString());
    expect(joined).toMatchObject({ role: 'node', user: 'node.far', url: expect.stringMatching(url) });
    expect(service.stderr).not.toContain(joined.password);
    const { user } = JSON.parse(readFileSync(home.credentials('client'), 'utf8'));
    const name = user.slice('client.'.length);
    for (const own of [{ role: 'client', name } as const, { role: 'node', name: 'box' } as const])
      await expect(client.call('_praxis/enroll', own)).rejects.toMatchObject({
        code: ErrorCode.InvalidParams,
        message: expect.stringMatching(/is this machine; give the other machine a name of its own/),
      });
    await client.close();
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    for (const line of service.stderr.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ name: 'service' });
  });

  it('lets nobody enroll or revoke but who works where it runs, and cuts off whoever is revoked', async () => {
    start();
    await waitUntil(() => existsSync(home.credentials('client')), 20_000);
    const owner = connectClient({ env: { PRAXIS_HOME: home.root }, name: 'owner' });
    await owner.ready(20_000);
    const enrolled = async (name: string) => {
      const { join: text } = await owner.call('_praxis/enroll', { role: 'client', name });
      const { role, ...credentials } = JSON.parse(Buffer.from(text, 'base64url').toString());
      // Each in a home of its own: a client reads its password again before every try.
      const other = homeOf({ PRAXIS_HOME: mkdtempSync(join(home.root, `${role}-${name}-`)) });
      writeSecret(other.credentials('client'), credentials);
      return connectClient({ env: { PRAXIS_HOME: other.root }, name });
    };
    const laptop = await enrolled('laptop');
    await laptop.ready(20_000);
    for (const role of ['node', 'client'] as const)
      for (const method of ['_praxis/enroll', '_praxis/revoke'] as const)
        await expect(laptop.call(method, { role, name: 'box' })).rejects.toMatchObject({
          code: ErrorCode.NotAllowed,
          data: { hint: expect.stringContaining(hostname()) },
        });
    await owner.call('_praxis/revoke', { role: 'client', name: 'laptop' });
    await waitUntil(
      () => laptop.link.kind === 'connecting' && /refused/.test(laptop.link.reason ?? ''),
      20_000,
    );
    await laptop.close();
    await expect(owner.call('_praxis/revoke', { role: 'client', name: 'laptop' })).rejects.toThrow(
      /There is no client laptop/,
    );
    // A login that is made anew is another one: whoever has the old password is out too.
    const old = await enrolled('phone');
    await old.ready(20_000);
    const fresh = await enrolled('phone');
    await fresh.ready(20_000);
    await waitUntil(() => old.link.kind === 'connecting' && /refused/.test(old.link.reason ?? ''), 20_000);
    for (const client of [old, fresh, owner]) await client.close();
  }, 60_000);

  it('makes its own logins anew where the broker has them no more', async () => {
    const first = start();
    await waitUntil(() => first.stderr.includes('this service is active'), 20_000);
    const before = ['node', 'client'] as const;
    const users = before.map((role) => readConfig(home.credentials(role), Credentials)!);
    first.child.kill('SIGTERM');
    await first.exit;
    for (const { user } of users) await forget(home, env, user);
    const second = start();
    await waitUntil(() => second.stderr.includes('this service is active'), 20_000);
    const now = before.map((role) => readConfig(home.credentials(role), Credentials)!);
    expect(now.map(({ user }) => user)).toEqual(users.map(({ user }) => user));
    const client = connectClient({ env: { PRAXIS_HOME: home.root }, name: 'test' });
    await client.ready(20_000);
    await client.close();
  }, 60_000);

  it.runIf(url.test('amqp:'))(
    'does not take the login of a node that another machine of its name is connected with',
    async () => {
      start();
      await waitUntil(() => existsSync(home.credentials('node')), 20_000);
      const credentials = readConfig(home.credentials('node'), Credentials)!;
      const node = connectBus({ credentials, topology: nodeTopology('box'), name: 'node' });
      await node.ready(20_000);
      const other = homeOf({ PRAXIS_HOME: join(home.root, 'other') });
      mkdirSync(other.root);
      writeFileSync(other.nodeConfig, JSON.stringify({ name: 'box' }));
      const second = start({ PRAXIS_HOME: other.root });
      await waitUntil(() => second.stderr.includes('this machine has no node login'), 20_000);
      expect(second.stderr).toContain('the node box is connected already: give this one another name');
      expect(existsSync(other.credentials('node'))).toBe(false);
      expect(node.state.kind).toBe('connected');
      await node.close();
    },
    60_000,
  );

  it.runIf(url.test('amqp:'))(
    'lets a second one on the same home, and so on the same SQLite, stand by and follow',
    async () => {
      const first = start();
      await waitUntil(() => first.stderr.includes('this service is active'), 20_000);
      const second = start();
      await waitUntil(() => second.stderr.includes('this service is a standby'), 20_000);
      first.child.kill('SIGKILL');
      await first.exit;
      await waitUntil(() => second.stderr.includes('this service is active'), 20_000);
      second.child.kill('SIGTERM');
      expect(await second.exit).toBe(0);
    },
    90_000,
  );

  it.runIf(url.test('unix:') && postgresInstalled())(
    'says what is wrong with its database without the password, and ends',
    async () => {
      const { url: good } = await sharedPostgres();
      const bad = new URL(good);
      bad.password = 'not-the-s3cret';
      const service = start({ PRAXIS_DATABASE_URL: bad.href });
      expect(await service.exit).toBe(1);
      expect(service.stderr).toContain('PRAXIS_DATABASE_URL: the database refuses the password');
      expect(service.stderr).not.toContain('s3cret');
    },
  );

  it.runIf(url.test('unix:'))('waits for a database that is away, and can be stopped meanwhile', async () => {
    const service = start({ PRAXIS_DATABASE_URL: 'postgres://me:s3cret@127.0.0.1:1/praxis' });
    await waitUntil(() => service.stderr.includes('waiting for the database'), 20_000);
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(service.stderr).not.toContain('s3cret');
  });

  it.runIf(url.test('unix:'))('refuses a second one on the same home', async () => {
    start();
    await waitUntil(() => existsSync(home.credentials('client')), 20_000);
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.stderr).toContain('a service runs on this home already');
  });

  it.runIf(url.test('amqp:'))(
    'says what to do when it cannot make logins, and serves all the same',
    async () => {
      const service = start({ PRAXIS_BUS_ADMIN_URL: 'http://127.0.0.1:9' });
      await waitUntil(() => service.stderr.includes('service started'), 20_000);
      expect(service.stderr).toContain('enable the plugin rabbitmq_management, or set PRAXIS_BUS_ADMIN_URL');
      service.child.kill('SIGTERM');
      expect(await service.exit).toBe(0);
    },
  );
}
