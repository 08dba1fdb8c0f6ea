/**
 * What a script says to the host without waiting: a C function that all VMs of a runtime share, each with its own id bound to it.
 * It is no yield, so it does not begin a new slice: a script that says things for ever is stopped like one that computes for ever.
 */
import { LUA_REGISTRYINDEX } from 'wasmoon';
import { guard } from './json.js';
import type { Pointer, Runtime } from './runtime.js';
import { Values } from './values.js';

export type Tell = (vm: number, name: string, args: unknown[]) => void;

/** lua_upvalueindex(1). */
const BOUND = LUA_REGISTRYINDEX - 1;

export function tellFunction(runtime: Runtime, tell: Tell): Pointer {
  const { lua } = runtime;
  const values = new Values(runtime);
  return guard(runtime, (state) => {
    const [name, ...args] = Array.from({ length: lua.lua_gettop(state) }, (_, i) =>
      values.read(state, i + 1),
    );
    tell(lua.lua_tonumberx(state, BOUND, null), String(name), args);
    return 0;
  });
}
