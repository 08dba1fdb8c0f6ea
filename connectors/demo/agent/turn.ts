/** One prompt being worked on: what it says, its open tool calls, and the end of it by a cancel. */
import { randomUUID } from 'node:crypto';
import type { Wire } from './wire.js';

export type StopReason = 'end_turn' | 'max_tokens' | 'refusal' | 'cancelled';

/** What belongs to the session and outlives the turn. */
export interface SessionState {
  id: string;
  cwd: string;
  mode: 'ask' | 'auto';
  /** Milliseconds between two words of an answer. */
  pace: number;
  ignoreCancel: boolean;
  /** Rough count of tokens in the conversation. */
  used: number;
  /** What it was asked, oldest first. */
  prompts: string[];
}

/** Thrown out of a step when the turn was cancelled. */
export class Cancelled extends Error {}

export class Turn {
  readonly abort = new AbortController();
  private readonly openCalls = new Set<string>();

  constructor(
    readonly session: SessionState,
    readonly wire: Wire,
    readonly promptMeta: unknown,
  ) {}

  update(update: Record<string, unknown>): void {
    this.wire.notify('session/update', { sessionId: this.session.id, update });
  }

  /** One message, a word at a time. */
  async say(
    text: string,
    kind: 'agent_message_chunk' | 'agent_thought_chunk' = 'agent_message_chunk',
  ): Promise<void> {
    const messageId = randomUUID();
    for (const piece of text.match(/\s*\S+(?:\s+$)?|\s+/g) ?? []) {
      this.update({ sessionUpdate: kind, messageId, content: { type: 'text', text: piece } });
      await this.sleep(this.session.pace);
    }
    this.session.used += Math.ceil(text.length / 4);
  }

  /** Announces a tool call; it is settled by finish(), at the latest when the turn ends. */
  startCall(call: Record<string, unknown>): string {
    const toolCallId = randomUUID();
    this.openCalls.add(toolCallId);
    this.update({ sessionUpdate: 'tool_call', toolCallId, status: 'pending', ...call });
    return toolCallId;
  }

  updateCall(toolCallId: string, fields: Record<string, unknown>): void {
    this.update({ sessionUpdate: 'tool_call_update', toolCallId, ...fields });
  }

  finishCall(toolCallId: string, status: 'completed' | 'failed', fields: Record<string, unknown> = {}): void {
    if (this.openCalls.delete(toolCallId)) this.updateCall(toolCallId, { status, ...fields });
  }

  /** ACP v1 has no status for a cancelled call: it failed. */
  settleCalls(): void {
    for (const id of [...this.openCalls]) this.finishCall(id, 'failed');
  }

  /** Asks the person; false when they say no. Rejects with Cancelled. */
  async permission(toolCallId: string): Promise<boolean> {
    if (this.session.mode === 'auto') return true;
    const answer = await this.orCancelled(
      this.wire.request('session/request_permission', {
        sessionId: this.session.id,
        toolCall: { toolCallId },
        options: [
          { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
          { optionId: 'always', name: 'Always allow in this session', kind: 'allow_always' },
          { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
        ],
      }),
    );
    const { outcome } = answer as { outcome: { outcome: string; optionId?: string } };
    if (outcome.outcome === 'cancelled') throw new Cancelled();
    if (outcome.optionId === 'always') {
      this.session.mode = 'auto';
      this.update({ sessionUpdate: 'current_mode_update', currentModeId: 'auto' });
    }
    return outcome.optionId === 'allow' || outcome.optionId === 'always';
  }

  /** Asks the person with a form. Rejects with Cancelled. */
  async form(
    message: string,
    requestedSchema: object,
  ): Promise<{ action: string; content?: Record<string, unknown> }> {
    const params = { sessionId: this.session.id, mode: 'form', message, requestedSchema };
    const answer = await this.orCancelled(this.wire.request('elicitation/create', params));
    return answer as { action: string; content?: Record<string, unknown> };
  }

  sleep(ms: number): Promise<void> {
    let timer: NodeJS.Timeout;
    return this.orCancelled(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }),
    ).finally(() => clearTimeout(timer));
  }

  /** What `promise` resolves to, unless the turn is cancelled first. */
  orCancelled<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.abort;
    return new Promise((resolve, reject) => {
      const cancel = () => reject(new Cancelled());
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
    });
  }
}
