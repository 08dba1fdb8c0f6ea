/** What the benchmarks measure: something that opens sessions with an agent and runs prompts in them. Praxis and the relay both are. */

export interface Session {
  /** Runs a prompt to its answer. `frames` counts the chunks of the reply that came before it. */
  prompt(text: string): Promise<{ frames: number }>;
  close(): Promise<void>;
}

export interface Target {
  readonly name: string;
  open(): Promise<Session>;
  close(): Promise<void>;
}

/** A notification that carries a piece of the reply; an agent may say other things at any time. */
export const isChunk = ({ params }: { params?: Record<string, unknown> }): boolean =>
  (params?.update as { sessionUpdate?: string } | undefined)?.sessionUpdate === 'agent_message_chunk';

/** A row of the table. `limit` is what the same run reached without Praxis; `target` is what Praxis has to reach. */
export interface Row {
  what: string;
  praxis: string;
  limit: string;
  ratio: string;
  target: string;
}
