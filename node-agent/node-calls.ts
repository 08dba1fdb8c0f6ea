/** What the node gives to every script besides its session's own host: the libraries that ship, and the machine's programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { MAX_ID_LENGTH, type Name, packageRoot } from '../proto/index.js';
import { MAX_PATH } from './host/readable.js';
import { nameOf } from './load-connectors.js';
import type { LuaPool } from './lua/index.js';
import { Memory } from './memory.js';
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

type Calls = Readonly<Record<string, (argument: unknown) => unknown>>;

/** The calls for the scripts of one connector. */
export type NodeCalls = (connector: Name) => Calls;

/** Compiles the libraries of `connectors/lib`. Rejects with LuaError when one is no Lua. */
export async function nodeCalls(
  pool: LuaPool,
  programs: Pick<Programs, 'find'>,
  now: () => number = () => performance.now(),
): Promise<NodeCalls> {
  const folder = join(packageRoot, 'connectors/lib');
  const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  const memories = new Map<Name, Memory>();
  const libraries = new Map<string, Uint8Array>();
  for (const file of files) {
    const path = join(folder, file);
    const { bytecode } = await pool.compile(nameOf(path), readFileSync(path, 'utf8'));
    libraries.set(basename(file, '.lua'), bytecode);
  }
  return (connector) => {
    const memory = memories.get(connector) ?? new Memory(now);
    memories.set(connector, memory);
    return {
      library(name) {
        const bytecode = libraries.get(LibraryName.parse(name));
        if (!bytecode) throw new Error(`there is no library ${name}: ${[...libraries.keys()].join(', ')}`);
        return bytecode;
      },
      program: (wanted) => programs.find(Wanted.parse(wanted)),
      remember: (what) => memory.remember(what),
      recall: (what) => memory.recall(what),
    };
  };
}
