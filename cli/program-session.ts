/** The arguments and help of the commands about a session's queue and terminal. */
import { Argument, type Command } from 'commander';
import type { Io } from './io.js';
import { example, json } from './program.js';

/** What buildProgram lends to the files that add commands. */
export interface Adder {
  io: Io;
  command(parent: Command, name: string, description: string): Command;
  finish(work: Promise<number>): Promise<void>;
}

export function addTerminalCommand({ io, command, finish }: Adder, session: Command): void {
  command(session, 'terminal', 'look at the terminal that the agent of a session runs on')
    .argument('<id>', 'the session')
    .option('--write', 'type on it too')
    .addOption(json())
    .addHelpText('after', example('praxis session terminal 4f2', 'praxis session terminal 4f2 --write'))
    .action(async (id, options) =>
      finish((await import('./commands/terminal.js')).terminal(io, id, options)),
    );
}

export function addQueueCommand({ io, command, finish }: Adder, session: Command): void {
  command(session, 'queue', 'the prompts that wait in a session: list, edit, remove, run one next')
    .argument('<id>', 'the session')
    .addArgument(
      new Argument('[action]', 'what to do').choices(['list', 'edit', 'remove', 'next']).default('list'),
    )
    .argument('[turn]', 'a prefix of the turn id, such as list shows')
    .argument('[prompt]', 'for edit: the new prompt; - or nothing: read it from stdin')
    .addOption(json())
    .addHelpText(
      'after',
      example(
        'praxis session queue 4f2',
        'praxis session queue 4f2 edit 8a "Run only the unit tests"',
        'praxis session queue 4f2 remove 8a',
        'praxis session queue 4f2 next 8a',
      ),
    )
    .action(async (id, action, turn, prompt, options) =>
      finish((await import('./commands/queue.js')).queue(io, id, action, { turn, prompt }, options)),
    );
}
