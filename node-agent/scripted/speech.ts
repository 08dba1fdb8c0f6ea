/**
 * What a script says, as `session/update` frames: chunks of one text share a message id, a tool call is announced once, and none of a
 * turn is left open when it is answered. A helper in the background goes on after the turn that began it, and so do its calls.
 */
import { z } from 'zod';
import { newId } from '../../proto/index.js';
import type { ToolUpdate } from './shapes.js';

type Chunk = 'agent_message_chunk' | 'agent_thought_chunk';

export class Speech {
  /** The text under way. */
  private current: { kind: Chunk; messageId: string } | undefined;
  /** With the call of the helper that makes each, if one does. */
  private readonly openTools = new Map<string, string | undefined>();
  private announced = new Set<string>();

  constructor(private readonly update: (update: Record<string, unknown>) => void) {}

  /** A piece of text. Without an id of its own it belongs to the same message as the piece before, unless something else was said between. */
  chunk(kind: Chunk, text: string, id: string | undefined): void {
    if (text === '') return;
    const goesOn = this.current?.kind === kind && (id === undefined || this.current.messageId === id);
    if (!goesOn) this.current = { kind, messageId: id ?? newId() };
    this.update({
      sessionUpdate: kind,
      content: { type: 'text', text },
      messageId: this.current?.messageId,
    });
  }

  /** Announces a tool call, or says what became of it. One that is not known yet is announced, with its id as title if need be. */
  tool(fields: ToolUpdate): void {
    const { toolCallId, status } = fields;
    this.endMessage();
    const isNew = !this.announced.has(toolCallId);
    this.announced.add(toolCallId);
    if (status === 'completed' || status === 'failed') this.openTools.delete(toolCallId);
    else if (isNew || status)
      this.openTools.set(toolCallId, parentOf(fields) ?? this.openTools.get(toolCallId));
    if (isNew) this.update({ sessionUpdate: 'tool_call', title: toolCallId, status: 'pending', ...fields });
    else this.update({ sessionUpdate: 'tool_call_update', ...fields });
  }

  /** The next piece of text begins a new message. */
  endMessage(): void {
    this.current = undefined;
  }

  /** The turn is over: what still runs has failed, as far as anybody will know, unless a helper in the background makes it. */
  endTurn(): void {
    this.endMessage();
    this.fail([...this.openTools.keys()].filter((id) => !this.isInBackground(id)));
    this.announced = new Set(this.openTools.keys());
  }

  /** The agent is gone. */
  end(): void {
    this.endMessage();
    this.fail([...this.openTools.keys()]);
  }

  private fail(ids: readonly string[]): void {
    for (const toolCallId of ids) {
      this.openTools.delete(toolCallId);
      this.update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'failed' });
    }
  }

  /** The call of its helper has been answered, and the helper goes on. */
  private isInBackground(toolCallId: string): boolean {
    const seen = new Set<string>();
    for (let id = toolCallId; !seen.has(id); ) {
      seen.add(id);
      const parent = this.openTools.get(id);
      if (parent === undefined) return false;
      if (!this.openTools.has(parent)) return true;
      id = parent;
    }
    return false;
  }
}

const Nested = z.object({ claudeCode: z.object({ parentToolUseId: z.string() }) });

const parentOf = ({ _meta }: ToolUpdate) => Nested.safeParse(_meta).data?.claudeCode.parentToolUseId;
