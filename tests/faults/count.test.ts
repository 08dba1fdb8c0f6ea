/** The counter of the fault suite counts: whatever is taken away or added to a good run is found. */
import { describe, expect, it } from 'vitest';
import { notificationLine, parseFrame } from '../../proto/index.js';
import { count, type Evidence } from './count.js';

const update = (text: string) =>
  notificationLine('session/update', { sessionId: 's', update: { content: { type: 'text', text } } });
const turn = (more: object) =>
  notificationLine('_praxis/turn', { sessionId: 's', turnId: 't', at: 1, ...more });

function evidence(lines: string[], said: string[], seen = lines): Evidence {
  const journal = lines.map((frame, i) => ({ seq: i + 1, epoch: 1, frame }));
  const viewer = seen.map((line, i) => {
    return { sessionId: 's', seq: i + 1, epoch: 1, at: 1, frame: parseFrame(line) };
  });
  return { said, cutAt: undefined, journal, viewers: [viewer], prompts: ['mark'] };
}

const begun = turn({ state: 'running', prompt: [{ type: 'text', text: 'mark' }] });
const ended = turn({ state: 'ended' });
const said = ['mark', 'a', 'b', 'c'].map(update);
const good = [begun, ...said, ended];

describe('the counter', () => {
  it('finds nothing in a good run', () =>
    expect(count(evidence(good, said))).toEqual({ lost: 0, doubled: 0, cut: 0, problems: [] }));

  it('finds what was said and is not in the journal', () =>
    expect(count(evidence(good.toSpliced(3, 1), said))).toMatchObject({ lost: 1, doubled: 0 }));

  it('finds what is in the journal twice', () =>
    expect(count(evidence(good.toSpliced(3, 0, said[2]!), said))).toMatchObject({ lost: 0, doubled: 1 }));

  it('finds what was said in another order', () =>
    expect(count(evidence(good, said.toReversed())).lost).toBe(1));

  it('finds what a viewer did not see, or saw twice', () => {
    expect(count(evidence(good, said, good.toSpliced(2, 1))).lost).toBeGreaterThan(0);
    expect(count(evidence(good, said, [...good, ended])).doubled).toBe(1);
  });

  it('finds a prompt that is not there, ran twice, or never ended', () => {
    expect(count(evidence(good.slice(1), said)).lost).toBe(1);
    expect(count(evidence([begun, said[0]!, ...said, ended], [said[0]!, ...said])).doubled).toBe(1);
    expect(count(evidence(good.slice(0, -1), said)).lost).toBe(1);
  });

  it('takes the last words of a killed agent for cut off, and no others', () => {
    const cut = (missing: number[], cutAt: number) =>
      count({
        ...evidence(
          good.filter((_, i) => !missing.includes(i)),
          said,
        ),
        cutAt,
      });
    expect(cut([3, 4], 4)).toMatchObject({ lost: 0, cut: 2 });
    expect(cut([3], 4)).toMatchObject({ lost: 1, cut: 0 });
  });
});
