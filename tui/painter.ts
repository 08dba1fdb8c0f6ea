/** When to draw: at once when the screen was still, else at most 60 times a second, and never slower for it than half of the time. */

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

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  /** Something changed. */
  request(): void {
    if (this.#timer !== null) return;
    const wait = Math.max(0, this.#ready - this.#options.now());
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
    this.#options.clear(this.#timer);
    // A stopped painter has a timer for ever, so that no request starts another one.
    this.#timer = this;
  }
}
