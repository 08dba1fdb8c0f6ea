/** A turn that streams until the test ends it, and everything that must be true of it then, whatever was killed meanwhile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Client, Turn } from '../../client/index.js';
import { newId } from '../../proto/index.js';
import { waitUntil } from '../support/wait.js';
import { text, Watch } from '../support/watch.js';
import { agentLog, steps } from './agents/scripted.js';
import { compare, readJournal } from './journal.js';

/** Milliseconds until everybody is back. */
const BACK_MS = 60_000;

/** Where the agent `scripted` runs, and its log. */
export interface Place {
  root: string;
  work: string;
  log: string;
}

export class StreamingTurn {
  readonly watch = new Watch();
  sessionId = '';
  private turn!: Turn;
  private readonly go: string;

  private constructor(
    private readonly client: Client,
    private readonly place: Place,
  ) {
    this.go = join(place.root, newId());
  }

  /** Resolves when it has said something. */
  static async start(client: Client, place: Place): Promise<StreamingTurn> {
    const made = new StreamingTurn(client, place);
    const wish = { connector: 'scripted', cwd: place.work };
    ({ sessionId: made.sessionId } = await client.newSession(wish, (event) => made.watch.events.push(event)));
    made.turn = client.prompt(made.sessionId, text(steps({ until: made.go })));
    await made.seen();
    return made;
  }

  /** The viewer has seen some more. */
  seen(): Promise<void> {
    return this.watch.untilChunks(this.watch.texts.length + 50, BACK_MS);
  }

  /** The agent has said some more, whether anybody could hear it or not. */
  async said(): Promise<void> {
    const before = this.wrote();
    await waitUntil(() => this.wrote() > before + 50);
  }

  /**
   * Ends the turn: nothing was lost, doubled or reordered, it ended once, and of all prompts of the test so many ran as `prompts` says
   * when the turn has ended.
   */
  async end(prompts: () => Promise<number> = async () => 1): Promise<void> {
    const { client, sessionId, watch, turn, place } = this;
    writeFileSync(this.go, '');
    expect(await turn.result).toMatchObject({ stopReason: 'end_turn' });
    await watch.untilTurnEnded(turn.turnId);
    const wanted = await prompts();
    const journal = await readJournal(client, sessionId);
    const counts = compare(journal, sessionId, place.log);
    expect(counts).toEqual({ said: counts.said, lost: 0, doubled: 0, inOrder: true });
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, i) => i + 1));
    await waitUntil(() => watch.events.length >= journal.length);
    expect(watch.lines).toEqual(journal.map(({ frame }) => frame));
    expect(watch.turnStates(turn.turnId).filter((state) => state === 'ended')).toHaveLength(1);
    expect(agentLog(place.log, 'read').filter((line) => line.includes('"session/prompt"'))).toHaveLength(
      wanted,
    );
  }

  private wrote(): number {
    return agentLog(this.place.log, 'wrote').length;
  }
}
