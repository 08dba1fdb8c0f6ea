/**
 * When to draw. What a key did is drawn before any other work of the program; everything else at most 60 times a second, and drawing
 * never takes more than half of the time.
 */

/** Milliseconds between two frames at least. */
const FRAME_MS = 1_000 / 60;

export interface PainterOptions {
  now(): number;
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
  /** Runs `run` as soon as what runs now is through, before anything else. */
  soon(run: () => void): void;
  /**
   * Draws. `hurried`: a key waits for it, so what is costly and not the key's may be as it was; true as the answer when something was
   * left so.
   */
  paint(hurried: boolean): boolean;
}

export class Painter {
  readonly #options: PainterOptions;
  #timer: unknown = null;
  #ready = 0;
  #hurries = false;
  #stopped = false;

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  /** Something changed that came by itself: it is drawn when its frame is due. */
  request(): void {
    if (this.#stopped || this.#hurries || this.#timer !== null) return;
    this.#timer = this.#options.set(
      () => {
        this.#timer = null;
        this.#paint(false);
      },
      // Timers know whole milliseconds only, and leave out the rest.
      Math.ceil(Math.max(0, this.#ready - this.#options.now())),
    );
  }

  /** A person did something: all that came in one piece from the keyboard is drawn together, at once. */
  hurry(): void {
    if (this.#stopped || this.#hurries) return;
    this.#hurries = true;
    this.#options.soon(() => {
      this.#hurries = false;
      if (!this.#stopped && this.#paint(true)) this.request();
    });
  }

  #paint(hurried: boolean): boolean {
    const began = this.#options.now();
    const isPartly = this.#options.paint(hurried);
    const ended = this.#options.now();
    this.#ready = Math.max(began + FRAME_MS, ended + (ended - began));
    return isPartly;
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clear(this.#timer);
  }
}
