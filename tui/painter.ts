/** When to draw: what a key did at once, everything else at most 60 times a second, and drawing never takes more than half of the time. */

/** Milliseconds between two frames at least. */
const FRAME_MS = 16;

export interface PainterOptions {
  now(): number;
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
  paint(): void;
}

export class Painter {
  readonly #options: PainterOptions;
  #timer: unknown = null;
  #ready = 0;
  #urgent = false;
  #stopped = false;

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  /** Something changed. What a key did is drawn as soon as possible; what came by itself when its frame is due. */
  request(urgent = false): void {
    if (this.#stopped || (this.#timer !== null && (!urgent || this.#urgent))) return;
    this.#options.clear(this.#timer);
    this.#urgent = urgent;
    const wait = urgent ? 0 : Math.max(0, this.#ready - this.#options.now());
    this.#timer = this.#options.set(() => this.#paint(), wait);
  }

  #paint(): void {
    this.#timer = null;
    const began = this.#options.now();
    this.#options.paint();
    const ended = this.#options.now();
    this.#ready = Math.max(began + FRAME_MS, ended + (ended - began));
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clear(this.#timer);
  }
}
