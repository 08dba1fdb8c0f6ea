/** A session as a test watches it through the client library: every event, in the order of arrival. */
import type { Client, Cursor, SessionEvent } from '../../client/index.js';
import type { Request } from '../../proto/index.js';
import { waitUntil } from './wait.js';

export class Watch {
  readonly events: SessionEvent[] = [];
  cursor?: Cursor;
  caughtUp = false;

  static async attach(client: Client, sessionId: string, after = 0): Promise<Watch> {
    const watch = new Watch();
    watch.cursor = await client.attach(
      sessionId,
      after,
      (event) => watch.events.push(event),
      () => {
        watch.caughtUp = true;
      },
    );
    return watch;
  }

  /** The frames' lines, byte for byte. */
  get lines(): string[] {
    return this.events.map((event) => event.frame.line);
  }

  /** The text of the agent's message chunks. */
  get texts(): string[] {
    return this.events.flatMap(({ frame }) => {
      if (frame.kind !== 'notification' || frame.method !== 'session/update') return [];
      const update = frame.params.update as { sessionUpdate: string; content?: { text?: string } };
      return update.sessionUpdate === 'agent_message_chunk' ? [update.content?.text ?? ''] : [];
    });
  }

  /** The params of every notification of a method. */
  notifications(method: string): Record<string, unknown>[] {
    return this.events.flatMap(({ frame }) =>
      frame.kind === 'notification' && frame.method === method ? [frame.params] : [],
    );
  }

  /** The states of a turn, in order. */
  turnStates(turnId: string): string[] {
    return this.notifications('_praxis/turn')
      .filter((turn) => turn.turnId === turnId)
      .map((turn) => String(turn.state));
  }

  /** The first request of the agent. */
  async untilRequest(): Promise<Request> {
    const find = () => this.events.map(({ frame }) => frame).find((frame) => frame.kind === 'request');
    await waitUntil(() => find() !== undefined);
    return find()!;
  }

  async untilTurnEnded(turnId: string, timeoutMs = 30_000): Promise<void> {
    await waitUntil(() => this.turnStates(turnId).includes('ended'), timeoutMs);
  }

  async untilChunks(count: number, timeoutMs = 20_000): Promise<void> {
    await waitUntil(() => this.texts.length >= count, timeoutMs);
  }
}

export const text = (text: string) => [{ type: 'text' as const, text }];
