/**
 * Values between JavaScript and Lua: what JSON can say, and strings as bytes. Tables are read without their metatables, so
 * reading one never runs a script. `json.null` in Lua is null here; nil is undefined.
 */
import { LuaType } from 'wasmoon';
import { MAX_FRAME_BYTES, MAX_FRAME_DEPTH } from '../../proto/index.js';
import type { Pointer, Runtime } from './runtime.js';

/**
 * Tables, numbers and the like in one value that leaves Lua. A table that is in another many times counts each time, and
 * a list may claim to be endless, so that a small script could else make what no memory holds.
 */
const MAX_ITEMS = 100_000;

/** Slots of the Lua stack that one level of a table needs. */
const SLOTS = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value that cannot cross. */
export class ValueError extends Error {}

export class Values {
  /** Of the value that is being read. */
  private items = 0;
  private stringBytes = 0;

  constructor(private readonly runtime: Runtime) {}

  /** Pushes one value. Buffers become strings of their bytes; functions and the like are refused. */
  push(state: Pointer, value: unknown, depth = 0): void {
    const { lua } = this.runtime;
    requireDepth(depth);
    lua.lua_checkstack(state, SLOTS);
    if (value === undefined) lua.lua_pushnil(state);
    else if (value === null) lua.lua_pushlightuserdata(state, 0);
    else if (typeof value === 'boolean') lua.lua_pushboolean(state, value ? 1 : 0);
    else if (typeof value === 'number') this.pushNumber(state, value);
    else if (typeof value === 'string') this.pushBytes(state, encoder.encode(value));
    else if (value instanceof Uint8Array) this.pushBytes(state, value);
    else if (Array.isArray(value)) this.pushArray(state, value, depth);
    else if (typeof value === 'object') this.pushObject(state, value, depth);
    else throw new ValueError(`a ${typeof value} cannot be given to Lua`);
  }

  /** Reads the value at `index` of the stack. Throws a ValueError for what JSON cannot say, and for too much. */
  read(state: Pointer, index: number): unknown {
    this.items = 0;
    this.stringBytes = 0;
    return this.readAt(state, index, 0);
  }

  private readAt(state: Pointer, index: number, depth: number): unknown {
    const { lua } = this.runtime;
    requireItems(++this.items);
    switch (lua.lua_type(state, index)) {
      case LuaType.None:
      case LuaType.Nil:
        return undefined;
      case LuaType.Boolean:
        return lua.lua_toboolean(state, index) !== 0;
      case LuaType.Number:
        return lua.lua_tonumberx(state, index, null);
      case LuaType.String:
        return this.text(state, index);
      case LuaType.LightUserdata:
        return null;
      case LuaType.Table:
        return this.readTable(state, lua.lua_absindex(state, index), depth);
      default:
        throw new ValueError(`a ${lua.lua_typename(state, lua.lua_type(state, index))} cannot leave Lua`);
    }
  }

  /** A copy of the bytes of the string at `index`. */
  bytes(state: Pointer, index: number): Uint8Array {
    const { raw, out } = this.runtime;
    const start = raw._lua_tolstring(state, index, out);
    return raw.HEAPU8.slice(start, start + this.runtime.readOut());
  }

  requireTable(state: Pointer, index: number): void {
    if (this.runtime.lua.lua_type(state, index) !== LuaType.Table)
      throw new ValueError('a table is needed here');
  }

  private pushBytes(state: Pointer, bytes: Uint8Array): void {
    this.runtime.withBytes(bytes, (at) => this.runtime.raw._lua_pushlstring(state, at, bytes.length));
  }

  /** Whole numbers are integers in Lua, so that 1 prints as 1 and not as 1.0. */
  private pushNumber(state: Pointer, value: number): void {
    if (Number.isSafeInteger(value)) this.runtime.lua.lua_pushinteger(state, BigInt(value));
    else this.runtime.lua.lua_pushnumber(state, value);
  }

  private pushArray(state: Pointer, items: unknown[], depth: number): void {
    const { lua } = this.runtime;
    lua.lua_createtable(state, items.length, 0);
    lua.luaL_setmetatable(state, ARRAY);
    items.forEach((item, i) => {
      lua.lua_pushinteger(state, BigInt(i + 1));
      this.push(state, item ?? null, depth + 1);
      lua.lua_rawset(state, -3);
    });
  }

  private pushObject(state: Pointer, object: object, depth: number): void {
    const { lua } = this.runtime;
    lua.lua_createtable(state, 0, 0);
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue;
      this.push(state, key, depth + 1);
      this.push(state, value, depth + 1);
      lua.lua_rawset(state, -3);
    }
  }

  /** A table with items 1 to n is an array; an empty one is an object, unless json.array() made it. */
  private readTable(state: Pointer, index: number, depth: number): unknown {
    const { lua } = this.runtime;
    requireDepth(depth);
    lua.lua_checkstack(state, SLOTS);
    // A lua_Unsigned: a BigInt, whatever wasmoon's types say.
    const length = Number(lua.lua_rawlen(state, index));
    if (length > 0 || this.isArray(state, index)) {
      requireItems(this.items + length);
      return Array.from({ length }, (_, i) => {
        lua.lua_rawgeti(state, index, BigInt(i + 1));
        const item = this.readAt(state, -1, depth + 1);
        lua.lua_pop(state, 1);
        return item ?? null;
      });
    }
    const entries: [string, unknown][] = [];
    lua.lua_pushnil(state);
    while (lua.lua_next(state, index) !== 0) {
      if (lua.lua_type(state, -2) !== LuaType.String)
        throw new ValueError('a table has strings as keys, or is a list');
      entries.push([this.text(state, -2), this.readAt(state, -1, depth + 1)]);
      lua.lua_pop(state, 1);
    }
    // Lua gives them in no order; sorted, the same table is always the same text.
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private text(state: Pointer, index: number): string {
    const bytes = this.bytes(state, index);
    this.stringBytes += bytes.length;
    if (this.stringBytes > MAX_FRAME_BYTES)
      throw new ValueError(`a value may have ${MAX_FRAME_BYTES} bytes of text at most`);
    return decoder.decode(bytes);
  }

  private isArray(state: Pointer, index: number): boolean {
    const { lua } = this.runtime;
    if (lua.lua_getmetatable(state, index) === 0) return false;
    lua.luaL_getmetatable(state, ARRAY);
    const same = lua.lua_rawequal(state, -1, -2) !== 0;
    lua.lua_pop(state, 2);
    return same;
  }
}

/** A table in itself nests for ever. */
function requireDepth(depth: number): void {
  if (depth > MAX_FRAME_DEPTH) throw new ValueError(`a value may nest ${MAX_FRAME_DEPTH} levels at most`);
}

function requireItems(items: number): void {
  if (items > MAX_ITEMS) throw new ValueError(`a value may have ${MAX_ITEMS} items at most`);
}

/** The metatable of a list, in each VM's registry. */
export const ARRAY = 'json.array';
