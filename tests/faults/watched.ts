/** One session of a run: what two viewers saw of it, what was prompted in it, and what all of that adds up to. */
import type { Client, SessionEvent, Turn } from '../../client/index.js';
import { ErrorCode, newId, PraxisError } from '../../proto/index.js';
import { type Journaled, readJournal } from '../e2e/journal.js';
import { waitUntil } from '../support/wait.js';
import { text } from '../support/watch.js';
import { type Counts, count } from './count.js';
import type { Stage } from './stage.js';

/** Milliseconds that everything has to be well again after a fault. */
export const PATIENCE_MS = 90_000;

/** What a viewer saw, in the order of arrival. */
export class Viewer {
  readonly events: SessionEvent[] = [];
  readonly arrivals: number[] = [];
  chunks = 0;
  /** The id of the newest question of the agent. */
  question: string | undefined;

  get seq(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  readonly see = (event: SessionEvent): void => {
    this.events.push(event);
    this.arrivals.push(performance.now());
    if (event.frame.line.includes('"agent_message_chunk"')) this.chunks++;
    if (event.frame.kind === 'request') this.question = String(event.frame.id);
  };
}

/** A prompt, with a word in it that the agent repeats. */
export interface Said {
  mark: string;
  turn: Turn;
}

export class Watched {
  readonly near = new Viewer();
  readonly far = new Viewer();
  readonly prompts: Said[] = [];
  sessionId = '';
  /** The agent's own id of the session, and its process. */
  native = '';
  pid = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly clients: { near: Client; far: Client },
  ) {}

  /** A session of the agent that both clients watch, after a first prompt. */
  static async open(
    stage: Stage,
    clients: { near: Client; far: Client },
    connector: string,
  ): Promise<Watched> {
    const made = new Watched(stage, clients);
    const wish = { connector, cwd: stage.system.work, ...LIMITS };
    ({ sessionId: made.sessionId } = await clients.near.newSession(wish, made.near.see));
    await clients.far.attach(made.sessionId, 0, made.far.see);
    const { mark, turn } = made.say('near', '/slow 1 && /env');
    await turn.result;
    const lines = stage.written();
    const line = lines.find((each) => each.includes(mark));
    if (!line) throw new Error('the agent did not write down what it said');
    made.native = (JSON.parse(line) as { params: { sessionId: string } }).params.sessionId;
    made.pid = Number(
      /\\npid (\d+)\\n/.exec(
        lines.find((each) => each.includes(made.native) && each.includes('\\npid '))!,
      )![1],
    );
    return made;
  }

  say(place: 'near' | 'far', steps: string, options?: { urgent: boolean }): Said {
    const mark = `mark-${newId()}`;
    const turn = this.clients[place].prompt(this.sessionId, text(`/say ${mark} && ${steps}`), options);
    const said = { mark, turn };
    this.prompts.push(said);
    return said;
  }

  /** What the agent wrote down for this session, in order, each line before it was said. */
  said(): string[] {
    return this.stage
      .written()
      .filter((line) => line.includes('"session/update"') && line.includes(this.native));
  }

  /** Waits until both viewers have seen the whole journal, and counts. */
  async evidence(cutAt: number | undefined): Promise<Counts> {
    const { sessionId, native } = this;
    const problems: string[] = [];
    let journal: Journaled[];
    // Something may be added while this waits, such as that the node of a starved machine was silent.
    do {
      journal = await readJournal(this.clients.near, sessionId);
      for (const viewer of [this.near, this.far])
        await waitUntil(() => viewer.seq >= journal.length, 30_000, 20).catch(() =>
          problems.push(`a viewer stayed at ${viewer.seq} of ${journal.length}`),
        );
    } while (problems.length === 0 && Math.max(this.near.seq, this.far.seq) > journal.length);
    const accepted = await this.accepted(journal);
    const counts = count({
      said: this.said().map((line) => line.replaceAll(native, sessionId)),
      cutAt,
      journal,
      viewers: [this.near.events, this.far.events],
      prompts: accepted.map(({ mark }) => mark),
    });
    for (const { turn } of accepted) problems.push(...(await this.untrue(journal, turn)));
    return { ...counts, problems: [...problems, ...counts.problems] };
  }

  /** Without the prompts that were refused: whoever prompted was told that nothing was accepted. */
  private async accepted(journal: readonly Journaled[]): Promise<Said[]> {
    const kept: Said[] = [];
    for (const said of this.prompts) {
      const refused = await said.turn.result.then(
        () => false,
        (error: unknown) => isOneOf(error, REFUSED),
      );
      if (!refused || journal.some(({ frame }) => frame.includes(said.mark))) kept.push(said);
    }
    return kept;
  }

  /** What its client was told of a turn must be what the journal says of it, and what has not run cannot have been lost with its node. */
  private async untrue(journal: readonly Journaled[], { turnId, result }: Turn): Promise<string[]> {
    const told = await result.then(
      ({ stopReason }) => stopReason,
      (error: unknown) => PraxisError.from(error).code,
    );
    const turns = journal
      .map(({ frame }) => JSON.parse(frame) as { method?: string; params?: Ended })
      .flatMap(({ method, params }) =>
        method === '_praxis/turn' && params?.turnId === turnId ? [params] : [],
      );
    const end = turns.find(({ state }) => state === 'ended');
    const kept = end?.stopReason ?? end?.error?.code;
    const ran = turns.some(({ state }) => state === 'running');
    return [
      ...(kept === told ? [] : [`its client was told ${told}, the journal says ${kept}`]),
      ...(GONE.includes(Number(told)) && !ran
        ? ['1 lost: a prompt that waited, by the loss of its node']
        : []),
    ];
  }
}

interface Ended {
  turnId?: string;
  state?: string;
  stopReason?: string;
  error?: { code: number };
}

/** Far beyond any fault, and within reach of a clock that jumps. */
const LIMITS = { idleTimeoutSecs: 1_800, approvals: { auto: [], denyAfterSecs: 1_800 } };

/** Nothing was accepted. */
const REFUSED: number[] = [ErrorCode.NodeUnavailable, ErrorCode.SessionLost, ErrorCode.StorageFailed];
/** The process is gone, and the fault says so. */
const GONE: number[] = [ErrorCode.AgentLost, ErrorCode.NodeLost, ErrorCode.NodeUnavailable];

const isOneOf = (error: unknown, codes: readonly number[]): boolean =>
  error instanceof PraxisError && codes.includes(error.code);
export const isRefusal = (error: unknown): boolean => isOneOf(error, REFUSED);
export const isLoss = (error: unknown): boolean => isOneOf(error, GONE);
