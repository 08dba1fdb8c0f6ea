/**
 * What a script says, as `session/update` frames: chunks of one text share a message id, a tool call is announced once, and none
 * is left open when its turn is answered.
 */
import { newId } from '../../proto/index.js';
import type { ToolUpdate } from './shapes.js';

type Chunk = 'agent_message_chunk' | 'agent_thought_chunk';

export class Speech {
  /** The text under way. */
  private current: { kind: Chunk; messageId: string } | undefined;
  private readonly openTools = new Set<string>();
  private readonly announced = new Set<string>();

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
    else if (isNew || status) this.openTools.add(toolCallId);
    if (isNew) this.update({ sessionUpdate: 'tool_call', title: toolCallId, status: 'pending', ...fields });
    else this.update({ sessionUpdate: 'tool_call_update', ...fields });
  }

  /** The next piece of text begins a new message. */
  endMessage(): void {
    this.current = undefined;
  }

  /** The turn is over: what still runs has failed, as far as anybody will know. */
  endTurn(): void {
    this.endMessage();
    for (const toolCallId of this.openTools)
      this.update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'failed' });
    this.openTools.clear();
    this.announced.clear();
  }
}
