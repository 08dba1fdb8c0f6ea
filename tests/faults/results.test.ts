/** What the file of results promises: a line for each run, and nothing done twice. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Results } from './results.js';
import type { RunResult } from './run.js';

const good: RunResult = { lost: 0, doubled: 0, cut: 1, recovered: true, recoverMs: 500, problems: [] };
const first = { broker: 'embedded', fault: 'kill -9 node', run: 0 } as const;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'px-results-'));
  file = join(folder, 'results');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('takes up what another process had done', () => {
  new Results(7, file).add(first, good);
  const next = new Results(7, file);
  expect(next.has(first)).toBe(true);
  expect(next.has({ ...first, run: 1 })).toBe(false);
  next.add({ ...first, run: 1 }, { ...good, recovered: false, lost: 2 });
  expect(new Results(7, file).rows([first])).toMatchObject([
    { runs: 2, lost: 2, cut: 2, recovered: 1, recoverMs: [500, 500] },
  ]);
});

it('leaves the runs of another seed alone', () => {
  new Results(7, file).add(first, good);
  expect(new Results(8, file).has(first)).toBe(false);
});

it('goes on behind a line that was cut off', () => {
  new Results(7, file).add(first, good);
  appendFileSync(file, '{"broker":"embedded","fau');
  new Results(7, file).add({ ...first, run: 1 }, good);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
  expect(new Results(7, file).rows([first])).toMatchObject([{ runs: 2 }]);
});
