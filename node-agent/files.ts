/**
 * The names in one directory, for completing paths while a person types. It shows no contents, and nothing outside what the
 * owner allows: symbolic links are resolved before the path is compared.
 */
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FilesParams, type FilesResult, MAX_FILES_LISTED, MAX_FILES_SEEN } from '../proto/index.js';
import { allowedDirectory } from './roots.js';

const kindOf = (entry: { isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean }) =>
  entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other';

/**
 * The entries of `path`, which lies below one of `roots`, and is taken from `cwd` and lies below that where there is one. At most
 * MAX_FILES_LISTED names that begin with `prefix`, directories first, then by name. Throws InvalidParams and Forbidden as a
 * session's directory does.
 */
export async function listFiles(
  { path, prefix = '' }: FilesParams,
  cwd: string | undefined,
  roots: readonly string[],
): Promise<FilesResult> {
  // An agent may put a link in the place of its directory: what that leads to is the owner's to allow.
  const real = allowedDirectory(cwd === undefined ? path : join(cwd, path), roots);
  if (cwd !== undefined) allowedDirectory(real, [cwd]);
  const entries: FilesResult['entries'] = [];
  let seen = 0;
  let truncated = false;
  for await (const entry of await opendir(real)) {
    if (++seen > MAX_FILES_SEEN) {
      truncated = true;
      break;
    }
    if (entry.name.startsWith(prefix)) entries.push({ name: entry.name, kind: kindOf(entry) });
  }
  const rank = (e: FilesResult['entries'][number]) => (e.kind === 'directory' ? 0 : 1);
  entries.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return {
    path: real,
    entries: entries.slice(0, MAX_FILES_LISTED),
    truncated: truncated || entries.length > MAX_FILES_LISTED,
  };
}
