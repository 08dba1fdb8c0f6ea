import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../cli/shell.js';

it.each([
  'branch=...',
  'your name=...',
  '$(touch x)',
  '`touch x`',
  "it's",
  'a;b',
  '',
  '*',
  'a"b\\c',
  'größe',
])('shows %j as one word that a shell takes as it is', (text) => {
  expect(execFileSync('sh', ['-c', `printf '<%s>' ${shellWord(text)}`], { encoding: 'utf8' })).toBe(
    `<${text}>`,
  );
});

it('quotes nothing that needs no quotes', () => {
  expect(shellWord('branch=main')).toBe('branch=main');
});
