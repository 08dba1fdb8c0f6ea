/** A private Postgres for tests: its own port, socket and data directory; nothing of the machine's own Postgres is touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { endGroup, endProcess, freePort } from './own-server.js';
import { processesIn } from './processes.js';
import { waitUntil } from './wait.js';

const DEBIAN = '/usr/lib/postgresql';
const BOOT_MS = 60_000;
/** Postgres refuses to run as root; then it runs as one of these. */
const USERS = ['postgres', 'nobody'];

/** Where `initdb` and `postgres` are; undefined where Postgres is not installed. */
function binaries(): string | undefined {
  const debian = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN, version, 'bin'))
    : [];
  const folders = [...debian, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

export const postgresInstalled = (): boolean => binaries() !== undefined;

/** Where an instance listens, and its superuser. Plain data: another process can use it. */
export interface PostgresAddress {
  /** postgres://user:password@127.0.0.1:port/postgres */
  url: string;
  pids: number[];
  dir: string;
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of USERS) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user here.
    }
  }
  throw new Error('Postgres does not run as root, and there is neither a user postgres nor nobody');
}

/** One instance whose data outlives its restarts. */
export class Postgres implements PostgresAddress {
  readonly user = 'praxis';
  readonly password = `pw-${randomUUID()}`;
  readonly dir = mkdtempSync(join(tmpdir(), 'pxpg-'));
  readonly #owner = unprivileged();
  readonly #bin = binaries()!;
  #server?: ChildProcess;

  private constructor(private readonly port: number) {
    for (const folder of ['data', 'socket']) mkdirSync(join(this.dir, folder));
    const secret = join(this.dir, 'password');
    writeFileSync(secret, this.password, { mode: 0o600 });
    chmodSync(this.dir, 0o755);
    const { uid, gid } = this.#owner ?? {};
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.dir, join(this.dir, 'data'), join(this.dir, 'socket'), secret])
        chownSync(path, uid, gid);
    execFileSync(
      join(this.#bin, 'initdb'),
      [
        ...['-D', join(this.dir, 'data'), '-U', this.user, '--pwfile', secret, '-A', 'scram-sha-256'],
        ...['-E', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
      ],
      { ...this.#owner, cwd: this.dir, env: { PATH: process.env.PATH, LANG: 'C.UTF-8' }, stdio: 'pipe' },
    );
  }

  static async start(): Promise<Postgres> {
    const instance = new Postgres(await freePort());
    await instance.boot();
    return instance;
  }

  get url(): string {
    return this.#urlOf('postgres');
  }

  get pids(): number[] {
    return this.#server?.pid === undefined ? [] : [this.#server.pid];
  }

  toJSON(): PostgresAddress {
    const { url, pids, dir } = this;
    return { url, pids, dir };
  }

  /** Starts it (again) with the data that it has. Resolves when it takes connections. */
  async boot(): Promise<void> {
    const log = openSync(join(this.dir, 'output.log'), 'a');
    const server = spawn(
      join(this.#bin, 'postgres'),
      [
        ...['-D', join(this.dir, 'data'), '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1'],
        ...['-c', `unix_socket_directories=${join(this.dir, 'socket')}`, '-c', 'max_connections=200'],
        ...['-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'],
        // In its directory: a segment in /dev/shm would outlive a kill -9.
        ...['-c', 'dynamic_shared_memory_type=mmap'],
      ],
      // A group of its own, so that it ends with everything it started, and only by us.
      {
        ...this.#owner,
        cwd: this.dir,
        env: { LANG: 'C.UTF-8' },
        detached: true,
        stdio: ['ignore', log, log],
      },
    );
    server.unref();
    this.#server = server;
    closeSync(log);
    await waitUntil(
      async () => {
        if (server.exitCode !== null)
          throw new Error(`Postgres did not start; see ${join(this.dir, 'output.log')}`);
        return ask(this.url, 'select 1').then(
          () => true,
          () => false,
        );
      },
      BOOT_MS,
      50,
    );
  }

  /** kill -9, with everything that it started. Its data stays; boot() starts it again. */
  async kill(): Promise<void> {
    await this.#end();
    this.#server = undefined;
    // A postmaster that was killed leaves this behind; the next one looks whether its process lives, and a pid may come again.
    rmSync(join(this.dir, 'data', 'postmaster.pid'), { force: true });
  }

  /** A fresh, empty database: its url. */
  database(): Promise<string> {
    return newDatabase(this.url);
  }

  /** Ends it for good and removes its data. */
  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * The processes that serve connections are in sessions of their own and outlive theirs for a moment; the next Postgres does not
   * start beside them ("pre-existing shared memory block is still in use").
   */
  async #end(): Promise<void> {
    await endGroup(this.#server?.pid);
    await waitUntil(
      () => {
        const rest = processesIn(join(this.dir, 'data'));
        for (const pid of rest) endProcess(pid);
        return rest.length === 0;
      },
      10_000,
      20,
    );
  }

  #urlOf(database: string): string {
    return `postgres://${this.user}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }
}

/** A fresh, empty database in the instance that `url` is of: its url. */
export async function newDatabase(url: string): Promise<string> {
  const name = `px_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await ask(url, `create database ${name}`);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

/** One statement on a connection of its own. */
export async function ask<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}
