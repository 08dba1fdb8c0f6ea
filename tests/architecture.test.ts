/** The map of ARCHITECTURE.md, enforced: who may import whom, how long a file may be, and that each begins by saying what it is for. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** folder → the folders that it may import. `bin` starts the parts, each by a dynamic import of its own. */
const MAY_IMPORT: Record<string, string[]> = {
  proto: [],
  bus: ['proto'],
  service: ['proto', 'bus'],
  'node-agent': ['proto', 'bus'],
  connectors: [],
  client: ['proto', 'bus'],
  tui: ['client', 'proto'],
  cli: ['client', 'proto', 'tui'],
  bin: ['cli', 'service', 'node-agent'],
};

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|mts|lua)$/.test(file) && existsSync(file));
const sources = files.filter((file) => file.split('/')[0]! in MAY_IMPORT);

/** Static, type-only, re-export and dynamic imports of a relative path. */
const importsOf = (text: string) =>
  [...text.matchAll(/(?:from|import\(|import)\s*['"](\.[^'"]+)['"]/g)].map((match) => match[1]!);

describe('the parts', () => {
  it.each(sources)('%s imports only what its folder may', (file) => {
    const own = file.split('/')[0]!;
    for (const path of importsOf(readFileSync(file, 'utf8'))) {
      const target = normalize(join(dirname(file), path)).split('/')[0]!;
      if (target !== own) expect(MAY_IMPORT[own], `${file} imports ${path}`).toContain(target);
    }
  });

  it('are reached through their index, except by bin', () => {
    for (const file of sources.filter((name) => !name.startsWith('bin/'))) {
      const own = file.split('/')[0]!;
      for (const path of importsOf(readFileSync(file, 'utf8'))) {
        const target = normalize(join(dirname(file), path));
        if (target.split('/')[0] !== own) expect(target, `${file} imports ${path}`).toMatch(/\/index\.js$/);
      }
    }
  });
});

describe('a file', () => {
  it.each(files)('%s has at most 500 lines', (file) => {
    expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThanOrEqual(500);
  });

  it.each(sources)('%s begins by saying what it is for', (file) => {
    expect(readFileSync(file, 'utf8').replace(/^#!.*\n/, '')).toMatch(/^(\/\*\*|--)/);
  });
});
