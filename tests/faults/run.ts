/**
 * One run of one fault. While it happens, an agent streams to two viewers with a prompt waiting behind, another agent waits for an answer,
 * and in two of three runs somebody cancels the stream or prompts urgently. Afterwards the question is answered twice, everything has its
 * end, and what the agents wrote down is counted against the journal, and the journal against what each viewer saw.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../client/index.js';
import { newId, PraxisError } from '../../proto/index.js';
import { waitUntil } from '../support/wait.js';
import type { Counts } from './count.js';
import type { Fault } from './faults.js';
import type { Random } from './random.js';
import { AGENT, type Stage } from './stage.js';
import { isLoss, isRefusal, PATIENCE_MS, type Said, Watched } from './watched.js';

export interface RunResult extends Counts {
  recovered: boolean;
  /** Milliseconds from the end of the fault to the first event that a viewer saw. */
  recoverMs: number | undefined;
  /** What was wrong, in a sentence each. */
  problems: string[];
}

/** What a person does while the fault happens, by the number of the run. */
const MEANWHILE = ['nothing', 'cancel', 'urgent'] as const;
type Meanwhile = (typeof MEANWHILE)[number];

/** A prompt of a few words. */
const SHORT = '/slow 1 && /say done';
/** Chunks that the streaming agent says quickly, so that the fault comes among them, and then while it lasts and afterwards. */
const QUICK = 150;
const SLOW = 100;
/** Milliseconds for each of the quick ones. */
const QUICK_MS = 3;
/** The fault comes after so many at the latest. */
const BEFORE = 100;
/** Chunks that an agent says in one go. */
const BURST = 8;
/** Milliseconds of the slow part besides what the fault lasts. */
const STREAM_MS = 500;

/** Bursts of a size that the seed decides: some runs have a message for each chunk or two, others many chunks in one. */
function stream(random: Random, lasts: number): string {
  const burst = random.between(1, BURST);
  const part = (chunks: number, ms: number) =>
    `/stream ${chunks} 24 ${Math.max(1, Math.round(ms * burst))} ${burst}`;
  return `${part(QUICK, QUICK_MS)} && ${part(SLOW, (STREAM_MS + lasts) / SLOW)}`;
}

export async function runFault(stage: Stage, fault: Fault, random: Random, run: number): Promise<RunResult> {
  const [near, far] = await Promise.all([stage.client('near'), stage.client('far')]);
  const clients = { near, far };
  const [main, asking] = await Promise.all([
    Watched.open(stage, clients, fault.agent ?? AGENT),
    Watched.open(stage, clients, AGENT),
  ]);
  const question = await ask(stage, asking, { near, far });
  const long = main.say('near', fault.stream ?? stream(random, fault.lasts ?? 300));
  const next = main.say('far', SHORT);
  const first = main.near.chunks + random.between(5, BEFORE);
  await waitUntil(() => main.near.chunks >= first, 20_000);
  const meanwhile = act(MEANWHILE[run % 3]!, main, long, near, random.between(0, (fault.lasts ?? 300) + 200));
  const from = await fault.happen({ stage, random, sessionId: main.sessionId, agentPid: main.pid });
  const end = typeof from === 'number' ? from : performance.now();
  const mainKills = fault.kills !== undefined;
  const cutAt = mainKills ? await quiet(() => main.said().length) : undefined;
  const askingCutAt = fault.kills === 'node' ? asking.said().length : undefined;
  const problems = [
    ...(await meanwhile),
    ...(await ended(mainKills, main.prompts)),
    ...(await question.settle(fault.kills === 'node')),
    ...(await ended(fault.kills === 'node', asking.prompts)),
    ...(await undone(fault, stage)),
    ...(await goesOn(main)),
    ...order(main, next),
  ];
  const counts = await main.evidence(cutAt);
  const others = await asking.evidence(askingCutAt);
  problems.push(...counts.problems, ...others.problems.map((one) => `${one} (of the session that asks)`));
  const back = main.near.arrivals.find((at) => at >= end);
  if (problems.length === 0)
    for (const { sessionId } of [main, asking]) await near.request('session/delete', { sessionId });
  await stage.closeClients();
  if (problems.length === 0) stage.clearLog();
  return {
    lost: counts.lost + others.lost + question.lost,
    doubled: counts.doubled + others.doubled + question.doubled,
    cut: counts.cut + others.cut,
    problems,
    recovered: problems.length === 0,
    recoverMs: back === undefined ? undefined : back - end,
  };
}

async function undone({ undo }: Fault, stage: Stage): Promise<string[]> {
  await undo?.(stage);
  return [];
}

/** Does it after `ms`, and says what is wrong with its outcome. */
async function act(what: Meanwhile, main: Watched, long: Said, near: Client, ms: number): Promise<string[]> {
  await sleep(ms);
  if (what === 'cancel') near.cancel(main.sessionId, long.turn.turnId);
  else if (what === 'urgent') main.say('near', SHORT, { urgent: true });
  return [];
}

/** An agent that asks whether it may run a command, with a prompt waiting behind. */
async function ask(stage: Stage, asking: Watched, { near, far }: { near: Client; far: Client }) {
  const file = join(stage.system.work, newId());
  const counts = { lost: 0, doubled: 0 };
  const { turn } = asking.say('near', `/run echo ran >> ${file}`);
  await waitUntil(() => asking.near.question !== undefined && asking.far.question !== undefined);
  const requestId = asking.near.question!;
  asking.say('far', SHORT);
  const open = async () =>
    (await near.call('_praxis/approvals', {})).approvals.some((one) => one.requestId === requestId);
  const resolutions = () =>
    asking.near.events.filter(
      ({ frame }) =>
        frame.kind === 'notification' &&
        frame.method === '_praxis/request/resolved' &&
        frame.params.requestId === requestId,
    ).length;
  return Object.assign(counts, {
    /** Answers it, by both clients at once; where its agent was killed nobody can. */
    async settle(killed: boolean): Promise<string[]> {
      const problems: string[] = [];
      if (!killed) {
        // A node that was silent hides its sessions; their questions are there again with it.
        await waitUntil(open, PATIENCE_MS, 50).catch(() => {
          counts.lost++;
          problems.push('1 lost: a question that was open before the fault');
        });
        near.answer(asking.sessionId, requestId, allow);
        far.answer(asking.sessionId, requestId, allow);
      }
      await within(turn.result);
      const ran = existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
      const wanted = killed ? 0 : 1;
      if (ran < wanted) problems.push('1 lost: the tool that was allowed');
      if (ran > wanted) problems.push(`${ran - wanted} duplicated: a tool ran ${ran} times`);
      if (resolutions() !== 1) problems.push(`the question was resolved ${resolutions()} times`);
      counts.lost += Math.max(0, wanted - ran);
      counts.doubled += Math.max(0, ran - wanted);
      return problems;
    },
  });
}

const allow = { result: { outcome: { outcome: 'selected', optionId: 'allow' } } };

/** Every prompt has its answer: a good one, or a loss where the fault explains it, or the word that it was not accepted. */
async function ended(kills: boolean, prompts: readonly Said[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { turn } of prompts) {
    const error = await within(turn.result);
    if (error === undefined || isRefusal(error) || (kills && isLoss(error))) continue;
    problems.push(error === LATE ? LATE : `a turn failed: ${error}`);
  }
  return problems;
}

/** The session takes a further prompt. One that is refused because the node is on its way back is sent again, as a person would. */
async function goesOn(main: Watched): Promise<string[]> {
  for (const limit = performance.now() + PATIENCE_MS; ; ) {
    const { turn } = main.say('near', SHORT);
    const error = await within(turn.result);
    if (error === undefined) return [];
    if (!isLoss(error) || performance.now() > limit) return [`no prompt ran afterwards: ${error}`];
    await sleep(100);
  }
}

/** An urgent prompt that came while `next` waited runs before it. */
function order(main: Watched, next: Said): string[] {
  const states = main.near.events.flatMap(({ frame }) =>
    frame.kind === 'notification' && frame.method === '_praxis/turn' ? [frame.params] : [],
  );
  const urgent = states.findIndex((turn) => turn.next === true && turn.prompt !== undefined);
  if (urgent < 0) return [];
  const runs = (turnId: unknown) =>
    states.findIndex((turn) => turn.turnId === turnId && turn.state === 'running');
  const own = runs(states[urgent]!.turnId);
  const others = runs(next.turn.turnId);
  return others > urgent && own > others ? ['an urgent prompt ran after one that waited'] : [];
}

const LATE = `a turn did not end within ${PATIENCE_MS / 1_000} s`;

/** The error of a promise, LATE when it does not settle, undefined when it resolves. */
const within = (result: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    result.then(
      () => undefined,
      (error: unknown) => (error instanceof PraxisError ? error : String(error)),
    ),
    sleep(PATIENCE_MS, LATE, { ref: false }),
  ]);

/** The number once it has stopped to grow. */
async function quiet(read: () => number): Promise<number> {
  for (let last = read(); ; ) {
    await sleep(200);
    const now = read();
    if (now === last) return now;
    last = now;
  }
}
