/**
 * Whether the service is there, told apart from the broker being there: a service that says nothing for
 * SERVICE_SILENT_MS after it was asked for a word, or of which the broker says that it is away, is shown as lost, and as
 * connected again with its next word.
 */
import type { BusState } from '../bus/index.js';
import type { Clock } from './clock.js';
import type { LinkState } from './types.js';

/** Milliseconds that the service has to say anything after it was asked. */
export const SERVICE_SILENT_MS = 3_000;
/** Milliseconds of silence after which it is asked, though nobody waits for anything. */
export const IDLE_PROBE_MS = 10_000;

export interface LivenessOptions {
  clock: Clock;
  /** Asks the service for any answer. */
  probe(): void;
  onChange(state: LinkState): void;
}

export class Liveness {
  #bus: BusState = { kind: 'connecting', attempt: 0 };
  /** `initialize` has been answered on this connection. */
  #introduced = false;
  /** A word is due: the service was asked for one. */
  #due = false;
  #lostSince: number | undefined;
  #lastWord = 0;
  #stopTimer: (() => void) | undefined;
  #state: LinkState = { kind: 'connecting' };

  constructor(private readonly options: LivenessOptions) {}

  get state(): LinkState {
    return this.#state;
  }

  busChanged(bus: BusState): void {
    this.#bus = bus;
    this.#introduced = false;
    this.#lostSince = undefined;
    this.#stopTimer?.();
    this.#update();
  }

  /** `initialize` was sent. */
  introducing(): void {
    this.#introduced = false;
    this.#lastWord = this.options.clock.now();
    this.#due = true;
    this.#watch(SERVICE_SILENT_MS);
  }

  /** `initialize` was answered. */
  introduced(): void {
    this.#introduced = true;
    this.heard();
    this.#update();
  }

  /** Something was sent that the service reacts to. */
  asked(): void {
    if (this.#introduced && !this.#due) this.#watch(SERVICE_SILENT_MS);
  }

  /** The broker says that the service is away. Its next word, if only an answer to the question, shows it as there again. */
  silent(): void {
    if (!this.#introduced || this.#lostSince !== undefined) return;
    this.#lostSince = this.options.clock.now();
    this.#due = true;
    this.#stopTimer?.();
    this.options.probe();
    this.#update();
  }

  /** Anything came from the service. */
  heard(): void {
    this.#lastWord = this.options.clock.now();
    if (!this.#introduced || !this.#due) return;
    this.#due = false;
    this.#lostSince = undefined;
    this.#watch(IDLE_PROBE_MS);
    this.#update();
  }

  #watch(ms: number): void {
    this.#stopTimer?.();
    const from = this.options.clock.now();
    this.#stopTimer = this.options.clock.schedule(ms, () => this.#check(from));
  }

  #check(from: number): void {
    if (this.#due) {
      this.#lostSince = this.#lastWord;
      this.#update();
    } else if (this.#lastWord > from) this.#watch(IDLE_PROBE_MS);
    else {
      this.#due = true;
      this.#watch(SERVICE_SILENT_MS);
      this.options.probe();
    }
  }

  #update(): void {
    const next = this.#current();
    if (next.kind === this.#state.kind && next.kind !== 'connecting') return;
    this.#state = next;
    this.options.onChange(next);
  }

  #current(): LinkState {
    if (this.#bus.kind === 'closed') return { kind: 'closed' };
    if (this.#bus.kind === 'connecting') {
      const { reason, retryAt } = this.#bus;
      return {
        kind: 'connecting',
        ...(reason !== undefined && { reason }),
        ...(retryAt !== undefined && { retryAt }),
      };
    }
    if (this.#lostSince !== undefined) return { kind: 'service_lost', since: this.#lostSince };
    return this.#introduced ? { kind: 'connected' } : { kind: 'connecting' };
  }
}
