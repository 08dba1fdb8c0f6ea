import { describe, expect, it } from 'vitest';
import { emptyOpening, Session, Sessions } from '../../service/sessions/session.js';
import type { RequestRow, TurnRow } from '../../service/store/index.js';
import { sessionRow } from '../support/rows.js';

const turn = (id: string, session: string): TurnRow => ({
  ...{ id, session, state: 'queued', position: 1, line: null, result: null, error: null, by: 'me', at: 1 },
});
const request = (id: string, session: string): RequestRow => ({
  ...{
    id,
    session,
    agentId: '1',
    epoch: 1,
    method: 'm',
    at: 1,
    frame: '{}',
    answer: null,
    call: null,
    abstained: '[]',
  },
});
const made = (id: string, createdAt = 1) => new Session(sessionRow(id, { createdAt }), emptyOpening(id));

describe('the sessions', () => {
  it('know whose a turn and a request are, from before a session was added until it is removed', () => {
    const sessions = new Sessions();
    const a = made('a');
    a.turns.set(turn('t1', 'a'));
    sessions.add(a);
    sessions.add(made('b'));
    a.turns.set(turn('t2', 'a'));
    a.requests.set('r', request('r', 'a'));
    expect([sessions.withTurn('t1'), sessions.withTurn('t2'), sessions.withRequest('r')]).toEqual([a, a, a]);
    expect(sessions.withTurn('t3')).toBeUndefined();
    a.requests.delete('r');
    expect(sessions.withRequest('r')).toBeUndefined();
    sessions.remove('a');
    expect(sessions.withTurn('t1')).toBeUndefined();
  });

  it('forget what the store does not have after a failed commit', () => {
    const sessions = new Sessions();
    const a = made('a');
    sessions.add(a);
    a.turns.set(turn('lost', 'a'));
    sessions.restore({ sessions: [sessionRow('a')], openings: [], turns: [turn('kept', 'a')], requests: [] });
    expect(sessions.withTurn('lost')).toBeUndefined();
    expect(sessions.withTurn('kept')).toBe(a);
  });

  it('go on behind a place in their order, also when its session is gone', () => {
    const sessions = new Sessions();
    for (const [id, at] of [
      ['a', 3],
      ['b', 2],
      ['c', 2],
      ['d', 1],
    ] as const)
      sessions.add(made(id, at));
    const behind = (id: string, createdAt: number) =>
      sessions
        .newestFirst()
        .slice(sessions.indexAfter({ record: { id, createdAt } }))
        .map((one) => one.id);
    expect(behind('a', 3)).toEqual(['b', 'c', 'd']);
    expect(behind('b', 2)).toEqual(['c', 'd']);
    expect(behind('bb', 2)).toEqual(['c', 'd']);
    expect(behind('zz', 9)).toEqual(['a', 'b', 'c', 'd']);
    expect(behind('d', 1)).toEqual([]);
  });
});
