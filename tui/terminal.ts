/**
 * The terminal as a resource: taken when the screen opens, given back exactly once however the program ends (return, crash,
 * signal), lent to the shell while the program is stopped.
 */
import { PassThrough } from 'node:stream';
import { Canvas, type Frame } from './draw/canvas.js';
import { themeFor } from './draw/theme.js';
import { controlHIsFree } from './erase.js';
import {
  BACKGROUND_ASKED,
  InputDecoder,
  type InputEvent,
  MODES_OFF,
  MODES_ON,
  MOUSE_OFF,
  MOUSE_ON,
} from './input.js';
import { DEFAULTS, type Settings } from './settings.js';

export interface TerminalOptions {
  input: NodeJS.ReadStream & { fd: number };
  output: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  onInput(event: InputEvent): void;
  onResize(): void;
}

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #canvas: Canvas;
  readonly #decoder: InputDecoder;
  #mouse = true;
  #lent = false;
  #title = '';
  /** Whether the background is light; null: the terminal has not told. */
  #light: boolean | null = null;
  #look: Pick<Settings, 'theme' | 'plain'> = DEFAULTS;
  #taken = true;
  readonly #onData = (chunk: Buffer): void => this.#decoder.write(chunk);
  readonly #onStop = (): void => this.suspend();
  /** Awake again: whatever the shell wrote meanwhile is drawn over. */
  readonly #onContinue = (): void => {
    this.#give();
    this.#take();
  };

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#decoder = new InputDecoder((event) => this.#input(event), {
      set: (run, ms) => setTimeout(run, ms),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
    });
    // blessed reads nothing: its input never says a word.
    this.#canvas = new Canvas(new PassThrough(), options.output, themeFor(options.env), options.onResize);
    this.#listen();
    void controlHIsFree(options.input.fd).then((isFree) => {
      this.#decoder.controlH = isFree;
    });
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
  }

  #input(event: InputEvent) {
    if (event.type !== 'background') return this.#options.onInput(event);
    this.#light = event.light;
    this.look(this.#look);
    this.#options.onResize();
  }

  get columns(): number {
    return this.#canvas.columns;
  }
  get rows(): number {
    return this.#canvas.rows;
  }

  paint(frame: Frame): void {
    if (this.#taken) this.#canvas.paint(frame);
  }

  mouse(on: boolean): void {
    this.#mouse = on;
    this.#canvas.write(on ? MOUSE_ON : MOUSE_OFF);
  }

  /** What is no drawing: see signals.ts. */
  send(sequence: string): void {
    if (this.#taken && sequence !== '') this.#canvas.write(sequence);
  }

  /** The title of the terminal, as signals.ts makes it; one that is there already is not written again. */
  title(sequence: string): void {
    if (!this.#taken || sequence === this.#title) return;
    this.#title = sequence;
    this.#canvas.write(sequence);
  }

  /** Another program has the terminal: its Ctrl+C is not meant for us. */
  get lent(): boolean {
    return this.#lent;
  }

  /** Gives the terminal to `use` and takes it back when that is over, however it ends. */
  async lend<T>(use: () => Promise<T>): Promise<T> {
    this.#give();
    this.#lent = true;
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    try {
      return await use();
    } finally {
      this.#lent = false;
      process.on('SIGTSTP', this.#onStop);
      process.on('SIGCONT', this.#onContinue);
      this.#take();
    }
  }

  /** How everything looks from the next frame on. */
  look(settings: Pick<Settings, 'theme' | 'plain'>): void {
    this.#look = settings;
    this.#canvas.theme = themeFor(this.#options.env, settings.theme, this.#light);
    this.#canvas.wholeRows = settings.plain;
  }

  #listen(): void {
    const { input } = this.#options;
    input.setRawMode?.(true);
    input.on('data', this.#onData);
    input.resume();
    this.#canvas.write(MODES_ON + (this.#mouse ? MOUSE_ON : '') + BACKGROUND_ASKED);
  }

  /** Gives the terminal back. Safe to call twice. */
  #give(): void {
    if (!this.#taken) return;
    this.#taken = false;
    const { input } = this.#options;
    this.#canvas.write(MOUSE_OFF + MODES_OFF);
    this.#canvas.leave();
    input.off('data', this.#onData);
    input.setRawMode?.(false);
    input.pause();
  }

  #take(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.#title = '';
    this.#canvas.enter();
    this.#listen();
    this.#options.onResize();
  }

  /**
   * Stops the program, and what was started with it (npm start, say), as Ctrl+Z does any other. Where no shell could wake it, the
   * system does not stop it, and the screen comes back at once.
   */
  suspend(): void {
    this.#give();
    process.off('SIGTSTP', this.#onStop);
    process.kill(0, 'SIGTSTP');
    setImmediate(() => {
      process.on('SIGTSTP', this.#onStop);
      this.#take();
    });
  }

  /** The end: gives the terminal back and listens to nothing any more. */
  close(): void {
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    this.#give();
    this.#canvas.destroy();
  }
}
