/**
 * What agents have announced of their tool calls in the turn that runs: a question often names no more than the call's id, and
 * whoever answers it elsewhere than in the transcript must see what it is about. In memory; a service that was started anew finds in
 * the journal again what open questions are about.
 */
import { parseFrame } from '../../proto/index.js';
import type { Store } from '../store/index.js';
import type { Session } from './session.js';

/** What a person needs to see of a call, and what the policy looks at. */
const SHOWN = ['title', 'kind', 'rawInput', 'locations', 'content'] as const;

export type ToolCall = { toolCallId: string } & Partial<Record<(typeof SHOWN)[number], unknown>>;

/** Calls of a session that are kept, the newest. */
const MAX_CALLS = 64;
/** Events of a journal that are looked through at once, from its end, and at most. Agents announce a call right before they ask. */
const RECALL_PAGE = 1_000;
const MAX_RECALL = 10_000;
/** Characters of JSON of one member; what is larger stands in the transcript only. */
const MAX_MEMBER = 64 * 1024;

export class ToolCalls {
  private readonly bySession = new Map<string, Map<string, ToolCall>>();

  /** The agent announced or changed a call. */
  note(session: string, update: Record<string, unknown>): void {
    const { toolCallId } = update;
    if (typeof toolCallId !== 'string') return;
    const calls = this.bySession.get(session) ?? new Map<string, ToolCall>();
    this.bySession.set(session, calls);
    const call = calls.get(toolCallId) ?? { toolCallId };
    for (const name of SHOWN) {
      const value = update[name];
      if (value !== undefined && value !== null && JSON.stringify(value).length <= MAX_MEMBER)
        call[name] = value;
    }
    calls.delete(toolCallId);
    calls.set(toolCallId, call);
    for (const id of calls.keys()) {
      if (calls.size <= MAX_CALLS) break;
      calls.delete(id);
    }
  }

  /** A call as the question gives it, and what was announced of it before. */
  whole(session: string, asked: unknown): ToolCall | undefined {
    const call = (asked ?? {}) as Partial<ToolCall>;
    const known = this.bySession.get(session)?.get(String(call.toolCallId));
    if (!known) return undefined;
    const given = Object.entries(call).filter(([, value]) => value !== undefined && value !== null);
    return { ...known, ...Object.fromEntries(given) };
  }

  /** Takes from the journal what was announced of these calls in the turn that runs, and of those around them. */
  async recall(session: Session, ids: Iterable<string>, store: Pick<Store, 'events'>): Promise<void> {
    const { seq: last } = session.record;
    const missing = new Set(ids);
    const updates: Record<string, unknown>[] = [];
    let begun = false;
    for (
      let end = last;
      end > 0 && end > last - MAX_RECALL && missing.size > 0 && !begun;
      end -= RECALL_PAGE
    ) {
      const page: Record<string, unknown>[] = [];
      for (const frame of await between(store, session.id, Math.max(0, end - RECALL_PAGE), end)) {
        const { update, turnId, state } = frame;
        if (turnId !== undefined && turnId === session.running?.id && state === 'running') {
          begun = true;
          page.length = 0;
        } else if (typeof update === 'object' && update !== null)
          page.push(update as Record<string, unknown>);
      }
      for (const { sessionUpdate, toolCallId } of page)
        if (sessionUpdate === 'tool_call') missing.delete(String(toolCallId));
      updates.unshift(...page);
    }
    for (const update of updates) this.note(session.id, update);
  }

  /** The turn is over. */
  forget(session: string): void {
    this.bySession.delete(session);
  }
}

/** The params of the notifications with `after` < seq <= `end`, in order. */
async function between(store: Pick<Store, 'events'>, session: string, after: number, end: number) {
  const found: Record<string, unknown>[] = [];
  for (let seq = after; seq < end; ) {
    const events = await store.events(session, seq, end - seq);
    if (events.length === 0) break;
    for (const event of events) {
      const frame = parseFrame(event.frame);
      if (frame.kind === 'notification') found.push(frame.params);
    }
    seq = events.at(-1)!.seq;
  }
  return found;
}
