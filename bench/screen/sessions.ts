/** The sessions that the screen is measured with, made by the demo agent over the real system. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '../../client/index.js';
import type { System } from '../../tests/support/system.js';

const TURNS = 100;
/** Together with a turn's own events: 1,000 each. */
const STEPS = '/stream 96 32\n/read notes.txt\n'.repeat(10);

/** Milliseconds between two chunks of a session that streams: what fast models say. */
const CHUNK_MS = 10;

/** What the long session ends with. */
export const THE_END = 'The end of it all.';

const promptOf = (text: string) => [{ type: 'text' as const, text }];

/** A session of a hundred turns, each with ten messages and ten tool calls. */
export async function longSession(
  system: System,
  client: Client,
): Promise<{ sessionId: string; events: number }> {
  writeFileSync(join(system.work, 'notes.txt'), 'Notes.\n');
  const { sessionId, cursor } = await client.newSession(
    { connector: 'demo', cwd: system.work, title: 'Long session' },
    () => undefined,
  );
  for (let turn = 0; turn < TURNS; turn++) await client.prompt(sessionId, promptOf(STEPS)).result;
  await client.prompt(sessionId, promptOf(`/echo ${THE_END}`)).result;
  const { seq } = cursor;
  await cursor.detach();
  return { sessionId, events: seq };
}

/** Makes `count` sessions stream until they are closed. */
export async function streamingSessions(system: System, client: Client, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const { sessionId, cursor } = await client.newSession(
      { connector: 'demo', cwd: system.work, title: `Stream ${i}` },
      () => undefined,
    );
    await streams(client, sessionId);
    await cursor.detach();
  }
}

export const streams = (client: Client, sessionId: string): Promise<void> =>
  client.prompt(sessionId, promptOf(`/stream 1000000 8 ${CHUNK_MS}`)).accepted;
