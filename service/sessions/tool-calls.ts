/**
 * What agents have announced of their tool calls in the turn that runs: a question often names no more than the call's id, and
 * whoever answers it elsewhere than in the transcript must see what it is about. In memory; of the calls that are asked about it is
 * kept with the question too, for a service that is started anew.
 */

/** What a person needs to see of a call, and what the policy looks at. */
const SHOWN = ['title', 'kind', 'rawInput', 'locations', 'content'] as const;

export type ToolCall = { toolCallId: string } & Partial<Record<(typeof SHOWN)[number], unknown>>;

/** Calls of a session that are kept, the newest. */
const MAX_CALLS = 64;
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
    const known = this.get(session, String(call.toolCallId));
    if (!known) return undefined;
    const given = Object.entries(call).filter(([, value]) => value !== undefined && value !== null);
    return { ...known, ...Object.fromEntries(given) };
  }

  /** What was announced of a call; undefined: nothing. */
  get(session: string, toolCallId: string): ToolCall | undefined {
    return this.bySession.get(session)?.get(toolCallId);
  }

  /** The turn is over. */
  forget(session: string): void {
    this.bySession.delete(session);
  }
}
