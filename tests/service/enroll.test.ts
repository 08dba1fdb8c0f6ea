/** Whose logins may be given to another machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ErrorCode, type Home, homeOf, type Login, writeSecret } from '../../proto/index.js';
import { type Broker, enroll, loginName } from '../../service/host/broker.js';
import type { Member } from '../../service/store/index.js';

const url = 'amqp://broker.test';
const member = (client: string, host: string): Member => ({
  id: host,
  host,
  process: { pid: 1, start: '1' },
  client,
});
const MEMBERS = [member('client.ada', 'here'), member('client.ada-there', 'there')];

let home: Home;
const makeLogin = vi.fn(async (login: Login) => ({ url, user: loginName(login), password: 'new' }));
const ask = (role: Login['role'], name: string) =>
  enroll({ makeLogin } as unknown as Broker, home, { role, name }, MEMBERS);

beforeEach(() => {
  makeLogin.mockClear();
  home = homeOf({ PRAXIS_HOME: mkdtempSync(join(tmpdir(), 'px-enroll-')) });
  writeSecret(home.credentials('node'), { url, user: 'node.box', password: 'own' });
  writeSecret(home.credentials('client'), { url, user: 'client.ada', password: 'own' });
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

describe('enrolling', () => {
  it.each([
    ['node', 'box', 'is this machine'],
    ['client', 'ada', 'is this machine'],
    ['client', 'ada-there', 'is where a service runs, on there'],
  ] as const)('gives the %s %s to no other machine', async (role, name, why) => {
    await expect(ask(role, name)).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
      message: `The ${role} ${name} ${why}; give the other machine a name of its own`,
    });
    expect(makeLogin).not.toHaveBeenCalled();
  });

  it('makes a login of a name that is free', async () => {
    const text = Buffer.from(await ask('client', 'laptop'), 'base64url').toString();
    expect(JSON.parse(text)).toEqual({ role: 'client', url, user: 'client.laptop', password: 'new' });
  });
});
