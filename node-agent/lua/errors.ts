/** What goes wrong in Lua, as a type. It crosses from the worker to the node as plain data. */

export type LuaErrorKind =
  /** The script is no Lua; nothing ran. */
  | 'syntax'
  /** error(), or an operation that Lua refuses. */
  | 'runtime'
  /** The VM reached LUA_MEMORY_BYTES. */
  | 'memory'
  /** The script computed longer than LUA_SLICE_MS without waiting; its VM is gone. */
  | 'timeout'
  /** The VM was made anew because a neighbour on its worker was stopped; what it was waiting for is lost. */
  | 'restarted'
  /** The VM is closed. */
  | 'closed';

export interface LuaErrorData {
  kind: LuaErrorKind;
  message: string;
  /** The script's name, and the line in it, where Lua knows them. */
  file?: string | undefined;
  line?: number | undefined;
  /** From `error { code = ..., message = ... }`: the code of an ACP error. */
  code?: number | undefined;
}

export class LuaError extends Error implements LuaErrorData {
  readonly kind: LuaErrorKind;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly code: number | undefined;

  constructor(data: LuaErrorData) {
    super(data.message);
    this.name = 'LuaError';
    this.kind = data.kind;
    this.file = data.file;
    this.line = data.line;
    this.code = data.code;
  }
}

/** Of a script that did not stop computing. */
export const computedTooLong = (sliceMs: number): LuaErrorData => ({
  kind: 'timeout',
  message: `the script computed longer than ${sliceMs} ms without waiting and was stopped`,
});

/** Takes the position out of Lua's own "file:line: message". */
export function describeError(kind: LuaErrorKind, text: string): LuaErrorData {
  const match = /^(.+?):(\d+): (.*)$/s.exec(text);
  return match ? { kind, message: text, file: match[1], line: Number(match[2]) } : { kind, message: text };
}
