import * as vm from 'node:vm';
import { expect, it, vi } from 'vitest';
import { fieldValue, valueProblem } from '../../client/index.js';
import { readForm, type TextField } from '../../proto/index.js';

vi.mock('node:vm', async (original) => {
  const real = await original<typeof vm>();
  return { ...real, runInNewContext: vi.fn(real.runInNewContext) };
});

function fieldOf(pattern: string): TextField {
  const requestedSchema = { properties: { branch: { type: 'string', pattern } } };
  const form = readForm('elicitation/create', { mode: 'form', message: 'Which?', requestedSchema });
  return form!.fields[0] as TextField;
}

it('looks at a pattern anew when the answer changes, and not whenever the screen is drawn', () => {
  const field = fieldOf('^[a-z]+$');
  const tried = vi.mocked(vm.runInNewContext);
  tried.mockClear();
  for (let i = 0; i < 3; i++) expect(valueProblem(field, 'Main')).toBe('must be like ^[a-z]+$');
  expect(tried).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 3; i++) expect(valueProblem(field, 'main')).toBe(null);
  expect(tried).toHaveBeenCalledTimes(2);
});

it.each(['^(a+)+$', '('])('leaves a pattern to the agent that never ends, or is none: %s', (pattern) => {
  expect(valueProblem(fieldOf(pattern), `${'a'.repeat(60)}!`)).toBe(null);
});

it('takes a choice by its value before one whose title reads like it', () => {
  const base = { name: 'it', title: 'It', description: null, required: true, initial: null };
  const choices = [
    { value: 'drop', title: 'Keep', description: null },
    { value: 'keep', title: 'Drop', description: null },
  ];
  const field = { ...base, kind: 'choice', choices } as const;
  expect(['keep', 'drop', 'Keep', 'DROP'].map((word) => fieldValue(field, [word]))).toEqual([
    'keep',
    'drop',
    'drop',
    'keep',
  ]);
});
