/**
 * Keeps frames until the broker has confirmed them. A lane has one message under way; what comes meanwhile is gathered
 * into the next, so an idle lane sends at once and a busy one sends much in one message. After a reconnect the
 * unconfirmed message of a lane goes first, so its order holds. The receiver may see frames twice, never a gap.
 */
import { MAX_BATCH_BYTES, MAX_BATCH_FRAMES, MAX_OUTBOX_BYTES } from '../proto/index.js';
import { type Outbox, type OutboxOptions, Unroutable } from './types.js';

interface Entry {
  line: string;
  bytes: number;
  number: number | undefined;
}

interface Pending<Lane> {
  lane: Lane;
  entries: Entry[];
  /** How many of the first entries are under way, or go again together; 0 when none was sent yet. */
  batch: number;
  /** A publish of the batch has not been answered yet. */
  sending: boolean;
}

export const createOutbox = <Lane>(options: OutboxOptions<Lane>): Outbox<Lane> => new LaneOutbox(options);

class LaneOutbox<Lane> implements Outbox<Lane> {
  readonly #lanes = new Map<string, Pending<Lane>>();
  readonly #maxBytes: number;
  #bytes = 0;
  #waitRoom: (() => void)[] = [];
  #waitDrained: (() => void)[] = [];

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
      pending = { lane, entries: [], batch: 0, sending: false };
      this.#lanes.set(key, pending);
    }
    const bytes = Buffer.byteLength(line) + 1;
    pending.entries.push({ line, bytes, number });
    this.#bytes += bytes;
    this.#send(key, pending);
  }

  #send(key: string, pending: Pending<Lane>): void {
    if (pending.sending || this.options.bus.state.kind !== 'connected') return;
    pending.batch ||= batchOf(pending.entries);
    pending.sending = true;
    const entries = pending.entries.slice(0, pending.batch);
    const lines = entries.map(({ line }) => line);
    this.options.bus.publish(this.options.compose(pending.lane, lines, entries[0]!.number)).then(
      () => this.#done(key, pending),
      (error) => {
        if (error instanceof Unroutable) {
          this.#done(key, pending);
          this.options.onUnroutable?.(pending.lane, lines);
          return;
        }
        // Unconfirmed: the batch stays first and goes again when the bus is back, which may be now.
        pending.sending = false;
        this.#send(key, pending);
      },
    );
  }

  #done(key: string, pending: Pending<Lane>): void {
    for (const { bytes } of pending.entries.splice(0, pending.batch)) this.#bytes -= bytes;
    pending.batch = 0;
    pending.sending = false;
    if (pending.entries.length > 0) this.#send(key, pending);
    else this.#lanes.delete(key);
    if (!this.full) for (const resolve of this.#waitRoom.splice(0)) resolve();
    if (this.#lanes.size === 0) for (const resolve of this.#waitDrained.splice(0)) resolve();
  }
}

/** How many of the first entries make the next message: within the limits, and numbered without a gap. */
function batchOf(entries: readonly Entry[]): number {
  const first = entries[0]!.number;
  let bytes = 0;
  let count = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    const follows = first === undefined ? entry.number === undefined : entry.number === first + count;
    if (count > 0 && (bytes > MAX_BATCH_BYTES || !follows)) break;
    count++;
    if (count === MAX_BATCH_FRAMES) break;
  }
  return count;
}
