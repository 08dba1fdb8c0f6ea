/**
 * One instance of Lua in WebAssembly, with an allocator that counts. wasmoon gives the build of Lua; its engine on top is not
 * used, because its strings end at a NUL byte, its doString leaks, and its values let a script reach the host.
 */
import { LuaWasm } from 'wasmoon';
import { Blocks, type Malloc } from './blocks.js';

/** A C pointer, or the id of a VM where C wants user data. */
export type Pointer = number;

/** The functions of the module that pass bytes and so must not go through wasmoon's strings. */
interface RawModule extends Malloc {
  _lua_tolstring(state: Pointer, index: number, length: Pointer): Pointer;
  _lua_pushlstring(state: Pointer, bytes: Pointer, length: number): Pointer;
  _lua_resume(state: Pointer, from: Pointer, args: number, results: Pointer): number;
  addFunction(run: (...args: number[]) => number, signature: string): Pointer;
  removeFunction(pointer: Pointer): void;
}

/** What one VM may allocate. Only a running script is refused: the host's own pushes happen outside of any protected call. */
export interface Budget {
  used: number;
  max: number;
  enforced: boolean;
}

export class Runtime {
  readonly raw: RawModule;
  /** Room for one size_t or int that C writes. */
  readonly out: Pointer;
  private readonly budgets = new Map<Pointer, Budget>();
  private readonly blocks: Blocks;
  private readonly allocator: Pointer;
  private nextVm = 1;

  private constructor(readonly lua: LuaWasm) {
    this.raw = lua.module as unknown as RawModule;
    this.blocks = new Blocks(this.raw);
    this.out = this.raw._malloc(8);
    this.allocator = this.raw.addFunction(
      (vm, pointer, before, after) => this.allocate(vm!, pointer!, before!, after!),
      'iiiii',
    );
  }

  static async load(): Promise<Runtime> {
    return new Runtime(await LuaWasm.initialize());
  }

  /** A bare lua_State and the count of its memory. */
  newState(max: number): { state: Pointer; budget: Budget; release: () => void } {
    const vm = this.nextVm++;
    const budget: Budget = { used: 0, max, enforced: false };
    this.budgets.set(vm, budget);
    const state = this.lua.lua_newstate(this.allocator, vm) as unknown as Pointer;
    const release = () => {
      budget.enforced = false;
      this.lua.lua_close(state);
      this.budgets.delete(vm);
    };
    return { state, budget, release };
  }

  /** Gives bytes to a C function for the time of a call. */
  withBytes<T>(bytes: Uint8Array, use: (pointer: Pointer) => T): T {
    const pointer = this.raw._malloc(bytes.length || 1);
    this.raw.HEAPU8.set(bytes, pointer);
    try {
      return use(pointer);
    } finally {
      this.raw._free(pointer);
    }
  }

  /** The int that C wrote to `out`. */
  readOut(): number {
    return this.raw.HEAPU32[this.out >> 2]!;
  }

  /** lua_Alloc of the Lua manual: `before` counts only when there is a block. */
  private allocate(vm: Pointer, pointer: Pointer, before: number, after: number): Pointer {
    const budget = this.budgets.get(vm)!;
    const held = pointer === 0 ? 0 : before;
    if (after === 0) {
      if (held > 0) this.blocks.release(pointer, held);
      budget.used -= held;
      return 0;
    }
    const growth = after - held;
    if (budget.enforced && growth > 0 && budget.used + growth > budget.max) return 0;
    const block = held === 0 ? this.blocks.allocate(after) : this.blocks.resize(pointer, held, after);
    if (block !== 0) budget.used += growth;
    return block;
  }
}
