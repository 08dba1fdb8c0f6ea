/**
 * `npm run bench:screen`: the shipped program in a terminal, over a real system with the embedded broker. Prints the table and
 * writes its part of docs/performance.md. The load beside it is real too: eight sessions whose agents stream.
 */
import type { Client } from '../../client/index.js';
import { System } from '../../tests/support/system.js';
import { KEY, TestTerminal } from '../../tests/support/terminal.js';
import { table, writePart } from '../report.js';
import { median, mib, ms, percentile, whole } from '../stats.js';
import type { Row } from '../target.js';
import { frames, wholeFrame } from './frames.js';
import { Screen, SIZE } from './screen.js';
import { longSession, streamingSessions, streams, THE_END } from './sessions.js';
import { type Echoes, echoes, KEYS_A_SECOND } from './typing.js';

const STARTS = 10;
const OPENINGS = 5;
const STREAMING = 8;
/** It stays a while: what a program writes just before its end may be lost with its terminal. */
const READY_SCRIPT = "console.log('ready'); setTimeout(() => {}, 60_000)";
const READY = 'Ask the agent something';

async function starting(system: System): Promise<Row[]> {
  const bare: number[] = [];
  const praxis: number[] = [];
  for (let round = 0; round <= STARTS; round++) {
    const node = new TestTerminal(process.execPath, ['-e', READY_SCRIPT], SIZE);
    const began = performance.now();
    const at = await node.seen((text) => text.includes('ready'));
    node.kill();
    const { screen, took } = await Screen.started(system);
    screen.close();
    if (round === 0) continue;
    bare.push(at - began);
    praxis.push(took);
  }
  return [
    {
      what: 'start to usable, on a running system',
      praxis: ms(median(praxis)),
      limit: `${ms(median(bare))} (node printing a word)`,
      ratio: `+ ${ms(median(praxis) - median(bare))}`,
      target: '≤ 600 ms',
    },
  ];
}

/** Milliseconds in which a client without a screen reads the whole session. */
async function reading(client: Client, sessionId: string): Promise<number> {
  let whole = (): void => undefined;
  const read = new Promise<void>((resolve) => {
    whole = resolve;
  });
  const began = performance.now();
  const cursor = await client.attach(sessionId, 0, () => undefined, whole);
  await read;
  const took = performance.now() - began;
  await cursor.detach();
  return took;
}

async function opening(system: System, client: Client, sessionId: string, events: number): Promise<Row[]> {
  const first: number[] = [];
  const all: number[] = [];
  const read: number[] = [];
  const before: number[] = [];
  const after: number[] = [];
  for (let round = 0; round < OPENINGS; round++) {
    read.push(await reading(client, sessionId));
    const { screen } = await Screen.started(system);
    before.push(screen.memory);
    const took = await screen.open('Long session', THE_END);
    first.push(took.first);
    all.push(took.whole);
    after.push(screen.memory);
    screen.close();
  }
  const what = `open a session of ${whole(events)} events`;
  const limit = `${ms(median(read))} (a client that reads it and draws nothing)`;
  return [
    {
      what: `${what}, to the first words of it`,
      praxis: ms(median(first)),
      limit,
      ratio: '—',
      target: '≤ 300 ms',
    },
    {
      what: `${what}, to its end`,
      praxis: ms(median(all)),
      limit,
      ratio: `+ ${ms(median(all) - median(read))}`,
      target: '—',
    },
    {
      what: 'memory with that session open',
      praxis: mib(median(after)),
      limit: `${mib(median(before))} (with none)`,
      ratio: `+ ${mib(median(after) - median(before))}`,
      target: '≤ 300 MiB',
    },
  ];
}

function typing(what: string, { screen, bare }: Echoes): Row[] {
  return [0.5, 0.99].map((share) => ({
    what: `key to echo p${share * 100}, ${what}`,
    praxis: ms(percentile(screen, share)),
    limit: `${ms(percentile(bare, share))} (cat)`,
    ratio: `+ ${ms(percentile(screen, share) - percentile(bare, share))}`,
    target: share === 0.99 ? '≤ 16 ms' : '—',
  }));
}

async function drawing(screen: Screen): Promise<Row[]> {
  const { perSecond, bytes } = await frames(screen.terminal);
  const one = await wholeFrame(screen.terminal);
  return [
    {
      what: `frames a second while ${STREAMING} sessions stream`,
      praxis: perSecond.toFixed(1),
      limit: '60',
      ratio: '—',
      target: '≤ 60',
    },
    {
      what: 'bytes of a frame then, median',
      praxis: whole(bytes),
      limit: `${whole(one)} (all of the screen)`,
      ratio: `${(bytes / one).toFixed(2)} ×`,
      target: '—',
    },
  ];
}

async function measure(system: System, cat: TestTerminal): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (more: Row[]): void => {
    rows.push(...more);
    console.error(more.map(({ what, praxis, limit }) => `${what}: ${praxis}; ${limit}`).join('\n'));
  };
  const client = await system.client();
  add(await starting(system));
  const { sessionId, events } = await longSession(system, client);
  add(await opening(system, client, sessionId, events));
  const { screen } = await Screen.started(system);
  try {
    await working(system, client, screen, cat, { sessionId, events }, add);
  } finally {
    screen.close();
  }
  return rows;
}

/** Somebody types: in a new session, in the long one, and while eight sessions stream. */
async function working(
  system: System,
  client: Client,
  screen: Screen,
  cat: TestTerminal,
  { sessionId, events }: { sessionId: string; events: number },
  add: (rows: Row[]) => void,
): Promise<void> {
  const t = screen.terminal;
  // Below the session and the node.
  for (const key of [KEY.down, KEY.down]) t.type(key);
  await t.waitFor('▸ Demo agent  ');
  t.type(KEY.enter);
  await t.waitFor('Working directory');
  t.type(KEY.enter);
  await t.waitFor(READY);
  add(typing('in a new session', await echoes(t, cat)));
  t.type(KEY.ctrl('u'));
  await screen.open('Long session', THE_END);
  add(typing(`in one of ${whole(events)} events`, await echoes(t, cat)));
  t.type(KEY.ctrl('u'));

  await streamingSessions(system, client, STREAMING - 1);
  for (let i = 1; i < STREAMING; i++) await screen.open(`Stream ${i}`, 'Type the next prompt');
  await screen.open('Long session', THE_END);
  const cursor = await client.attach(sessionId, events, () => undefined);
  await streams(client, sessionId);
  await cursor.detach();
  await t.waitFor('Type the next prompt');
  add(await drawing(screen));
  add(typing(`the same, while it and ${STREAMING - 1} others stream`, await echoes(t, cat)));
}

const system = await System.start();
const cat = new TestTerminal('cat', [], SIZE);
try {
  const rows = await measure(system, cat);
  writePart(
    'The screen',
    `Written by \`npm run bench:screen\`: the shipped program in a terminal of ${SIZE.columns}×${SIZE.rows}, over a real system with the
embedded broker and the demo agent.`,
    rows,
    `- **key to echo**: from the write to the terminal to the first bytes that show the letter. The two terminals take turns, key by key, so
  that both meet the same machine; somebody types ${KEYS_A_SECOND} keys a second.
- **stream**: each agent says a hundred pieces a second, and all these sessions are open on the screen.
- The screen reads a session from its beginning: its first words are there while the rest still comes.`,
  );
  console.log(table(rows));
} finally {
  cat.kill();
  await system.stop();
}
process.exit(0);
