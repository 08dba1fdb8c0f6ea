/** Lua as the rest of the node uses it. */
export { LuaError } from './errors.js';
export { LuaPool, type LuaScript, type LuaVm } from './pool.js';
