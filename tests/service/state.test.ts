import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SessionState } from '../../proto/index.js';
import { type LifeEvent, next, TRANSITIONS } from '../../service/sessions/state.js';

/** Every state with every event; what is not here has no place and leaves the session as it is. */
const TABLE: Record<LifeEvent, Partial<Record<SessionState, SessionState>>> = {
  opened: { starting: 'idle' },
  prompted: { idle: 'working' },
  asked: { idle: 'idle', working: 'waiting', waiting: 'waiting' },
  answered: { idle: 'idle', waiting: 'working' },
  turn_ended: { working: 'idle', waiting: 'idle' },
  lost: { starting: 'lost', idle: 'lost', working: 'lost', waiting: 'lost', lost: 'lost' },
  reopening: { lost: 'starting' },
  found_starting: { lost: 'starting' },
  found_idle: { lost: 'idle' },
  found_working: { lost: 'working' },
  found_waiting: { lost: 'waiting' },
  ended: { starting: 'ended', idle: 'ended', working: 'ended', waiting: 'ended', lost: 'ended' },
  archived: { ended: 'archived' },
  restored: { archived: 'ended' },
};

describe('the state machine of a session', () => {
  for (const event of Object.keys(TABLE) as LifeEvent[])
    for (const state of SessionState.options) {
      const target = TABLE[event][state];
      it(`${state}, ${event}: ${target ?? 'nothing happens'}`, () => expect(next(state, event)).toBe(target));
    }

  it('never brings a session back to life that has ended', () => {
    for (const event of Object.keys(TABLE) as LifeEvent[])
      for (const over of ['ended', 'archived'] as const)
        expect(['ended', 'archived', undefined]).toContain(next(over, event));
  });

  it('is in the documentation, with everything that a state can become', () => {
    const doc = readFileSync(new URL('../../docs/sessions.md', import.meta.url), 'utf8');
    const rows = doc.slice(doc.indexOf('| state | is |')).split('\n\n')[0]!.split('\n').slice(2);
    const told = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(told.map(([, state]) => state)).toEqual(SessionState.options);
    for (const [, state, , becomes] of told)
      expect(becomes!.split(', ').sort()).toEqual(
        [...new Set(Object.values(TRANSITIONS[state as SessionState]))].filter((to) => to !== state).sort(),
      );
  });
});
