import { expect, it } from 'vitest';
import { type Answer, type AnswerOptions, answer } from '../../cli/commands/approvals.js';
import { UsageError } from '../../cli/exit.js';
import type { Io } from '../../cli/io.js';

it.each([
  ['allow', { set: ['branch=main'] }, '--set belongs to accept'],
  ['decline', { set: ['branch=main'] }, '--set belongs to accept'],
  ['accept', { always: true }, '--always belongs to allow and reject'],
  ['cancel', { always: true }, '--always belongs to allow and reject'],
] satisfies [Answer, AnswerOptions, string][])(
  'an answer that would drop what else was said is refused: %s %j',
  async (word, options, problem) => {
    const given = answer(
      { env: { PRAXIS_HOME: '/nowhere' } as NodeJS.ProcessEnv } as Io,
      '9c1',
      word,
      options,
    );
    await expect(given).rejects.toThrow(UsageError);
    await expect(given).rejects.toThrow(problem);
  },
);
