/**
 * One worker as the node sees it: requests and their outcomes, and the watch over its slices. A worker whose script
 * computes too long is terminated from here, since nothing inside Lua can be trusted to stop it.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import { computedTooLong, LuaError, type LuaErrorData } from './errors.js';
import {
  type FromWorker,
  type Operation,
  RUNNING,
  SLICES,
  type ToWorker,
  type WorkerData,
} from './protocol.js';

/** How often a slice is looked at within its limit. */
const LOOKS_PER_SLICE = 4;

export interface WorkerLinkOptions {
  /** The compiled worker.js. */
  entry: URL;
  clock: Clock;
  sliceMs: number;
  memory: number;
  /** A script asks something of the host. */
  onHost(vm: number, name: string, args: unknown[]): Promise<unknown>;
  /** A script says something to the host. */
  onTell(vm: number, name: string, args: unknown[]): void;
  /** This VM is gone, because it asked too much without waiting. Called after its open requests were rejected. */
  onStopped(vm: number, error: LuaError): void;
  /** The worker is gone; `guilty` is the VM that was computing. Called once, after every open request was rejected. */
  onDeath(guilty: number, error: LuaError): void;
}

interface Open {
  vm: number;
  resolve(value: unknown): void;
  reject(error: LuaError): void;
}

export class WorkerLink {
  private readonly worker: Worker;
  private readonly watched = new Int32Array(new SharedArrayBuffer(8));
  private readonly open = new Map<number, Open>();
  private nextId = 1;
  private watching = false;
  private seen = { slices: -1, since: 0 };
  private dead = false;

  constructor(private readonly options: WorkerLinkOptions) {
    const workerData: WorkerData = {
      memory: options.memory,
      sliceMs: options.sliceMs,
      watch: this.watched.buffer as SharedArrayBuffer,
    };
    this.worker = new Worker(options.entry, { workerData, env: {}, execArgv: [] });
    this.worker.on('message', (message: FromWorker) => this.receive(message));
    this.worker.on('error', (error) =>
      this.die({ kind: 'runtime', message: `Lua broke down: ${error.message}` }),
    );
    this.worker.on('exit', () => this.die({ kind: 'runtime', message: 'Lua broke down' }));
    this.worker.unref();
  }

  request(operation: Operation): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(restarted());
      const id = this.nextId++;
      this.open.set(id, { vm: operation.vm, resolve, reject });
      this.post({ kind: 'request', id, operation });
      this.worker.ref();
      this.watch();
    });
  }

  async terminate(): Promise<void> {
    this.dead = true;
    await this.worker.terminate();
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'host') void this.host(message);
    else if (message.kind === 'tell') this.options.onTell(message.vm, message.name, message.args);
    else {
      const { id, outcome } = message;
      const waiting = this.open.get(id);
      this.open.delete(id);
      this.letGo();
      if (outcome.ok) waiting?.resolve(outcome.value);
      else {
        const error = new LuaError(outcome.error);
        waiting?.reject(error);
        if (waiting && error.kind === 'timeout') this.stopped(waiting.vm, error);
      }
    }
  }

  private stopped(vm: number, error: LuaError): void {
    for (const [id, open] of this.open) {
      if (open.vm !== vm) continue;
      this.open.delete(id);
      open.reject(error);
    }
    this.letGo();
    this.options.onStopped(vm, error);
  }

  /** A worker that has nothing to do keeps no process from its end; one that is being ended does, for whoever waits for that. */
  private letGo(): void {
    if (this.open.size === 0 && !this.dead) this.worker.unref();
  }

  private async host({ id, vm, name, args }: Extract<FromWorker, { kind: 'host' }>): Promise<void> {
    let waited = false;
    const turn = setImmediate(() => {
      waited = true;
    });
    const answer = (ok: boolean, value: unknown) => this.post({ kind: 'answer', id, ok, value, waited });
    try {
      answer(true, await this.options.onHost(vm, name, args));
    } catch (error) {
      answer(false, (error as Error).message);
    } finally {
      clearImmediate(turn);
    }
  }

  /** Looks from time to time, as long as anything is under way. */
  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    const { clock, sliceMs } = this.options;
    const look = () => {
      this.watching = false;
      const running = Atomics.load(this.watched, RUNNING);
      const slices = Atomics.load(this.watched, SLICES);
      if (running === 0 || slices !== this.seen.slices) this.seen = { slices, since: clock.now() };
      else if (clock.now() - this.seen.since >= sliceMs) return this.die(computedTooLong(sliceMs));
      if (!this.dead && this.open.size > 0) this.watch();
    };
    clock.after(sliceMs / LOOKS_PER_SLICE, look);
  }

  private die(data: LuaErrorData): void {
    if (this.dead) return;
    this.dead = true;
    const guilty = Atomics.load(this.watched, RUNNING);
    const error = new LuaError(data);
    void this.worker.terminate();
    for (const { vm, reject } of this.open.values()) reject(vm === guilty ? error : restarted());
    this.open.clear();
    this.options.onDeath(guilty, error);
  }
}

const restarted = () =>
  new LuaError({
    kind: 'restarted',
    message: 'the script was started anew, because a neighbour had to be stopped',
  });
