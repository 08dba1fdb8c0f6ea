/**
 * Why a program could not be started. The operating system says the same (ENOENT, EACCES) of its working directory as of the program: a
 * person is to look at the right one.
 */
import { accessSync, constants, statSync } from 'node:fs';

export class NotStarted extends Error {
  constructor(
    message: string,
    /** What a person can do. */
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Throws NotStarted when no program can work in this directory. */
export function requireDirectory(cwd: string): void {
  const why = directoryProblem(cwd);
  if (why)
    throw new NotStarted(
      `the directory ${cwd} ${why}`,
      'Put it right on the node, or start a session in another directory',
    );
}

function directoryProblem(cwd: string): string | undefined {
  try {
    if (!statSync(cwd).isDirectory()) return 'is no directory';
    accessSync(cwd, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : 'may not be entered';
  }
}

/** The reason in words for what the operating system said when `program` was to be started in `cwd`. */
export function notStarted(program: string, cwd: string, { code, message }: NodeJS.ErrnoException): Error {
  try {
    requireDirectory(cwd);
  } catch (problem) {
    return problem as NotStarted;
  }
  const why =
    code === 'ENOENT' ? 'is not installed' : code === 'EACCES' ? 'may not be executed' : `failed: ${message}`;
  return new NotStarted(
    `the program ${program} ${why}`,
    "Install it on the node, or correct the agent's command in node.json",
  );
}
