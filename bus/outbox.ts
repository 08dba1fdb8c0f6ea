/**
 * Keeps frames until the broker has confirmed them. A lane has a few messages under way; what comes meanwhile is gathered
 * into the next, as is what is pushed in one turn of the event loop: an idle lane sends at once, a busy one much in one message.
 * When a message is lost, all that is unconfirmed of the lane goes again from the first, so its order holds. The receiver may
 * see frames twice, never a gap.
 */
import { MAX_BATCH_BYTES, MAX_BATCH_FRAMES, MAX_OUTBOX_BYTES } from '../proto/index.js';
import { type Outbox, type OutboxOptions, Unroutable } from './types.js';

interface Entry {
  line: string;
  bytes: number;
  number: number | undefined;
}

/** Messages of one lane under way: enough that a frame need not wait for the confirm of the one before it. */
const MAX_UNDER_WAY = 4;

interface Message {
  /** How many entries it holds. */
  count: number;
  outcome: 'open' | 'done' | 'lost';
}

interface Pending<Lane> {
  lane: Lane;
  /** Not confirmed, oldest first; the first `taken` of them are in the messages under way. */
  entries: Entry[];
  taken: number;
  underWay: Message[];
}

export const createOutbox = <Lane>(options: OutboxOptions<Lane>): Outbox<Lane> => new LaneOutbox(options);

class LaneOutbox<Lane> implements Outbox<Lane> {
  readonly #lanes = new Map<string, Pending<Lane>>();
  readonly #maxBytes: number;
  #bytes = 0;
  #waitRoom: (() => void)[] = [];
  #waitDrained: (() => void)[] = [];
  /** Lanes with frames that were pushed in this turn of the event loop. */
  readonly #pushed = new Set<string>();

  constructor(private readonly options: OutboxOptions<Lane>) {
    this.#maxBytes = options.maxBytes ?? MAX_OUTBOX_BYTES;
    options.bus.onState(({ kind }) => {
      if (kind === 'connected') for (const [key, pending] of this.#lanes) this.#send(key, pending);
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  room(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#waitRoom.push(resolve)) : Promise.resolve();
  }

  drained(): Promise<void> {
    return this.#lanes.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#waitDrained.push(resolve));
  }

  push(key: string, lane: Lane, line: string, number?: number): void {
    let pending = this.#lanes.get(key);
    if (!pending) {
      pending = { lane, entries: [], taken: 0, underWay: [] };
      this.#lanes.set(key, pending);
    }
    const bytes = Buffer.byteLength(line) + 1;
    pending.entries.push({ line, bytes, number });
    this.#bytes += bytes;
    if (this.#pushed.size === 0) queueMicrotask(() => this.#sendPushed());
    this.#pushed.add(key);
  }

  /** Frames that were read in one piece go out in one message. */
  #sendPushed(): void {
    for (const key of this.#pushed) {
      const pending = this.#lanes.get(key);
      if (pending) this.#send(key, pending);
    }
    this.#pushed.clear();
  }

  #send(key: string, pending: Pending<Lane>): void {
    const { lane, entries, underWay } = pending;
    while (
      pending.taken < entries.length &&
      underWay.length < MAX_UNDER_WAY &&
      underWay.every(({ outcome }) => outcome !== 'lost') &&
      this.options.bus.state.kind === 'connected'
    ) {
      const count = batchOf(entries, pending.taken);
      const batch = entries.slice(pending.taken, pending.taken + count);
      const lines = batch.map(({ line }) => line);
      const message: Message = { count, outcome: 'open' };
      underWay.push(message);
      pending.taken += count;
      this.options.bus.publish(this.options.compose(lane, lines, batch[0]!.number)).then(
        () => this.#settle(key, pending, message, 'done'),
        (error) => {
          const unroutable = error instanceof Unroutable;
          this.#settle(key, pending, message, unroutable ? 'done' : 'lost');
          if (unroutable) this.options.onUnroutable?.(lane, lines);
        },
      );
    }
  }

  #settle(key: string, pending: Pending<Lane>, message: Message, outcome: 'done' | 'lost'): void {
    const { entries, underWay } = pending;
    message.outcome = outcome;
    while (underWay[0]?.outcome === 'done') {
      const { count } = underWay.shift()!;
      for (const { bytes } of entries.splice(0, count)) this.#bytes -= bytes;
      pending.taken -= count;
    }
    // After a loss nothing more is sent until every message has its outcome: then again from the first that was lost.
    if (underWay.length > 0 && underWay.every(({ outcome: each }) => each !== 'open')) {
      underWay.length = 0;
      pending.taken = 0;
    }
    if (entries.length > 0) this.#send(key, pending);
    else this.#lanes.delete(key);
    if (!this.full) for (const resolve of this.#waitRoom.splice(0)) resolve();
    if (this.#lanes.size === 0) for (const resolve of this.#waitDrained.splice(0)) resolve();
  }
}

/** How many of the entries after the first `from` make the next message: within the limits, and numbered without a gap. */
function batchOf(entries: readonly Entry[], from: number): number {
  const first = entries[from]!.number;
  let bytes = 0;
  let count = 0;
  for (let i = from; i < entries.length; i++) {
    const entry = entries[i]!;
    bytes += entry.bytes;
    const follows = first === undefined ? entry.number === undefined : entry.number === first + count;
    if (count > 0 && (bytes > MAX_BATCH_BYTES || !follows)) break;
    count++;
    if (count === MAX_BATCH_FRAMES) break;
  }
  return count;
}
