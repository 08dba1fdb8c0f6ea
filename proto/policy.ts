/**
 * What is decided without a person: the policy of approvals, and the limits that the owner of a node sets for its sessions.
 * A session's own policy takes the place of its node's.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Name } from './ids.js';
import { memberText } from './splice.js';

/** What a tool call does (https://agentclientprotocol.com/protocol/v1/tool-calls). */
export const ToolKind = z.enum([
  'read',
  'edit',
  'delete',
  'move',
  'search',
  'execute',
  'think',
  'fetch',
  'switch_mode',
  'other',
]);
export type ToolKind = z.infer<typeof ToolKind>;

/** An empty one asks a person about everything and waits for ever. */
export const ApprovalPolicy = z.strictObject({
  /** Questions about tool calls of these kinds are answered "allow" at once. */
  auto: z.array(ToolKind).max(ToolKind.options.length).default([]),
  /** What nobody has answered after so many seconds is answered "reject". */
  denyAfterSecs: z.number().int().min(1).max(604_800).optional(),
});
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

/** Seconds without an event after which an idle session is ended. */
export const IdleTimeoutSecs = z.number().int().min(1).max(31_536_000);

/** What node.json says about the sessions of the node. */
export const NodePolicy = z.looseObject({
  approvals: ApprovalPolicy.optional(),
  idleTimeoutSecs: IdleTimeoutSecs.optional(),
  /** The same for the sessions of some agents, by the ids of their connectors; goes before `idleTimeoutSecs`. */
  agentIdleTimeoutSecs: z.record(Name, IdleTimeoutSecs).optional(),
  /** Sessions that may live on the node at a time. One more is refused with TooManySessions. */
  maxSessions: z.number().int().min(1).max(100_000).optional(),
  /** Frames of one agent that are read in a second. One that says more is read no faster, and its transcript says so once. */
  maxFramesPerSecond: z.number().int().min(1).max(1_000_000).optional(),
});
export type NodePolicy = z.infer<typeof NodePolicy>;

/** Names the exact arguments of a question: the SHA-256 of its `params` as they were said, byte for byte, in hex. */
export const argumentsHash = (line: string): string =>
  createHash('sha256')
    .update(memberText(line, ['params']) ?? '')
    .digest('hex');
