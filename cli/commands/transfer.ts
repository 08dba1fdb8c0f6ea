/** `praxis session export | import`: a journal as markdown for people, or as JSON lines that bring the session back. */
import { createInterface } from 'node:readline';
import { type Client, foldEvents, type SessionEvent, transcriptMarkdown } from '../../client/index.js';
import {
  ExportedEvent,
  ExportHead,
  MAX_BATCH_BYTES,
  newId,
  parseFrame,
  SessionInfo,
} from '../../proto/index.js';
import { withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { type Io, json, say } from '../io.js';

/** The version of the file; what is added is optional. */
const VERSION = 1;

export function exportSession(
  io: Io,
  id: string,
  options: { format: 'markdown' | 'jsonl' },
): Promise<number> {
  return withClient(io, async (client) => {
    const session = await within(client.findSession(id));
    const { sessionId } = session;
    if (options.format === 'jsonl') {
      json(io, { praxis: 'session', version: VERSION, ...session });
      for await (const event of journal(client, sessionId)) json(io, event);
      return 0;
    }
    const events: SessionEvent[] = [];
    for await (const { frame, ...event } of journal(client, sessionId))
      events.push({ sessionId, ...event, frame: parseFrame(frame) });
    const view = foldEvents(sessionId, events);
    Object.assign(
      view.session,
      SessionInfo.pick({ title: true, agent: true, node: true, cwd: true }).parse(session),
    );
    io.stdout.write(transcriptMarkdown(view));
    return 0;
  });
}

/** Every event that the session has now. */
async function* journal(client: Client, sessionId: string): AsyncGenerator<ExportedEvent> {
  let until: number | undefined;
  for (let after = 0; until === undefined || after < until; ) {
    const page = await within(client.call('_praxis/session/events', { sessionId, after }));
    until ??= page.last;
    for (const { seq, epoch, at, frame } of page.events) if (seq <= until) yield { seq, epoch, at, frame };
    const newest = page.events.at(-1)?.seq;
    if (newest === undefined) return;
    after = newest;
  }
}

export function importSession(io: Io, options: { newId?: boolean; json?: boolean }): Promise<number> {
  return withClient(io, async (client) => {
    const lines = createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    let head: ExportHead | undefined;
    let sessionId = '';
    let events: ExportedEvent[] = [];
    let size = 0;
    const send = async (last: boolean) => {
      if (!head)
        throw new UsageError('The input is empty: pipe in what praxis session export --format jsonl printed');
      await within(client.call('_praxis/session/import', { sessionId, head, events, last }), 60_000);
      events = [];
      size = 0;
    };
    let number = 0;
    for await (const line of lines) {
      number++;
      if (head === undefined) {
        head = read(ExportHead, line, number);
        sessionId = options.newId ? newId() : head.sessionId;
        continue;
      }
      events.push(read(ExportedEvent, line, number));
      size += line.length;
      if (size >= MAX_BATCH_BYTES) await send(false);
    }
    await send(true);
    if (options.json) json(io, { sessionId });
    else say(io, sessionId);
    return 0;
  });
}

function read<T>(schema: { safeParse(value: unknown): { data?: T } }, line: string, number: number): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`Line ${number} is not JSON`);
  }
  const { data } = schema.safeParse(value);
  if (data === undefined) throw new UsageError(`Line ${number} is none of an exported session`);
  return data;
}
