/**
 * `session/load` and `session/resume`, for clients that speak plain ACP: load sends the history as `session/update`, the
 * prompts among it, then answers, then goes on live; resume goes live at once. Open questions are asked again.
 */
import {
  type ContentBlock,
  MAX_BATCH_BYTES,
  memberText,
  notificationLine,
  PraxisError,
  parseFrame,
  removeMember,
  setMember,
} from '../../proto/index.js';
import { failed } from '../routing/hops.js';
import type { Outcome, Session } from '../sessions/session.js';
import type { EventRow, Store } from '../store/index.js';
import type { Client } from './clients.js';
import type { Viewers } from './viewers.js';
import type { Asker, Waiters } from './waiters.js';

/** Events that are read from the store at once. */
const PAGE = 1_000;

export interface ReplayDeps {
  store: Pick<Store, 'events'>;
  viewers: Viewers;
  waiters: Waiters;
}

export class Replay {
  constructor(private readonly deps: ReplayDeps) {}

  /** Never rejects: what goes wrong is the answer. */
  async load(client: Client, session: Session, asker: Asker): Promise<void> {
    const until = session.saved;
    try {
      this.deps.viewers.remove(client.address, session.id);
      await this.send(client, session, until);
    } catch (error) {
      this.deps.waiters.reply(asker, failed(PraxisError.from(error)));
      return;
    }
    this.goLive(client, session, asker, until);
  }

  resume(client: Client, session: Session, asker: Asker): void {
    this.goLive(client, session, asker, session.saved);
  }

  private goLive(client: Client, session: Session, asker: Asker, after: number): void {
    this.deps.waiters.reply(asker, reopened(session, after));
    for (const { frame } of session.openRequests) void client.say(frame);
    this.deps.viewers.add(client, session, after);
  }

  private async send(client: Client, session: Session, until: number): Promise<void> {
    const history = new History();
    for (let after = 0; after < until; ) {
      const events = await this.deps.store.events(session.id, after, PAGE, MAX_BATCH_BYTES);
      const last = events.at(-1);
      if (!last) return;
      after = last.seq;
      const lines = events.filter(({ seq }) => seq <= until).flatMap((event) => history.lines(event));
      if (lines.length > 0 && (await client.send(lines, { session: session.id })) !== 'sent') return;
    }
  }
}

/** The journal in the words of ACP. A prompt that waited in the queue is said where it began to run. */
class History {
  private readonly waiting = new Map<string, ContentBlock[]>();

  lines({ session, frame: line }: EventRow): string[] {
    const frame = parseFrame(line);
    if (frame.kind !== 'notification') return [];
    if (frame.method === 'session/update') return [line];
    if (frame.method !== '_praxis/turn') return [];
    const { turnId, state, prompt } = frame.params as {
      turnId: string;
      state: string;
      prompt?: ContentBlock[];
    };
    if (prompt) this.waiting.set(turnId, prompt);
    if (state !== 'running') return [];
    const said = this.waiting.get(turnId) ?? [];
    this.waiting.delete(turnId);
    return said.map((content) =>
      notificationLine('session/update', {
        sessionId: session,
        update: { sessionUpdate: 'user_message_chunk', content },
      }),
    );
  }
}

/** The answer to load and resume: what the agent said when the session was opened, without the id; and where the live events begin. */
function reopened({ opening }: Session, seq: number): Outcome {
  const said = removeMember(opening.result ?? '{}', ['sessionId']);
  const meta = memberText(said, ['_meta']) === undefined ? setMember(said, [], '_meta', '{}') : said;
  return { result: setMember(meta, ['_meta'], 'praxis', JSON.stringify({ seq })) };
}
