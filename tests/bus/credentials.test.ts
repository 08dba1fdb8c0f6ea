/** Who a process is at the bus. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsOf, parseBusUrl } from '../../bus/index.js';
import { type Home, homeOf, writeSecret } from '../../proto/index.js';

describe('the address of the bus', () => {
  it.each([
    ['amqp://host', { url: 'amqp://host' }],
    ['amqp://me:p%40ss@host:1234/vhost', { url: 'amqp://host:1234/vhost', user: 'me', password: 'p@ss' }],
    ['amqps://me@[::1]:5671', { url: 'amqps://[::1]:5671', user: 'me' }],
    ['unix:///run/b.sock', { url: 'unix:///run/b.sock' }],
    ['unix://me:secret@/run/b.sock', { url: 'unix:///run/b.sock', user: 'me', password: 'secret' }],
  ])('is taken apart: %s', (text, parts) => {
    expect(parseBusUrl(text)).toEqual(parts);
  });

  it.each([
    'http://me:secret@host',
    'amqp://',
    'me:secret@host',
    'unix://me:secret@relative',
    'amqp://me:secret%zz@host',
  ])('is refused without repeating it: %s', (text) => {
    expect(() => parseBusUrl(text)).toThrow(/PRAXIS_BUS_URL/);
    expect(() => parseBusUrl(text)).not.toThrow(/secret/);
  });
});

describe('the credentials of a role', () => {
  let root: string;
  let home: Home;
  const stored = { url: 'unix:///s', user: 'node.here', password: 'stored' };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pxc-'));
    home = homeOf({ PRAXIS_HOME: root });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('come from PRAXIS_BUS_URL when its user belongs to the role', () => {
    const of = (role: 'service' | 'node' | 'client', user: string) =>
      credentialsOf(role, { PRAXIS_BUS_URL: `amqp://${user}:secret@host` }, home)?.user;
    expect(of('service', 'praxis')).toBe('praxis');
    expect(of('service', 'node.here')).toBeUndefined();
    expect(of('node', 'node.here')).toBe('node.here');
    expect(of('node', 'praxis')).toBeUndefined();
    expect(of('client', 'client.me')).toBe('client.me');
    expect(of('client', 'node.here')).toBeUndefined();
  });

  it('come from the file of the role otherwise', () => {
    writeSecret(home.credentials('node'), stored);
    expect(credentialsOf('node', {}, home)).toEqual(stored);
    expect(credentialsOf('node', { PRAXIS_BUS_URL: 'amqp://praxis:secret@host' }, home)).toEqual(stored);
    expect(credentialsOf('client', {}, home)).toBeUndefined();
  });

  it('are not taken from a file that others can read, or that is not of the role', () => {
    const file = home.credentials('node');
    writeSecret(file, stored);
    chmodSync(file, 0o640);
    expect(() => credentialsOf('node', {}, home)).toThrow(`chmod 600 ${file}`);
    writeSecret(file, { ...stored, user: 'client.me' });
    expect(() => credentialsOf('node', {}, home)).toThrow(/client\.me is no login of a node/);
    writeSecret(file, { user: 'node.here' });
    expect(() => credentialsOf('node', {}, home)).toThrow(file);
  });
});
