/**
 * Runs faults over a broker, several stages side by side. What a run does depends on the seed, the fault and the number of the run
 * alone, so each can be repeated by itself.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresInstalled } from '../support/postgres.js';
import { FAULTS, type Fault } from './faults.js';
import { Random } from './random.js';
import { type RunResult, runFault } from './run.js';
import { type BrokerKind, Stage } from './stage.js';

export interface Plan {
  broker: BrokerKind;
  faults: readonly Fault[];
  seed: number;
  /** Numbers of the runs of each fault. */
  runs: readonly number[];
  /** Stages that run side by side. */
  jobs: number;
  /** No further run begins after it; what runs is given up. */
  stop: AbortSignal;
  say(line: string): void;
  /** After each run. */
  record(fault: string, run: number, result: RunResult): void;
  /** Whether a run need not be done. */
  isDone?(fault: string, run: number): boolean;
  /** Where the logs of runs that failed are kept; absent: nowhere. */
  logs?: string;
}

export const faultsFor = (broker: BrokerKind, long = false): Fault[] =>
  FAULTS.filter(
    ({ over, postgres, ...fault }) =>
      over.includes(broker) && (long || !fault.long) && (!postgres || postgresInstalled()),
  );

/** Tries to start a stage before it is given up. */
const STARTS = 3;
/** Milliseconds after which a run hangs, besides what its fault lasts. */
const RUN_MS = 300_000;

/** Every fault has its run before any has its next. Rejects when no stage can be started, or one leaves processes. */
export async function runPlan(plan: Plan): Promise<void> {
  const { broker, faults, seed, runs, jobs, stop, isDone, record } = plan;
  const tasks = runs
    .flatMap((run) => shuffled(faults, new Random(seed, broker, run)).map((fault) => ({ fault, run })))
    .filter(({ fault, run }) => !isDone?.(fault.name, run));
  const end = aborted(stop);
  const worker = async () => {
    let stage: Stage | undefined;
    try {
      for (let task = tasks.shift(); task && !stop.aborted; task = tasks.shift()) {
        stage ??= await startStage(plan);
        if (!stage) break;
        const result = await Promise.race([attempt(stage, plan, task.fault, task.run), end]);
        if (!result) break;
        record(task.fault.name, task.run, result);
        if (result.problems.length > 0) {
          const broken = stage;
          stage = undefined;
          await failed(plan, task.fault, task.run, result, broken);
        }
      }
    } finally {
      await stage?.stop();
    }
  };
  // All of them end before this does, so that nothing is left running.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, tasks.length) }, worker));
  const broken = ends.find((one) => one.status === 'rejected');
  if (broken) throw broken.reason;
}

/** One stage is started at a time: many at once would only be in each other's way. */
let starting: Promise<unknown> = Promise.resolve();

/** Undefined when nothing is to begin any more. */
function startStage(plan: Plan): Promise<Stage | undefined> {
  const stage = starting.then(() => (plan.stop.aborted ? undefined : tryToStart(plan)));
  starting = stage.catch(() => undefined);
  return stage;
}

/** A busy machine may be too slow for it once; that says nothing about a fault. */
async function tryToStart({ broker, say, stop }: Plan): Promise<Stage> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Stage.start(broker);
    } catch (error) {
      if (attempt === STARTS || stop.aborted) throw error;
      say(`a stage could not be started: ${(error as Error).message.split('\n')[0]}`);
    }
  }
}

/** Tells of a run that failed. A system that a fault has left in disorder must not spoil the next run. */
async function failed(
  { broker, seed, say, logs }: Plan,
  fault: Fault,
  run: number,
  { problems }: RunResult,
  stage: Stage,
): Promise<void> {
  const again = `npm run test:faults -- --broker ${broker} --only "${fault.name}" --seed ${seed} --run ${run}`;
  say(`FAILED ${fault.name} over ${broker}: ${problems.join('; ')}\n  again: ${again}`);
  if (logs) {
    const folder = join(logs, `${broker} ${fault.name} ${run}`.replaceAll(/[^\w.]+/g, '-'));
    stage.keepLogs(folder, [...problems, again].join('\n'));
    say(`  logs: ${folder}`);
  }
  say(stage.log().split('\n').slice(-12).join('\n'));
  await stage.stop().catch((error: Error) => say(`  ${error.message.split('\n')[0]}`));
}

async function attempt(stage: Stage, { seed, broker }: Plan, fault: Fault, run: number): Promise<RunResult> {
  const limit = RUN_MS + 2 * (fault.lasts ?? 0);
  try {
    return await Promise.race([
      runFault(stage, fault, new Random(seed, broker, fault.name, run), run),
      sleep(limit, undefined, { ref: false }).then(() => {
        throw new Error(`it hung for ${limit / 1_000} s`);
      }),
    ]);
  } catch (error) {
    const problems = [`the run broke off: ${(error as Error).message}`];
    return { lost: 0, doubled: 0, cut: 0, recovered: false, recoverMs: undefined, problems };
  }
}

/** So that not all stages wait, or all compute, at the same time. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.between(0, left.length - 1), 1)[0]!);
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
