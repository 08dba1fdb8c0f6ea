/** Lost and doubled: what the agent said against the journal, the journal against the viewers, prompts against turns. */
import type { SessionEvent } from '../../client/index.js';
import { type Frame, parseFrame } from '../../proto/index.js';
import type { Journaled } from '../e2e/journal.js';

export interface Evidence {
  /** What the agent wrote down, in order, with our session id. */
  said: readonly string[];
  /** How much it had written when it was killed: what it had not got out by then is cut off, not lost. */
  cutAt: number | undefined;
  journal: readonly Journaled[];
  viewers: readonly (readonly SessionEvent[])[];
  /** A word in each prompt that was accepted, which the agent repeats. */
  prompts: readonly string[];
}

export interface Counts {
  lost: number;
  doubled: number;
  /** Updates that an agent had written down when it, or its node, was killed, and that nobody got. */
  cut: number;
  problems: string[];
}

export function count({ said, cutAt, journal, viewers, prompts }: Evidence): Counts {
  const problems: string[] = [];
  let [lost, doubled] = [0, 0];
  const note = (kind: 'lost' | 'doubled', many: number, what: string) => {
    if (many <= 0) return;
    if (kind === 'lost') lost += many;
    else doubled += many;
    problems.push(`${many} ${kind}: ${what}`);
  };
  const kept = journal.map(({ frame }) => frame).filter((line) => line.includes('"session/update"'));
  const { missing, extra } = compare(said, kept);
  const cut = cutAt !== undefined && isTail(missing, cutAt) ? missing.length : 0;
  note('lost', missing.length - cut, 'said by the agent and not in the journal');
  note('doubled', extra, 'in the journal more often than said');
  if (missing.length === 0 && extra === 0 && kept.some((line, i) => line !== said[i]))
    note('lost', 1, 'the order of what the agent said');
  if (journal.some(({ seq }, i) => seq !== i + 1)) note('lost', 1, 'a number of the journal');
  viewers.forEach((events, i) => {
    const { missing: unseen, extra: again } = compare(
      journal.map(({ frame }) => frame),
      events.map(({ frame }) => frame.line),
    );
    note('lost', unseen.length, `in the journal and not seen by viewer ${i + 1}`);
    note('doubled', again, `seen by viewer ${i + 1} more often than in the journal`);
    if (events.some(({ seq }, at) => seq !== at + 1)) note('lost', 1, `the order seen by viewer ${i + 1}`);
  });
  const frames = journal.map(({ frame }) => parseFrame(frame));
  for (const mark of prompts) {
    const turns = frames.filter((frame) => isPrompt(frame, mark));
    const ids = turns.map((frame) => turnOf(frame).turnId);
    const ends = frames.filter(
      (frame) => turnOf(frame).state === 'ended' && ids.includes(turnOf(frame).turnId),
    );
    note('lost', 1 - turns.length, 'an accepted prompt');
    note('lost', turns.length - ends.length, 'the end of a turn');
    note('doubled', turns.length - 1, 'a prompt');
    note('doubled', ends.length - turns.length, 'the end of a turn');
    note('doubled', said.filter((line) => line.includes(mark)).length - 1, 'a prompt that ran');
  }
  return { lost, doubled, cut, problems };
}

/** Places of `wanted` that `got` lacks, and how many `got` has too many. */
function compare(wanted: readonly string[], got: readonly string[]): { missing: number[]; extra: number } {
  const left = new Map<string, number>();
  for (const line of got) left.set(line, (left.get(line) ?? 0) + 1);
  const missing: number[] = [];
  wanted.forEach((line, i) => {
    const has = left.get(line) ?? 0;
    if (has === 0) missing.push(i);
    else left.set(line, has - 1);
  });
  return { missing, extra: [...left.values()].reduce((sum, n) => sum + n, 0) };
}

/** Whether these places are the last ones before `end`, without a gap. */
const isTail = (places: readonly number[], end: number): boolean =>
  places.every((place, i) => place === end - places.length + i);

const turnOf = (frame: Frame): { turnId?: unknown; state?: unknown; prompt?: unknown } =>
  frame.kind === 'notification' && frame.method === '_praxis/turn' ? frame.params : {};

const isPrompt = (frame: Frame, mark: string): boolean =>
  JSON.stringify(turnOf(frame).prompt ?? '').includes(mark);
