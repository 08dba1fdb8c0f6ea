import { afterEach, expect, it } from 'vitest';
import { time } from '../../cli/table.js';

const before = process.env.TZ;
afterEach(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

it.each([
  ['UTC', '2026-01-02 03:04:05'],
  ['Asia/Tokyo', '2026-01-02 12:04:05'],
  ['America/New_York', '2026-01-01 22:04:05'],
])('tells a time as the clock of the person says it: %s', (zone, text) => {
  process.env.TZ = zone;
  expect(time(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe(text);
});
