/** `praxis` as a person has it: the shipped program in a terminal of its own, on a system that runs. */
import { residentBytes } from '../../tests/support/processes.js';
import { PRAXIS, type System } from '../../tests/support/system.js';
import { KEY, TestTerminal } from '../../tests/support/terminal.js';

export const SIZE = { columns: 120, rows: 40 } as const;

export class Screen {
  readonly terminal: TestTerminal;

  constructor(system: System) {
    const env = Object.fromEntries(
      Object.entries(system.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    this.terminal = new TestTerminal(process.execPath, [PRAXIS], { ...SIZE, env, cwd: system.work });
  }

  /** Milliseconds from the start of the program to a screen that knows its agents. */
  static async started(system: System): Promise<{ screen: Screen; took: number }> {
    const began = performance.now();
    const screen = new Screen(system);
    const at = await screen.terminal.seen(
      (text) => text.includes('● connected') && text.includes('Demo agent'),
    );
    return { screen, took: at - began };
  }

  /** Opens the session of that title; milliseconds to the first words of its transcript, and to `end`. */
  async open(title: string, end: string): Promise<{ first: number; whole: number }> {
    const t = this.terminal;
    t.type(KEY.ctrl('w'));
    await t.waitFor('Live sessions');
    t.type(`/${title}`);
    await t.waitFor(`Filter: ${title}`);
    const began = performance.now();
    const first = t.seen((text) => text.includes(' ❯ ') && /\d \./.test(text));
    const whole = t.seen((text) => text.includes(end));
    t.type(KEY.enter);
    return { first: (await first) - began, whole: (await whole) - began };
  }

  get memory(): number {
    return residentBytes(this.terminal.pid);
  }

  close(): void {
    this.terminal.kill();
  }
}
