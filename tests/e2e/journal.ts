/** What the journal holds of a session beside what its agent said, counted: the three numbers of every fault test. */
import type { Client } from '../../client/index.js';
import { agentLog } from './agents/scripted.js';

export interface Journaled {
  seq: number;
  epoch: number;
  frame: string;
}

/** The whole journal of a session, page by page. */
export async function readJournal(client: Client, sessionId: string): Promise<Journaled[]> {
  const all: Journaled[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const { events, last } = await client.call('_praxis/session/events', { sessionId, after, limit: 5_000 });
    all.push(...events);
    if (events.length === 0 || all.at(-1)!.seq >= last) return all;
  }
}

export interface Comparison {
  said: number;
  lost: number;
  doubled: number;
  inOrder: boolean;
}

/** The updates that the agent logged against those in the journal. The agent's own session id is written as ours. */
export function compare(journal: readonly Journaled[], sessionId: string, logFile: string): Comparison {
  const isUpdate = (line: string) => line.includes('"session/update"');
  const said = agentLog(logFile, 'wrote')
    .filter(isUpdate)
    .map((line) => line.replaceAll(/native-\d+/g, sessionId));
  const kept = journal.map(({ frame }) => frame).filter(isUpdate);
  const counts = new Map<string, number>();
  for (const line of kept) counts.set(line, (counts.get(line) ?? 0) + 1);
  return {
    said: said.length,
    lost: said.filter((line) => !counts.has(line)).length,
    doubled: [...counts.values()].filter((count) => count > 1).length,
    inOrder: said.length === kept.length && said.every((line, i) => line === kept[i]),
  };
}
