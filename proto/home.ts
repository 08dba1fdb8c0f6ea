/** `$PRAXIS_HOME`: what is where in it, and how its directories are made. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A file that cannot be used: names the file and what is wrong in it. */
export class ConfigError extends Error {
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
    this.name = 'ConfigError';
  }
}

const ADVICE = 'Set PRAXIS_HOME to the full path of a directory that you may write to (default: ~/.praxis)';

/** The places below `$PRAXIS_HOME` (default `~/.praxis`). */
export interface Home {
  root: string;
  /** Runtime files: the supervisor's state, the embedded broker's socket, the groups of running agents. */
  run: string;
  logs: string;
  /** The journal. */
  database: string;
  nodeConfig: string;
  /** Connectors of the person's own: `<id>/connector.lua`. */
  connectors: string;
  /** Credentials of each role at the bus, mode 0600. */
  credentials: (role: 'service' | 'node' | 'client') => string;
  /** Logins that the embedded broker knows, mode 0600. */
  logins: string;
  /** The embedded broker's Unix socket. */
  socket: string;
}

/** Where everything is. Throws ConfigError when the environment names no full path. */
export function homeOf(env: NodeJS.ProcessEnv = process.env): Home {
  const named = env.PRAXIS_HOME || join(homedir(), '.praxis');
  // The parts and the commands are started in different directories.
  if (!isAbsolute(named)) throw new ConfigError(named, `is no full path. ${ADVICE}`);
  const root = resolve(named);
  const run = join(root, 'run');
  return {
    root,
    run,
    logs: join(root, 'logs'),
    database: join(root, 'praxis.db'),
    nodeConfig: join(root, 'node.json'),
    connectors: join(root, 'connectors'),
    credentials: (role) => join(root, 'credentials', `${role}.json`),
    logins: join(root, 'credentials', 'logins.json'),
    socket: join(run, 'bus.sock'),
  };
}

/** The embedded broker's socket as the url of a bus. */
export const socketUrl = ({ socket }: Home): string => pathToFileURL(socket).href.replace('file:', 'unix:');

/** Makes the home where there is none yet. Throws ConfigError, which says what to do, where there can be none. */
export function readyHome({ root }: Home): void {
  made(root);
  allowed(root, constants.R_OK | constants.X_OK, 'cannot be read');
}

/** Makes a directory of the home, for us alone, unless it is there. Throws ConfigError where we may not write. */
export function makeDirectory(path: string): void {
  made(path);
  allowed(path, constants.W_OK | constants.X_OK, 'cannot be written to');
}

/** As `mkdir -p`. Node's own never ends where a file system answers ENOENT although the parent is there, as that of /proc does. */
function made(path: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return;
    if (found) throw new ConfigError(path, `is no directory. ${ADVICE}`);
    if (dirname(path) !== path) made(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new ConfigError(path, `the directory cannot be made: ${reason(error)}. ${ADVICE}`);
  }
}

function allowed(path: string, mode: number, problem: string): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw new ConfigError(path, `${problem}: ${reason(error)}. ${ADVICE}`);
  }
}

/** `permission denied`, of `EACCES: permission denied, mkdir '/home/me'`. */
const reason = (error: unknown): string =>
  /^E\w+: (.*?),/.exec((error as Error).message)?.[1] ?? String(error);
