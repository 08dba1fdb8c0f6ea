/**
 * One sandboxed Lua VM: a script loaded from bytecode, and calls into it that may wait for the host. Whatever takes the longer the
 * more a script makes of it, running it, reading what it gives and freeing what it has, is between `slice.begin` and `slice.end`.
 */
import { LUA_REGISTRYINDEX, LuaReturn, LuaType } from 'wasmoon';
import { MAX_FRAME_BYTES } from '../../proto/index.js';
import { computedTooLong, describeError, LuaError } from './errors.js';
import type { JsonFunctions } from './json.js';
import type { ScriptFace } from './protocol.js';
import type { Budget, Pointer, Runtime } from './runtime.js';
import { Stint } from './stint.js';
import { ARRAY, ValueError, Values } from './values.js';

/** Besides `base`. No io, os, package, debug: a script reaches the world through `host` alone. */
const LIBRARIES = ['coroutine', 'table', 'string', 'utf8', 'math'] as const;

export interface Slice {
  begin(): void;
  end(): void;
}

/** What the host did: its value, or why not. */
export interface Answer {
  ok: boolean;
  value: unknown;
  /** The host had given back its event loop before: what the script did until now is no runaway. */
  waited: boolean;
}

export type HostCall = (name: string, args: unknown[]) => Promise<Answer>;

const encoder = new TextEncoder();

/** Compiles a script. `bare` leaves out its lines and names, which error messages have. Throws a LuaError of kind syntax. */
export function compile(runtime: Runtime, name: string, source: string, bare = false): Uint8Array {
  const { state, release } = runtime.newState(Number.MAX_SAFE_INTEGER);
  try {
    load(runtime, state, name, encoder.encode(source), 't');
    return dump(runtime, state, bare);
  } finally {
    release();
  }
}

function load(runtime: Runtime, state: Pointer, name: string, chunk: Uint8Array, mode: 't' | 'b'): void {
  const status = runtime.withBytes(chunk, (at) =>
    runtime.lua.luaL_loadbufferx(state, at, chunk.length, `@${name}`, mode),
  );
  if (status === LuaReturn.Ok) return;
  const text = new TextDecoder().decode(new Values(runtime).bytes(state, -1));
  throw new LuaError(describeError(status === LuaReturn.ErrorMem ? 'memory' : 'syntax', text));
}

function dump({ lua, raw }: Runtime, state: Pointer, bare: boolean): Uint8Array {
  const pieces: Uint8Array[] = [];
  const writer = raw.addFunction((_state, at, size) => {
    pieces.push(raw.HEAPU8.slice(at!, at! + size!));
    return 0;
  }, 'iiiii');
  lua.lua_dump(state, writer, null, bare ? 1 : 0);
  raw.removeFunction(writer);
  return Buffer.concat(pieces);
}

export interface VmOptions {
  /** What the host knows it by. */
  id: number;
  runtime: Runtime;
  json: JsonFunctions;
  /** The C function that says something to the host. */
  tell: Pointer;
  slice: Slice;
  host: HostCall;
  /** Bytes that the VM may allocate. */
  memory: number;
  /** Milliseconds that one call may compute without waiting. */
  sliceMs: number;
  /** It is freed: closed, stopped, or not come past the first lines of its script. */
  onClosed(): void;
}

/** Where a stretch of Lua ended. */
type Stretch<T> = { value: T } | { asked: unknown[] } | { refused: Answer };

/** A value that cannot cross is a trouble of this script, and not of the worker. */
function orLuaError<T>(cross: () => T, what: string): T {
  try {
    return cross();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new LuaError({ kind: 'runtime', message: `${what}: ${error.message}` });
  }
}

/** Whose functions a call means: the script's table, or the prelude's. */
export type Owner = 'script' | 'prelude';

export class Vm {
  private readonly values: Values;
  private readonly state: Pointer;
  private readonly budget: Budget;
  private readonly release: () => void;
  /** Where in the registry the two tables are. */
  private readonly tables: Record<Owner, number> = { script: 0, prelude: 0 };
  /** Where in the registry `collectgarbage` is, which scripts do not have. */
  private readonly collect: number;
  /** The call that runs now; its stint is another one after each wait. */
  private running: { stint: Stint } | undefined;
  /** The stints of the tasks that were put aside and have not begun. */
  private readonly aside = new Map<number, Stint>();
  private closed = false;

  constructor(private readonly options: VmOptions) {
    const { runtime, memory } = options;
    const { lua } = runtime;
    this.values = new Values(runtime);
    const { state, budget, release } = runtime.newState(memory);
    this.state = state;
    this.budget = budget;
    this.release = release;
    lua.luaopen_base(state);
    lua.lua_getglobal(state, 'collectgarbage');
    this.collect = lua.luaL_ref(state, LUA_REGISTRYINDEX);
    for (const name of LIBRARIES) {
      lua[`luaopen_${name}`](state);
      lua.lua_setglobal(state, name);
    }
    lua.luaL_newmetatable(state, ARRAY);
    // The host gives it to its own lists: a script that could change it would have its functions run by the host.
    lua.lua_pushboolean(state, 0);
    lua.lua_setfield(state, -2, '__metatable');
    lua.lua_settop(state, 0);
  }

  /** Loads prelude and script and runs both. Resolves to what the script has; rejects with LuaError, and is closed then. */
  async start(name: string, prelude: Uint8Array, script: Uint8Array): Promise<ScriptFace> {
    try {
      return await this.load(name, prelude, script);
    } catch (error) {
      // After a fault of WebAssembly itself nothing of it can be used any more.
      if (error instanceof LuaError) this.close();
      throw error;
    }
  }

  private async load(name: string, prelude: Uint8Array, script: Uint8Array): Promise<ScriptFace> {
    const { lua } = this.options.runtime;
    const { encode, decode, markArray } = this.options.json;
    const keepTable = (owner: Owner) => (thread: Pointer) => {
      if (lua.lua_type(thread, -1) !== LuaType.Table)
        throw new LuaError({ kind: 'runtime', message: `${name} does not return a table`, file: name });
      const face = this.face(thread);
      this.tables[owner] = lua.luaL_ref(thread, LUA_REGISTRYINDEX);
      return face;
    };
    await this.run((thread) => {
      load(this.options.runtime, thread, 'prelude', prelude, 'b');
      lua.lua_pushcclosure(thread, encode, 0);
      lua.lua_pushcclosure(thread, decode, 0);
      this.values.push(thread, null);
      lua.lua_pushcclosure(thread, markArray, 0);
      this.values.push(thread, this.options.id);
      lua.lua_pushcclosure(thread, this.options.tell, 1);
      return 5;
    }, keepTable('prelude'));
    const face = await this.run((thread) => {
      this.pushFunction(thread, 'prelude', 'run');
      load(this.options.runtime, thread, name, script, 'b');
      return 1;
    }, keepTable('script'));
    return face;
  }

  /** Gives back what its script does not use any more. */
  tidy(): Promise<void> {
    const { lua } = this.options.runtime;
    return this.run(
      (thread) => {
        lua.lua_rawgeti(thread, LUA_REGISTRYINDEX, BigInt(this.collect));
        return 0;
      },
      () => undefined,
    );
  }

  /** Calls a function and resolves to its first result. Rejects with LuaError. */
  call(owner: Owner, name: string, args: readonly unknown[]): Promise<unknown> {
    const stint = owner === 'prelude' && name === 'task' ? this.begun(Number(args[0])) : undefined;
    return this.run(
      (thread) => {
        this.pushFunction(thread, 'prelude', 'run');
        this.pushFunction(thread, owner, name);
        for (const value of args) this.values.push(thread, value);
        return args.length + 1;
      },
      (thread, results) => (results === 0 ? undefined : this.readResult(thread, -results)),
      stint,
    );
  }

  /** The script that runs now has done one of the things that it was called for. */
  handled(): void {
    if (!this.running) return;
    this.running.stint = this.newStint();
    this.running.stint.begin();
    this.options.slice.begin();
  }

  /** The script that runs now says this, without waiting. Throws ValueError when it says too much in one go. */
  said(args: readonly unknown[]): void {
    const bytes = args.reduce((sum: number, arg) => sum + (typeof arg === 'string' ? arg.length : 0), 0);
    if (this.running && !this.running.stint.says(bytes))
      throw new ValueError(`a script may say ${MAX_FRAME_BYTES} bytes of text without waiting, and no more`);
  }

  /** The script that runs now puts a task aside: it goes on with the same work there. */
  putAside(task: number): void {
    if (this.running) this.aside.set(task, this.running.stint);
  }

  private begun(task: number): Stint | undefined {
    const stint = this.aside.get(task);
    this.aside.delete(task);
    stint?.answered();
    return stint;
  }

  private newStint(): Stint {
    return new Stint(this.options.sliceMs, () => performance.now());
  }

  /** Frees the VM. What waits in it is rejected with a LuaError of kind closed when its wait ends. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.options.slice.begin();
    this.release();
    this.options.slice.end();
    this.options.onClosed();
  }

  /**
   * Runs a function, which `prepare` pushes with its arguments, in a coroutine of its own. One that asks too much without waiting is the
   * end of the VM, as one is that does not come to an end: it would go on in the next call. `stint`: of what it goes on with.
   */
  private async run<T>(
    prepare: (thread: Pointer) => number,
    take: (thread: Pointer, results: number) => T,
    stint = this.newStint(),
  ): Promise<T> {
    this.requireOpen();
    const { lua } = this.options.runtime;
    const thread = lua.lua_newthread(this.state);
    const anchor = lua.luaL_ref(this.state, LUA_REGISTRYINDEX);
    const { sliceMs } = this.options;
    const call = { stint };
    try {
      let push = () => prepare(thread);
      for (;;) {
        if (call.stint.isOver) {
          this.close();
          throw new LuaError(computedTooLong(sliceMs));
        }
        const stretch = this.stretch(call, thread, push, take);
        if ('value' in stretch) return stretch.value;
        const answer = 'refused' in stretch ? stretch.refused : await this.ask(stretch.asked);
        this.requireOpen();
        if (answer.waited) call.stint = this.newStint();
        else call.stint.answered();
        push = () => {
          this.values.push(thread, answer.ok);
          this.values.push(thread, answer.value);
          return 2;
        };
      }
    } finally {
      if (!this.closed) lua.luaL_unref(this.state, LUA_REGISTRYINDEX, anchor);
    }
  }

  /** One stretch of Lua: up to its end, an error, or its next wait. */
  private stretch<T>(
    call: { stint: Stint },
    thread: Pointer,
    push: () => number,
    take: (thread: Pointer, results: number) => T,
  ): Stretch<T> {
    const { slice, runtime } = this.options;
    this.running = call;
    call.stint.begin();
    slice.begin();
    try {
      const status = this.resume(thread, orLuaError(push, 'the script cannot be given this'));
      const results = runtime.readOut();
      if (status === LuaReturn.Ok) return { value: take(thread, results) };
      if (status !== LuaReturn.Yield) throw this.errorOf(thread, status);
      return this.question(thread, results);
    } finally {
      slice.end();
      call.stint.end();
      this.running = undefined;
    }
  }

  /** What a yield asks of the host. */
  private question(thread: Pointer, results: number): { asked: unknown[] } | { refused: Answer } {
    try {
      return { asked: Array.from({ length: results }, (_, i) => this.values.read(thread, i - results)) };
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return { refused: { ok: false, value: error.message, waited: false } };
    } finally {
      this.options.runtime.lua.lua_settop(thread, 0);
    }
  }

  private resume(thread: Pointer, args: number): LuaReturn {
    const { raw, out } = this.options.runtime;
    this.budget.enforced = true;
    try {
      return raw._lua_resume(thread, 0, args, out);
    } finally {
      this.budget.enforced = false;
    }
  }

  /** Has the host do what a yield asks for. */
  private ask([marker, name, ...args]: unknown[]): Promise<Answer> {
    if (marker !== 'host' || typeof name !== 'string')
      throw new LuaError({ kind: 'runtime', message: 'coroutine.yield outside of a coroutine' });
    return this.options.host(name, args);
  }

  private pushFunction(thread: Pointer, owner: Owner, name: string): void {
    const { lua } = this.options.runtime;
    lua.lua_rawgeti(thread, LUA_REGISTRYINDEX, BigInt(this.tables[owner]));
    this.values.push(thread, name);
    lua.lua_rawget(thread, -2);
    lua.lua_remove(thread, -2);
    if (lua.lua_type(thread, -1) !== LuaType.Function)
      throw new LuaError({ kind: 'runtime', message: `the connector has no function ${name}` });
  }

  private readResult(thread: Pointer, index: number): unknown {
    return orLuaError(() => this.values.read(thread, index), 'the result cannot be used');
  }

  /** The functions and the fields of the table on top of the stack. */
  private face(thread: Pointer): ScriptFace {
    const { lua } = this.options.runtime;
    const face: ScriptFace = { functions: [], fields: {} };
    lua.lua_pushnil(thread);
    while (lua.lua_next(thread, -2) !== 0) {
      if (lua.lua_type(thread, -2) === LuaType.String) {
        const name = String(this.values.read(thread, -2));
        if (lua.lua_type(thread, -1) === LuaType.Function) face.functions.push(name);
        else face.fields[name] = this.readResult(thread, -1);
      }
      lua.lua_pop(thread, 1);
    }
    return face;
  }

  /** An error is a text with its position, or a table with `message` and perhaps the `code` of an ACP error. */
  private errorOf(thread: Pointer, status: LuaReturn): LuaError {
    const { lua } = this.options.runtime;
    if (status === LuaReturn.ErrorMem) return new LuaError({ kind: 'memory', message: 'not enough memory' });
    const type = lua.lua_type(thread, -1);
    if (type === LuaType.Table) {
      const { message, code } = this.readResult(thread, -1) as Record<string, unknown>;
      return new LuaError({
        kind: 'runtime',
        message: String(message ?? 'an error without a message'),
        code: typeof code === 'number' ? code : undefined,
      });
    }
    if (type !== LuaType.String)
      return new LuaError({ kind: 'runtime', message: `error(${lua.lua_typename(thread, type)})` });
    const text = String(this.values.read(thread, -1));
    return new LuaError(describeError(text.endsWith('not enough memory') ? 'memory' : 'runtime', text));
  }

  private requireOpen(): void {
    if (this.closed) throw new LuaError({ kind: 'closed', message: 'the session of this script is closed' });
  }
}
