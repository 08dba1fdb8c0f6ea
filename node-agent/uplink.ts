/**
 * What the node says to the service, in order and kept until the broker has confirmed it. The frames of a session are
 * numbered 1, 2, 3 ... for each run of its agent, so that the service can write each down once.
 */

import type { Outbox, OutboxOptions } from '../bus/index.js';
import { EVENTS, partitionKey, type SessionId } from '../proto/index.js';

/** The lane of a session's agent; undefined for what concerns no session. */
export type UpLane = { sessionId: SessionId; epoch: number } | undefined;

/** How an outbox makes a bus message of a lane's frames. */
export const composeUp =
  (boot: string): OutboxOptions<UpLane>['compose'] =>
  (lane, lines, first) => ({
    exchange: EVENTS,
    key: partitionKey(0),
    persistent: true,
    lines,
    headers: lane ? { boot, session: lane.sessionId, epoch: lane.epoch, seq: first } : { boot },
  });

/** Where a session sends its frames. */
export interface SessionLane {
  send(line: string): void;
  /** Too much waits for the broker: pause what produces frames until room() resolves. */
  readonly full: boolean;
  room(): Promise<void>;
}

export class Uplink {
  /** The last number of each session's run. It outlives the session: an answer may be repeated after its end. */
  private readonly numbers = new Map<string, number>();

  constructor(private readonly outbox: Outbox<UpLane>) {}

  /** Sends a frame that belongs to no session. */
  say(line: string): void {
    this.outbox.push('', undefined, line);
  }

  lane(sessionId: SessionId, epoch: number): SessionLane {
    const { numbers, outbox } = this;
    const key = `${sessionId} ${epoch}`;
    const lane = { sessionId, epoch };
    return {
      send(line) {
        const number = (numbers.get(key) ?? 0) + 1;
        numbers.set(key, number);
        outbox.push(key, lane, line, number);
      },
      get full() {
        return outbox.full;
      },
      room: () => outbox.room(),
    };
  }

  drained(): Promise<void> {
    return this.outbox.drained();
  }
}
