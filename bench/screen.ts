/**
 * `npm run bench:screen`: the screen in a real terminal, with a session of 100,000 events, beside the bare echo of that terminal.
 * Prints the time to the first paint of the session, the time from a key to its echo, still and while text streams, and the memory.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { KEY, TestTerminal } from '../tests/support/terminal.js';
import { ms, percentile } from './stats.js';

const EVENTS = 100_000;
const KEYS = 300;
/** Milliseconds between two keys: somebody who types fast. */
const BETWEEN = 25;

const program = new URL('../tests/support/scripted-tui.ts', import.meta.url).pathname;
const size = { columns: 120, rows: 40 };

/** Milliseconds from each key to the first byte that shows it. */
async function echoes(terminal: TestTerminal, letters: string): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    const letter = letters[i % letters.length]!;
    const start = performance.now();
    const seen = new Promise<number>((resolve) => {
      const stop = terminal.onOutput((data) => {
        if (!data.includes(letter)) return;
        stop();
        resolve(performance.now() - start);
      });
    });
    terminal.type(letter);
    samples.push(await seen);
    await pause(BETWEEN);
  }
  return samples;
}

const figures = (samples: readonly number[]): string =>
  `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}`;

const home = mkdtempSync(join(tmpdir(), 'pxs-'));
const cat = new TestTerminal('cat', [], size);
const screen = new TestTerminal(process.execPath, ['--import', 'tsx', program], {
  ...size,
  env: { PRAXIS_HOME: home, EVENTS: String(EVENTS) },
});
try {
  const bare = await echoes(cat, 'xyz');
  await screen.waitFor('A long session', 60_000);
  screen.type(KEY.ctrl('w'));
  await screen.waitFor('Live sessions');
  const start = performance.now();
  screen.type(KEY.enter);
  await screen.waitFor('some words of part');
  const firstPaint = performance.now() - start;
  await screen.waitFor('Ask the agent something');
  const still = await echoes(screen, 'xyz');
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${screen.pid}/status`, 'utf8'))![1];
  screen.type(`${KEY.ctrl('u')}stream 100000${KEY.enter}`);
  await screen.waitFor('word20 ');
  // Letters that no streamed word has.
  const streaming = await echoes(screen, 'XYZ');
  console.log(
    [
      `session of ${EVENTS.toLocaleString('en-US')} events, 120×40`,
      `  open to first paint     ${ms(firstPaint)} (limit 300 ms)`,
      `  key to echo, still      ${figures(still)} (limit p99 16 ms; bare terminal: ${figures(bare)})`,
      `  key to echo, streaming  ${figures(streaming)} (limit p99 16 ms)`,
      `  memory                  ${Math.round(Number(memory) / 1024)} MiB (limit 300 MiB; the source of the events is in it)`,
    ].join('\n'),
  );
} finally {
  cat.kill();
  screen.kill();
  rmSync(home, { recursive: true, force: true });
}
process.exit(0);
