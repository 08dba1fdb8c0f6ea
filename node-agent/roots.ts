/** Where sessions may work: the directory must exist and lie below one of the owner's roots, symbolic links resolved. */
import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { AbsolutePath, ErrorCode, invalidParams, PraxisError } from '../proto/index.js';

/**
 * The real path of a session's working directory. Throws InvalidParams when it is no existing directory, Forbidden when
 * the owner does not allow it.
 */
export function allowedDirectory(cwd: unknown, roots: readonly string[]): string {
  const path = AbsolutePath.safeParse(cwd);
  if (!path.success) throw invalidParams('A directory of a session is an absolute path on the node');
  const real = realDirectory(path.data);
  if (!roots.some((root) => isBelow(real, root)))
    throw new PraxisError(
      ErrorCode.Forbidden,
      `The node's owner does not allow sessions in ${path.data}; allowed: ${roots.join(', ')}`,
      { cwd: path.data, roots },
    );
  return real;
}

function realDirectory(path: string): string {
  let real: string;
  try {
    real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? 'cannot be reached by the node' : 'does not exist on the node';
    throw invalidParams(`The directory ${path} ${why}`, { cwd: path });
  }
  throw invalidParams(`${path} is not a directory`, { cwd: path });
}

/** A root that does not exist allows nothing. */
function isBelow(real: string, root: string): boolean {
  let realRoot: string;
  try {
    realRoot = realpathSync(root);
  } catch {
    return false;
  }
  return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}
