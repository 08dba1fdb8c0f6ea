/** The `json` functions of Lua, as C functions that all VMs of a runtime share. They keep no state. */
import type { Pointer, Runtime } from './runtime.js';
import { ARRAY, ValueError, Values } from './values.js';

export interface JsonFunctions {
  encode: Pointer;
  decode: Pointer;
  markArray: Pointer;
}

/** A C function of Lua that runs this; what it throws as a ValueError becomes an error at the script's line. */
export function guard(runtime: Runtime, run: (state: Pointer) => number): Pointer {
  const { lua, raw } = runtime;
  const values = new Values(runtime);
  /** It leaves by longjmp, through this frame. */
  const raise = (state: Pointer, message: string): number => {
    lua.luaL_where(state, 1);
    values.push(state, message);
    lua.lua_concat(state, 2);
    return lua.lua_error(state);
  };
  /** Only our own errors become Lua errors: whatever else is thrown here may be Lua's own longjmp. */
  return raw.addFunction((state) => {
    try {
      return run(state!);
    } catch (thrown) {
      if (thrown instanceof ValueError) return raise(state!, thrown.message);
      throw thrown;
    }
  }, 'ii');
}

export function jsonFunctions(runtime: Runtime): JsonFunctions {
  const { lua } = runtime;
  const values = new Values(runtime);
  const returning = (run: (state: Pointer) => void) =>
    guard(runtime, (state) => {
      run(state);
      return 1;
    });
  return {
    encode: returning((state) => values.push(state, JSON.stringify(values.read(state, 1) ?? null))),
    decode: returning((state) => values.push(state, parse(values.read(state, 1)))),
    markArray: returning((state) => {
      lua.lua_settop(state, 1);
      values.requireTable(state, 1);
      lua.luaL_setmetatable(state, ARRAY);
    }),
  };
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') throw new ValueError('json.decode takes a string');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ValueError(`json.decode: ${(error as Error).message}`);
  }
}
