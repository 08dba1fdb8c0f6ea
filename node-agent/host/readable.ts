/**
 * What a script may read of the machine: the files that its connector names in `reads`, as patterns of their full paths, and nothing
 * else. `*` stands for any characters within one name, `~/` for the home directory, `$NAME/` for a variable of the agents'
 * environment; a pattern whose variable is not set names nothing.
 */
import { lstat, opendir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { MAX_FILES_SEEN } from '../../proto/index.js';
import { agentEnvironment } from '../environment.js';

/** Characters of a path: Linux takes no longer one. */
export const MAX_PATH = 4_096;

/** Patterns of one connector, and characters of one. */
const MAX_PATTERNS = 32;
export const MAX_PATTERN = 1_024;

/** The field `reads` of a connector. */
export const Reads = z
  .array(
    z
      .string()
      .min(1)
      .max(MAX_PATTERN)
      .refine(isPattern, 'begins with /, ~/ or $NAME/, without . or .. as a name'),
  )
  .max(MAX_PATTERNS)
  .default([]);

export interface FoundFile {
  path: string;
  /** Milliseconds since 1970. */
  modified: number;
  size: number;
}

function isPattern(pattern: string): boolean {
  const names = pattern.split('/').slice(1);
  const isPlain = names.every((name) => name !== '' && name !== '.' && name !== '..');
  return /^(?:~|\$[A-Za-z_]\w*)?\//.test(pattern) && isPlain && !pattern.includes('\0');
}

/** The full path that a pattern or path means on this machine; undefined when its variable is not set to one. */
export function expand(pattern: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [first = '', ...names] = pattern.split('/');
  if (first === '') return pattern;
  const base = first === '~' ? homedir() : agentEnvironment(env, {}, '')[first.slice(1)];
  return base !== undefined && isAbsolute(base) ? join(base, ...names) : undefined;
}

/**
 * Whether a name is one of the pattern. Each piece between two `*` is taken where it comes first, which finds a match if there
 * is one: a backtracking regular expression would stand still for minutes over a script's twelve stars.
 */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...pieces] = pattern.split('*');
  const last = pieces.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** The same, name by name: a `*` stands for nothing across a `/`. */
function matchesPath(pattern: string, path: string): boolean {
  const [patterns, names] = [pattern.split('/'), path.split('/')];
  return patterns.length === names.length && patterns.every((each, i) => matches(each, names[i]!));
}

export class Readable {
  constructor(private readonly patterns: readonly string[]) {}

  /** The full path of a file that may be read. Throws when it may not. */
  path(wanted: string): string {
    const path = isPattern(wanted) ? expand(wanted) : undefined;
    if (path === undefined) throw new Error(`${wanted} is no full path of a file`);
    if (!this.allows(path))
      throw new Error(`${wanted} may not be read: no pattern in the connector's \`reads\` names it`);
    return path;
  }

  /** The files of a pattern that may be read, changed after `since`: at most `limit`, those with the last names first. */
  async find(pattern: string, since: number, limit: number): Promise<FoundFile[]> {
    if (!isPattern(pattern)) throw new Error(`${pattern} is no pattern of full paths`);
    const expanded = expand(pattern);
    if (expanded === undefined) return [];
    const found: FoundFile[] = [];
    const budget = { entries: MAX_FILES_SEEN };
    for await (const path of walk('/', expanded.split('/').slice(1), budget)) {
      if (!this.allows(path)) continue;
      // It may have gone since its directory was read.
      const file = await lstat(path).catch(() => undefined);
      if (!file?.isFile() || file.mtimeMs <= since) continue;
      found.push({ path, modified: Math.floor(file.mtimeMs), size: file.size });
      if (found.length === limit) break;
    }
    return found;
  }

  private allows(path: string): boolean {
    return this.patterns.some((pattern) => {
      const expanded = expand(pattern);
      return expanded !== undefined && matchesPath(expanded, path);
    });
  }
}

/** The paths of a pattern below a directory, by the names of each level, the last name first. What cannot be read is passed over. */
async function* walk(folder: string, names: string[], budget: { entries: number }): AsyncGenerator<string> {
  const [name = '', ...rest] = names;
  for (const each of await namesIn(folder, name, budget)) {
    const path = join(folder, each);
    if (rest.length > 0) yield* walk(path, rest, budget);
    else yield path;
  }
}

async function namesIn(folder: string, name: string, budget: { entries: number }): Promise<string[]> {
  if (!name.includes('*')) return [name];
  const names: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (budget.entries-- <= 0) break;
      if (matches(name, entry.name)) names.push(entry.name);
    }
  } catch {
    return [];
  }
  return names.sort().reverse();
}
