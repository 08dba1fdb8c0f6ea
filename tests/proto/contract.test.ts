import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ClientAddress,
  ConfigError,
  defaultName,
  derivedId,
  ErrorCode,
  Headers,
  Name,
  NodeConfig,
  newId,
  parseLogin,
  permissionsOf,
  readConfig,
  SessionId,
  writeSecret,
} from '../../proto/index.js';

describe('names and ids', () => {
  it('take what becomes part of an address, and nothing that would change its meaning', () => {
    for (const good of ['a', 'build-box', '0x', 'a'.repeat(63)])
      expect(Name.safeParse(good).success, good).toBe(true);
    for (const bad of ['', 'A', 'a.b', '#', '*', 'a/b', '-a', 'a-', 'a b', 'ä', 'a'.repeat(64), '../x'])
      expect(Name.safeParse(bad).success, bad).toBe(false);
  });

  it('know a session id with and without its host prefix', () => {
    const id = newId();
    expect(SessionId.safeParse(id).success).toBe(true);
    expect(SessionId.safeParse(`CLI_${id}`).success).toBe(true);
    expect(SessionId.safeParse(`XXX_${id}`).success).toBe(false);
    expect(SessionId.safeParse(`${id}\n`).success).toBe(false);
  });

  it('derive the same id from the same request, and another from any other', () => {
    const client = `me.${newId()}`;
    expect(ClientAddress.safeParse(client).success).toBe(true);
    expect(derivedId(client, 1)).toBe(derivedId(client, 1));
    expect(derivedId(client, 1)).not.toBe(derivedId(client, '1'));
    expect(derivedId(client, 1)).not.toBe(derivedId(`me.${newId()}`, 1));
    expect(SessionId.safeParse(derivedId(client, 1)).success).toBe(true);
  });

  it('make a name of any host name', () => {
    expect(defaultName('Build_Box.example.org')).toBe('build-box');
    expect(defaultName('...')).toBe('local');
    expect(Name.safeParse(defaultName('x'.repeat(80))).success).toBe(true);
  });

  it('say who a login is', () => {
    expect(parseLogin('node.build-box')).toEqual({ role: 'node', name: 'build-box' });
    expect(parseLogin('client.me')).toEqual({ role: 'client', name: 'me' });
    for (const other of ['service', 'guest', 'node.', 'node.a.b', 'Node.a', 'client.*'])
      expect(parseLogin(other)).toBeUndefined();
  });
});

describe('permissions', () => {
  const allows = (pattern: string, name: string) => new RegExp(pattern).test(name);
  const uuid = newId();

  it('let a node use its own queue and key only', () => {
    const may = permissionsOf({ role: 'node', name: 'n1' });
    expect(allows(may.configure, 'praxis.node.n1')).toBe(true);
    expect(allows(may.configure, 'praxis.node.n11')).toBe(false);
    expect(allows(may.read, 'praxis.node.n2')).toBe(false);
    expect(allows(may.write, 'praxis.events')).toBe(true);
    for (const other of [
      'praxis.commands',
      'praxis.nodes',
      'praxis.clients',
      'praxis.broadcast',
      'amq.default',
      '',
    ])
      expect(allows(may.write, other), other).toBe(false);
    expect(allows(may.topics[0]!.read, 'n1')).toBe(true);
    for (const key of ['n2', '#', '*', 'n1.x', 'n1|n2'])
      expect(allows(may.topics[0]!.read, key), key).toBe(false);
  });

  it('let a client use addresses below its own name only', () => {
    const may = permissionsOf({ role: 'client', name: 'me' });
    expect(allows(may.configure, `praxis.client.me.${uuid}`)).toBe(true);
    expect(allows(may.configure, `praxis.client.you.${uuid}`)).toBe(false);
    expect(allows(may.read, `praxis.client.mee.${uuid}`)).toBe(false);
    expect(allows(may.write, 'praxis.events')).toBe(false);
    expect(allows(may.topics[0]!.read, `me.${uuid}`)).toBe(true);
    for (const key of [`you.${uuid}`, '#', 'me', '*.x'])
      expect(allows(may.topics[0]!.read, key), key).toBe(false);
  });
});

describe('headers', () => {
  it('refuse a wrong type, and keep nothing that is not ours', () => {
    expect(Headers.parse({ v: 1, seq: 3, 'x-death': [] })).toEqual({ v: 1, seq: 3 });
    for (const bad of [
      {},
      { v: '1' },
      { v: 1, seq: -1 },
      { v: 1, seq: 1.5 },
      { v: 1, session: 's' },
      { v: 1, client: 'me' },
    ])
      expect(Headers.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  });
});

describe('files', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'praxis-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('with a secret are for their owner alone', () => {
    const file = join(dir, 'credentials', 'x.json');
    writeSecret(file, { password: 'p' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('with a mistake are refused by name, and with the place of the mistake', () => {
    const file = join(dir, 'node.json');
    expect(readConfig(file, NodeConfig)).toBeUndefined();
    writeFileSync(file, '{');
    expect(() => readConfig(file, NodeConfig)).toThrow(ConfigError);
    writeFileSync(file, '{"roots":["src"],"agents":{"My Agent":{"command":[]}},"colour":1}');
    expect(() => readConfig(file, NodeConfig)).toThrow(/node\.json[\s\S]*roots\[0\]/);
    writeFileSync(file, '{"agents":{"a":{"command":["a"]}}}');
    expect(readConfig(file, NodeConfig)).toEqual({
      yolo: 'allow',
      terminal: 'write',
      mcpServers: 'allow',
      agents: { a: { command: ['a'], env: {} } },
      transports: {},
    });
  });
});

it('every error code has one meaning, and none of ours makes an editor ask for a login', () => {
  const codes = Object.values(ErrorCode);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes).not.toContain(-32000);
});
