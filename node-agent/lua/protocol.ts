/** The messages between the node and a worker of Lua VMs, and the memory that both see. */
import type { LuaErrorData } from './errors.js';
import type { Answer, Owner } from './vm.js';

export interface WorkerData {
  memory: number;
  sliceMs: number;
  /** Two int32: which VM computes now (0: none), and a count that grows with every slice. */
  watch: SharedArrayBuffer;
}

export const RUNNING = 0;
export const SLICES = 1;

export type Operation =
  | { op: 'compile'; vm: 0; name: string; source: string }
  | { op: 'open'; vm: number; name: string; bytecode: Uint8Array }
  | { op: 'call'; vm: number; owner: Owner; name: string; args: readonly unknown[] }
  | { op: 'close'; vm: number };

export type Outcome = { ok: true; value: unknown } | { ok: false; error: LuaErrorData };

export type ToWorker =
  | { kind: 'request'; id: number; operation: Operation }
  /** The node did what a script asked of the host. */
  | ({ kind: 'answer'; id: number } & Answer);

export type FromWorker =
  | { kind: 'outcome'; id: number; outcome: Outcome }
  | { kind: 'host'; id: number; vm: number; name: string; args: unknown[] }
  /** Something that a script says to the host without waiting for an answer. */
  | { kind: 'tell'; vm: number; name: string; args: unknown[] };

/** What a script returned when it was loaded. */
export interface ScriptFace {
  functions: string[];
  /** What it returned besides functions. */
  fields: Record<string, unknown>;
}
