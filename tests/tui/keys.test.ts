import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BINDINGS, keysMarkdown } from '../../tui/keys.js';

describe('the key map', () => {
  it('gives every key one meaning in its place', () => {
    const seen = new Set<string>();
    for (const binding of BINDINGS)
      for (const key of binding.keys) {
        expect(seen).not.toContain(`${binding.in} ${key}`);
        seen.add(`${binding.in} ${key}`);
      }
  });

  it('takes no letter for a command where letters are written', () => {
    for (const binding of BINDINGS)
      if (['everywhere', 'chat', 'filter', 'start'].includes(binding.in))
        // ? is a command only in a prompt that is empty.
        for (const key of binding.keys.filter((k) => k !== '?'))
          expect(key.length, `${key} in ${binding.in}`).toBeGreaterThan(1);
  });

  it('is what docs/keys.md says (npm run docs:keys writes it)', () => {
    expect(readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')).toBe(keysMarkdown());
  });
});
