import { expect, it } from 'vitest';
import { onlyMatch } from '../../cli/prefix.js';

const find = (ids: string[], prefix: string) => onlyMatch(ids, (id) => id, prefix, 'open question');

it('takes any beginning that names one thing', () => {
  expect(find(['abc', 'b'], 'a')).toBe('abc');
  expect(() => find(['abc', 'abd'], 'ab')).toThrow('ab begins the ids of 2 open questions');
  expect(() => find(['abc'], 'x')).toThrow('There is no open question whose id begins with x');
});

it('takes nothing for the beginning of nothing: an unset variable answers no question', () => {
  expect(() => find(['abc'], '')).toThrow('The id of the open question is missing');
});
