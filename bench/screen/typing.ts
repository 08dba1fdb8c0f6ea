/** From a key to what shows it, beside the same key in a terminal that runs nothing but `cat`. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestTerminal } from '../../tests/support/terminal.js';

const KEYS = 400;
/** Somebody who types fast. */
export const KEYS_A_SECOND = 40;
/** No agent here says them, and no escape sequence ends with them. */
const LETTERS = 'xyz';

/** Milliseconds from the key to the first bytes that show it. */
function echo(terminal: TestTerminal, letter: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    const stop = terminal.onOutput((data) => {
      if (!data.includes(letter)) return;
      stop();
      resolve(performance.now() - start);
    });
    terminal.type(letter);
  });
}

export interface Echoes {
  screen: number[];
  bare: number[];
}

/** Both terminals take turns, so that they meet the same machine. */
export async function echoes(screen: TestTerminal, bare: TestTerminal): Promise<Echoes> {
  const samples: Echoes = { screen: [], bare: [] };
  for (let i = 0; i < KEYS; i++) {
    const letter = LETTERS[i % LETTERS.length]!;
    samples.bare.push(await echo(bare, letter));
    samples.screen.push(await echo(screen, letter));
    await pause(1_000 / KEYS_A_SECOND);
  }
  return samples;
}
