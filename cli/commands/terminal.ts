/** `praxis session terminal`: the terminal that a session's agent runs on, to look at and, when asked for, to type on. */
import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';
import { type Client, sanitizeCells, sanitizeLine } from '../../client/index.js';
import { ErrorCode, PraxisError, TerminalPicture } from '../../proto/index.js';
import { ANSWER_MS, withClient, within } from '../connect.js';
import { UsageError } from '../exit.js';
import { type Io, json, note, say, written } from '../io.js';
import { Painter } from '../terminal/painter.js';

/** Milliseconds that one request to the node waits for a change. */
const WAIT_MS = 10_000;

/** Milliseconds between two pictures: what a program draws in between is seen in the next one. */
const PICTURE_MS = 33;

/** Ctrl+], as telnet has it: leaves, and is never typed. */
const LEAVE = '\x1d';
/** While nothing can be typed, these leave too. */
const LEAVE_READING = ['q', '\x03'];

export interface TerminalOptions {
  write?: boolean;
  json?: boolean;
}

export async function terminal(io: Io, id: string, options: TerminalOptions): Promise<number> {
  if (options.write && (options.json || !io.stdout.isTTY || !io.stdin.isTTY))
    throw new UsageError('--write needs a terminal to type on, and no --json');
  return withClient(io, async (client) => {
    const { sessionId } = await within(client.findSession(id));
    const first = await look(client, sessionId);
    if (options.write && !first.writable)
      throw new PraxisError(
        ErrorCode.Forbidden,
        "The node's owner lets nobody type there (node.json: terminal)",
      );
    if (options.json) json(io, { ...first, text: textOf(first) });
    else if (!io.stdout.isTTY || !io.stdin.isTTY) say(io, textOf(first));
    else return watch(io, client, sessionId, first, options.write === true);
    return 0;
  });
}

async function look(client: Client, sessionId: string, after?: string): Promise<TerminalPicture> {
  const waitMs = after === undefined ? 0 : WAIT_MS;
  const asked = client.call('_praxis/terminal/show', { sessionId, waitMs, ...(after && { after }) });
  return TerminalPicture.parse(await within(asked, waitMs + ANSWER_MS));
}

/** The rows as text, each cell where it is. */
function textOf({ rows, lines }: TerminalPicture): string {
  const text = Array.from({ length: rows }, () => '');
  for (const { row, runs } of lines)
    for (const { column, text: run } of runs)
      text[row] = (text[row] ?? '').padEnd(column) + sanitizeCells(run);
  return text
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

async function watch(
  io: Io,
  client: Client,
  sessionId: string,
  first: TerminalPicture,
  write: boolean,
): Promise<number> {
  const { stdin, stdout } = io as Io & { stdin: ReadStream };
  const leaving = new AbortController();
  const problems: string[] = [];
  const painter = new Painter({
    stdout,
    colours: !io.env.NO_COLOR,
    status: ({ title }) =>
      [write ? 'TYPING on the agent’s terminal' : 'read-only', 'Ctrl+] leaves', title]
        .filter(Boolean)
        .join(' · '),
  });
  const type = typist(client, sessionId, (error) => {
    problems.push(error.message);
    leaving.abort();
  });
  // A character may come in two pieces.
  const decoder = new StringDecoder('utf8');
  const typed = (data: Buffer) => {
    const text = decoder.write(data);
    const end = text.indexOf(LEAVE);
    if (write) type(end < 0 ? text : text.slice(0, end));
    if (end >= 0 || (!write && LEAVE_READING.includes(text))) leaving.abort();
  };
  const stopListening = io.onInterrupt(() => leaving.abort());
  const hungUp = () => leaving.abort();
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, hungUp);
  const gone = new Promise<undefined>((resolve) => {
    leaving.signal.addEventListener('abort', () => resolve(undefined));
  });
  stdin.setRawMode(true);
  stdin.on('data', typed);
  stdin.resume();
  painter.start();
  try {
    for (let picture: TerminalPicture | undefined = first; picture; ) {
      painter.show(picture);
      if (!picture.running) {
        problems.push('The agent’s program has ended.');
        break;
      }
      await Promise.race([gone, pause(PICTURE_MS)]);
      if (leaving.signal.aborted) break;
      picture = await Promise.race([gone, look(client, sessionId, picture.version)]);
    }
  } finally {
    stdin.off('data', typed);
    stdin.setRawMode(false);
    stdin.pause();
    painter.stop();
    stopListening();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, hungUp);
    await written(io);
  }
  for (const problem of problems) note(io, sanitizeLine(problem));
  return 0;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Types one text after the other, in their order. */
function typist(client: Client, sessionId: string, failed: (error: Error) => void): (text: string) => void {
  let before: Promise<unknown> = Promise.resolve();
  return (text) => {
    if (text === '') return;
    before = before
      .then(() => within(client.call('_praxis/terminal/type', { sessionId, text })))
      .catch(failed);
  };
}
