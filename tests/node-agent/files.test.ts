import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErrorCode, type FilesResult, MAX_FILES_LISTED, newId } from '../../proto/index.js';
import { scriptConnector, TestServer } from '../support/node-server.js';

/** An agent that opens sessions and does nothing else. */
const AGENT = `
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize' ? { protocolVersion: 1 } : method === 'session/new' ? { sessionId: 'own' } : {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});`;

let server: TestServer;
beforeEach(() => {
  server = new TestServer([scriptConnector('quiet', AGENT)]);
});
afterEach(() => server.stop());

const names = (result: unknown) => (result as FilesResult).entries.map((e) => `${e.name} ${e.kind}`);

describe('the names in a directory of a node', () => {
  it('are those of the session, from its directory on, narrowed by a prefix, directories first', async () => {
    mkdirSync(join(server.cwd, 'src', 'app'), { recursive: true });
    writeFileSync(join(server.cwd, 'src', 'a.ts'), '');
    writeFileSync(join(server.cwd, 'src', 'b.ts'), '');
    const sessionId = await server.open('quiet');
    const { result } = await server.ask('_praxis/files', { sessionId, path: 'src', prefix: 'a' });
    expect(names(result)).toEqual(['app directory', 'a.ts file']);
    expect(names((await server.ask('_praxis/files', { sessionId, path: '' })).result)).toEqual([
      'src directory',
    ]);
  });

  it.each(['..', '../..', '/', 'link', 'src/../..'])('do not lead out of it: %s', async (path) => {
    mkdirSync(join(server.cwd, 'src'));
    symlinkSync(server.dir, join(server.cwd, 'link'));
    const sessionId = await server.open('quiet');
    const { result, error } = await server.ask('_praxis/files', { sessionId, path });
    if (path === '/') expect((result as FilesResult).path).toBe(server.cwd);
    else expect(error?.code).toBe(ErrorCode.Forbidden);
  });

  it('do not follow the link that stands in the place of the session’s directory out of what the owner allows', async () => {
    await server.stop();
    const allowed = realpathSync(mkdtempSync(join(tmpdir(), 'pxf-')));
    server = new TestServer([scriptConnector('quiet', AGENT)], { roots: [allowed] });
    const work = join(allowed, 'work');
    mkdirSync(work);
    const { result } = await server.newSession('quiet', {}, { cwd: work });
    const { sessionId } = result as { sessionId: string };
    renameSync(work, join(allowed, 'moved'));
    symlinkSync('/etc', work);
    const { error } = await server.ask('_praxis/files', { sessionId, path: '' });
    rmSync(allowed, { recursive: true });
    expect(error?.code).toBe(ErrorCode.Forbidden);
  });

  it('are given outside a session below what the owner allows, and nowhere else', async () => {
    await server.stop();
    server = new TestServer([]);
    const inside = new TestServer([], { roots: [server.cwd] });
    mkdirSync(join(server.cwd, 'project'));
    const ask = (path: string) => inside.ask('_praxis/files', { node: 'here', path });
    expect(names((await ask(server.cwd)).result)).toEqual(['project directory']);
    expect((await ask('/etc')).error?.code).toBe(ErrorCode.Forbidden);
    expect((await ask(`${server.cwd}/../..`)).error?.code).toBe(ErrorCode.Forbidden);
    expect((await ask(`${server.cwd}/nothing`)).error?.code).toBe(ErrorCode.InvalidParams);
    await inside.stop();
  });

  it('are bounded, and an unknown session has none', async () => {
    for (let i = 0; i < MAX_FILES_LISTED + 5; i++) writeFileSync(join(server.cwd, `f${i}`), '');
    const sessionId = await server.open('quiet');
    const { result } = await server.ask('_praxis/files', { sessionId, path: '' });
    expect((result as FilesResult).entries).toHaveLength(MAX_FILES_LISTED);
    expect((result as FilesResult).truncated).toBe(true);
    expect((await server.ask('_praxis/files', { sessionId: newId(), path: '' })).error).toBeDefined();
  });
});
