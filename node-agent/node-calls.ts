/** What the node gives to every script besides its session's own host: the libraries that ship, and the machine's programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { MAX_ID_LENGTH, packageRoot } from '../proto/index.js';
import { MAX_PATH } from './host/readable.js';
import { nameOf } from './load-connectors.js';
import type { LuaPool } from './lua/index.js';
import type { Programs } from './programs.js';

/** Milliseconds that a program may be given to tell its version. */
const MAX_VERSION_MS = 60_000;

const LibraryName = z.string().max(MAX_ID_LENGTH);
/** Names that are looked up in every directory of PATH. */
const MAX_NAMES = 32;

const Wanted = z.object({
  names: z.array(z.string().min(1).max(MAX_PATH)).min(1).max(MAX_NAMES),
  version: z.array(z.string()),
  ms: z.number().min(1).max(MAX_VERSION_MS),
});

/** Things that scripts have the node remember. The oldest goes first. */
const MAX_REMEMBERED = 100;

const Remembered = z.object({ key: z.string().max(MAX_ID_LENGTH), value: z.json() });
const Recalled = z.object({ key: z.string().max(MAX_ID_LENGTH), ms: z.number().min(0) });

export type NodeCalls = Readonly<Record<string, (argument: unknown) => unknown>>;

/** Compiles the libraries of `connectors/lib`. Rejects with LuaError when one is no Lua. */
export async function nodeCalls(
  pool: LuaPool,
  programs: Pick<Programs, 'find'>,
  now: () => number = () => performance.now(),
): Promise<NodeCalls> {
  const folder = join(packageRoot, 'connectors/lib');
  const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  const remembered = new Map<string, { value: unknown; at: number }>();
  const libraries = new Map<string, Uint8Array>();
  for (const file of files) {
    const path = join(folder, file);
    const { bytecode } = await pool.compile(nameOf(path), readFileSync(path, 'utf8'));
    libraries.set(basename(file, '.lua'), bytecode);
  }
  return {
    library(name) {
      const bytecode = libraries.get(LibraryName.parse(name));
      if (!bytecode) throw new Error(`there is no library ${name}: ${[...libraries.keys()].join(', ')}`);
      return bytecode;
    },
    program: (wanted) => programs.find(Wanted.parse(wanted)),
    remember(what) {
      const { key, value } = Remembered.parse(what);
      remembered.delete(key);
      remembered.set(key, { value, at: now() });
      for (const oldest of remembered.keys()) if (remembered.size > MAX_REMEMBERED) remembered.delete(oldest);
    },
    recall(what) {
      const { key, ms } = Recalled.parse(what);
      const known = remembered.get(key);
      return known && now() - known.at < ms ? known.value : undefined;
    },
  };
}
