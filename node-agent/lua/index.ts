/** Lua as the rest of the node uses it. */
export { describeError, LuaError } from './errors.js';
export { LuaPool, type LuaScript, type LuaVm, type LuaVmOptions } from './pool.js';
