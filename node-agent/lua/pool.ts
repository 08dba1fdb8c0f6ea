/**
 * Lua for the sessions of a node: scripts compiled once, a fresh VM for each session, on a few worker threads. One script can
 * stop its own session, and no other: when a worker has to be terminated, its other VMs are made anew on another.
 */
import type { Clock } from '../clock.js';
import { LuaError } from './errors.js';
import type { ScriptFace } from './protocol.js';
import type { Owner } from './vm.js';
import { WorkerLink } from './worker-link.js';

export interface LuaPoolOptions {
  clock: Clock;
  /** LUA_SLICE_MS and LUA_MEMORY_BYTES, unless a test wants less. */
  sliceMs: number;
  memory: number;
  workers: number;
  /** The compiled worker; beside this file unless told otherwise. */
  entry?: URL;
}

/** A compiled script. */
export interface LuaScript {
  name: string;
  bytecode: Uint8Array;
}

export interface LuaVmOptions {
  script: LuaScript;
  /** Does what the script asks of the host. A rejection is an error in the script, at that line. */
  host(name: string, args: unknown[]): Promise<unknown>;
  /** Takes what the script says without waiting, in order with what it asks. */
  tell?(name: string, args: unknown[]): void;
  /** The VM is gone, with its Lua variables; what it was waiting for is about to be rejected. Said before a new one is made. */
  onStopped?(): void;
  /**
   * A new VM is there. With `error` when it was this script that had to be stopped, and no neighbour. Without this function a script
   * that was stopped stays stopped.
   */
  onFresh?(error: LuaError | undefined): void;
}

export class LuaPool {
  /** Each is started when it is first needed. */
  private readonly links: (WorkerLink | undefined)[];
  private readonly vms = new Map<number, LuaVm>();
  private nextVm = 1;

  constructor(private readonly options: LuaPoolOptions) {
    this.links = Array.from({ length: options.workers }, () => undefined);
  }

  /** Rejects with a LuaError of kind syntax. */
  async compile(name: string, source: string): Promise<LuaScript> {
    const bytecode = (await this.link(0).request({ op: 'compile', vm: 0, name, source })) as Uint8Array;
    return { name, bytecode };
  }

  /** A fresh VM in which the script has run. Rejects with LuaError. */
  async open(options: LuaVmOptions): Promise<LuaVm> {
    const id = this.nextVm++;
    const vm = new LuaVm(id, this.leastUsed(), options, {
      link: (place) => this.link(place),
      forget: () => this.vms.delete(id),
    });
    this.vms.set(id, vm);
    await vm.load();
    return vm;
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link?.terminate()));
    this.vms.clear();
  }

  private leastUsed(): number {
    const counts = this.links.map(() => 0);
    for (const { place } of this.vms.values()) counts[place]!++;
    return counts.indexOf(Math.min(...counts));
  }

  private link(place: number): WorkerLink {
    this.links[place] ??= this.newLink(place);
    return this.links[place];
  }

  private newLink(place: number): WorkerLink {
    const { clock, sliceMs, memory, entry = new URL('./worker.js', import.meta.url) } = this.options;
    return new WorkerLink({
      clock,
      sliceMs,
      memory,
      entry,
      onHost: async (vm, name, args) => this.vms.get(vm)?.options.host(name, args),
      onTell: (vm, name, args) => this.vms.get(vm)?.options.tell?.(name, args),
      onStopped: (vm, error) => this.vms.get(vm)?.stopped(error),
      onDeath: (guilty, error) => this.buried(place, guilty, error),
    });
  }

  private buried(place: number, guilty: number, error: LuaError): void {
    this.links[place] = undefined;
    for (const [id, vm] of this.vms)
      if (id === guilty) vm.stopped(error);
      else if (vm.place === place) vm.renew(undefined);
  }
}

export class LuaVm {
  /** The names of the script's functions. */
  functions: ReadonlySet<string> = new Set();
  /** What the script returned besides functions. */
  fields: Readonly<Record<string, unknown>> = {};
  private ready: Promise<void> = Promise.resolve();
  private failure: LuaError | undefined;
  private loaded = false;

  constructor(
    private readonly id: number,
    readonly place: number,
    readonly options: LuaVmOptions,
    private readonly pool: { link(place: number): WorkerLink; forget(): void },
  ) {}

  /** Calls a function of the script; waits while the VM is being made anew. Rejects with LuaError. */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    return this.run('script', name, args);
  }

  /** Tells the script an event of something that it started; resolves when its handler is done. */
  async event(handle: number, event: string, items: readonly unknown[]): Promise<void> {
    await this.run('prelude', 'event', [handle, event, items]);
  }

  /** Runs a function that the script has put aside with host.task. */
  async task(id: number): Promise<void> {
    await this.run('prelude', 'task', [id]);
  }

  close(): void {
    if (this.failure) return;
    this.failure = new LuaError({ kind: 'closed', message: 'the session of this script is closed' });
    this.pool.forget();
    // A worker that dies meanwhile has closed it too.
    this.pool
      .link(this.place)
      .request({ op: 'close', vm: this.id })
      .catch(() => undefined);
  }

  async load(): Promise<void> {
    const { name, bytecode } = this.options.script;
    const opened = this.pool.link(this.place).request({ op: 'open', vm: this.id, name, bytecode });
    this.loaded = false;
    this.ready = opened.then(
      (face) => {
        const { functions, fields } = face as ScriptFace;
        this.functions = new Set(functions);
        this.fields = fields;
        this.loaded = true;
      },
      (error: LuaError) => {
        this.failure ??= error;
        this.pool.forget();
        throw error;
      },
    );
    await this.ready;
  }

  /** Its script had to be stopped. It has another try, but not when already its first lines did not end. */
  stopped(error: LuaError): void {
    if (this.loaded && this.options.onFresh !== undefined) {
      this.renew(error);
      return;
    }
    this.failure ??= error;
    this.pool.forget();
  }

  renew(error: LuaError | undefined): void {
    this.options.onStopped?.();
    this.load().then(
      () => this.options.onFresh?.(error),
      // Every later call is rejected with the reason.
      () => undefined,
    );
  }

  private async run(owner: Owner, name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.failure) throw this.failure;
    await this.ready;
    if (this.failure) throw this.failure;
    return this.pool.link(this.place).request({ op: 'call', vm: this.id, owner, name, args });
  }
}
