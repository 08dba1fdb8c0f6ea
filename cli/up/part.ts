/**
 * One supervised process: started again when it ends, at once the first time and later and later while it ends quickly, and given up with a last
 * word after MAX_QUICK_ENDS, because a process that cannot start needs a person.
 */
import type { ChildProcess } from 'node:child_process';
import { type ProcessRef, refOf } from '../../proto/index.js';
import { ended, signal } from './processes.js';
import type { PartName, PartStatus } from './state.js';

/** Milliseconds before the second repetition in a row (the first follows at once); it doubles up to the cap. */
export const BACKOFF_BASE_MS = 100;
export const BACKOFF_CAP_MS = 10_000;
/** A part that ran this long was healthy: its next end counts as the first. */
export const HEALTHY_MS = 60_000;
export const MAX_QUICK_ENDS = 8;
/** Milliseconds between SIGTERM and SIGKILL; agents of a node have their own, shorter ones within it. */
export const STOP_GRACE_MS = 10_000;
/** sysexits.h: the configuration is wrong; trying again cannot help. */
export const EX_CONFIG = 78;

export interface PartOptions {
  name: PartName;
  spawn(): ChildProcess;
  /** Bytes that its log has now. */
  logged(): number;
  /** The last trouble that the part told after the first `from` bytes of its log, for the last word. */
  lastWords(from: number): string | undefined;
  now(): number;
  /** Runs once after `ms`; returns the way to prevent it. */
  schedule(ms: number, run: () => void): () => void;
  onChange(): void;
}

export class Part {
  #status: PartStatus;
  #child: ProcessRef | undefined;
  #quickEnds = 0;
  #stopping = false;
  #cancelRetry: (() => void) | undefined;

  constructor(private readonly options: PartOptions) {
    this.#status = { state: 'stopped', since: options.now(), restarts: 0 };
  }

  get status(): PartStatus {
    return this.#status;
  }

  start(): void {
    const logFrom = this.options.logged();
    const child = this.options.spawn();
    const since = this.options.now();
    let settled = false;
    const end = (how: string, code: number | null) => {
      if (settled) return;
      settled = true;
      this.#ended(how, code, { since, logFrom });
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`, null));
    child.once('exit', (code, name) => end(name ? `ended by ${name}` : `ended with exit code ${code}`, code));
    this.#child = child.pid === undefined ? undefined : refOf(child.pid);
    const { restarts, lastEnd } = this.#status;
    this.#set({
      state: 'running',
      since,
      restarts,
      logFrom,
      ...(this.#child && { process: this.#child }),
      ...(lastEnd !== undefined && { lastEnd }),
    });
  }

  /** Ends the process and starts it no more. */
  async stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#stopping = true;
    this.#cancelRetry?.();
    const child = this.#child;
    let killed: string | undefined;
    if (child) {
      signal(child, 'SIGTERM');
      if (!(await ended(child, graceMs))) {
        signal(child, 'SIGKILL');
        await ended(child, graceMs);
        killed = `did not end within ${graceMs} ms, and was killed`;
      }
    }
    if (this.#status.state === 'failed') return;
    // How it ended before belongs to another run than the one that was stopped.
    const { lastEnd: _, ...status } = this.#status;
    this.#set({ ...status, state: 'stopped', ...(killed && { lastEnd: killed }) });
  }

  #ended(how: string, code: number | null, run: { since: number; logFrom: number }): void {
    this.#child = undefined;
    if (this.#stopping) return;
    // Who was killed from outside had no trouble of its own.
    const words = code === null ? undefined : this.options.lastWords(run.logFrom);
    const lastEnd = words ? `${how}; it said: ${words}` : how;
    this.#quickEnds = this.options.now() - run.since >= HEALTHY_MS ? 1 : this.#quickEnds + 1;
    const { restarts } = this.#status;
    if (code === EX_CONFIG || this.#quickEnds >= MAX_QUICK_ENDS) {
      const times = code === EX_CONFIG ? '' : ` ${this.#quickEnds} times in a row`;
      this.#set({
        state: 'failed',
        ...run,
        restarts,
        lastEnd: `${lastEnd}${times && `;${times}, given up`}`,
      });
      return;
    }
    const again = this.#quickEnds - 2;
    const wait = again < 0 ? 0 : Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** again);
    this.#set({ state: 'waiting', ...run, restarts: restarts + 1, lastEnd });
    this.#cancelRetry = this.options.schedule(wait, () => this.start());
  }

  #set(status: PartStatus): void {
    this.#status = status;
    this.options.onChange();
  }
}
