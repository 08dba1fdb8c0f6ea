/**
 * One run of one fault: an agent streams to two viewers while it happens, prompts wait behind, another follows. Afterwards
 * what the agent wrote down is counted against the journal, and the journal against what each viewer saw.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, SessionEvent } from '../../client/index.js';
import { ErrorCode, newId, PraxisError } from '../../proto/index.js';
import { readJournal } from '../e2e/journal.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { type Counts, count } from './count.js';
import type { Fault } from './faults.js';
import type { Random } from './random.js';
import { AGENT, type Stage } from './stage.js';

/** Milliseconds that everything has to be well again after a fault. */
const PATIENCE_MS = 90_000;

export interface RunResult extends Counts {
  recovered: boolean;
  /** Milliseconds from the end of the fault to the first event that a viewer saw. */
  recoverMs: number | undefined;
  /** What was wrong, in a sentence each. */
  problems: string[];
}

/** A failure of the person's prompt that the fault explains. */
const EXPLAINED: number[] = [ErrorCode.AgentLost, ErrorCode.NodeLost, ErrorCode.NodeUnavailable];

export async function runFault(stage: Stage, fault: Fault, random: Random): Promise<RunResult> {
  const problems: string[] = [];
  const near = await stage.client('near');
  const far = await stage.client('far');
  const [here, there] = [new Watch(), new Watch()];
  const arrivals: number[] = [];
  const seen = (event: SessionEvent) => {
    here.events.push(event);
    arrivals.push(Date.now());
  };
  const { sessionId } = await near.newSession({ connector: AGENT, cwd: stage.system.work }, seen);
  there.cursor = await far.attach(sessionId, 0, (event) => there.events.push(event));
  const prompts: string[] = [];
  const say = (client: Client, steps: string) => {
    const mark = `mark-${newId()}`;
    prompts.push(mark);
    return client.prompt(sessionId, text(`/say ${mark} && ${steps}`));
  };
  await say(near, '/slow 1').result;
  const native = nativeId(stage, prompts[0]!);
  const chunks = random.between(400, 900);
  const long = say(near, fault.prompt ?? `/stream ${chunks} 24 ${random.between(1, 6)}`);
  const next = say(far, '/slow 1');
  await here.untilChunks(random.between(5, chunks - 200));
  await fault.happen(stage, random, sessionId);
  const end = Date.now();
  const cutAt = fault.kills ? await quiet(() => stage.said(native).length) : undefined;
  const results = await Promise.race([
    Promise.allSettled([long.result, next.result]),
    sleep(PATIENCE_MS, 'late' as const, { ref: false }),
  ]);
  if (results === 'late') problems.push(`a turn did not end within ${PATIENCE_MS / 1_000} s`);
  else
    for (const result of results)
      if (result.status === 'rejected' && !(fault.kills && isExplained(result.reason)))
        problems.push(`a turn failed: ${result.reason}`);
  const after = await prompted(() => say(near, '/slow 1').result, prompts);
  if (after !== undefined) problems.push(`no prompt ran afterwards: ${after}`);
  const journal = await readJournal(near, sessionId);
  await Promise.all(
    [here, there].map((watch) =>
      waitUntil(() => (watch.events.at(-1)?.seq ?? 0) >= journal.length, 30_000).catch(() =>
        problems.push(`a viewer stayed at ${watch.events.at(-1)?.seq} of ${journal.length}`),
      ),
    ),
  );
  const counts = count({
    said: stage.said(native).map((line) => line.replaceAll(native, sessionId)),
    cutAt,
    journal,
    viewers: [here.events, there.events],
    prompts,
  });
  problems.push(...counts.problems);
  await near.closeSession(sessionId);
  await stage.closeClients();
  const first = arrivals.find((at) => at >= end);
  return {
    ...counts,
    problems,
    recovered: problems.length === 0,
    recoverMs: first === undefined ? undefined : first - end,
  };
}

/** A prompt that is refused because the node is on its way back is sent again, as a person would. */
async function prompted(prompt: () => Promise<unknown>, prompts: string[]): Promise<string | undefined> {
  for (const limit = Date.now() + PATIENCE_MS; ; ) {
    const reason = await Promise.race([
      prompt().then(
        () => undefined,
        (error: unknown) => error,
      ),
      sleep(PATIENCE_MS, 'no answer', { ref: false }),
    ]);
    if (reason === undefined) return undefined;
    if (!isExplained(reason) || Date.now() > limit) return String(reason);
    prompts.pop();
    await sleep(250);
  }
}

const isExplained = (error: unknown): boolean =>
  error instanceof PraxisError && EXPLAINED.includes(error.code);

/** The number once it has stopped to grow. */
async function quiet(read: () => number): Promise<number> {
  for (let last = read(); ; ) {
    await sleep(300);
    const now = read();
    if (now === last) return now;
    last = now;
  }
}

/** The agent's own id of the session in which it said `mark`. */
function nativeId(stage: Stage, mark: string): string {
  const line = stage.said(mark).find((each) => each.includes(mark));
  if (!line) throw new Error('the agent did not write down what it said');
  return (JSON.parse(line) as { params: { sessionId: string } }).params.sessionId;
}
