/** The arguments and help of the commands that name, set, put away, remove, export and import sessions. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { example, json, wholeSeconds } from './program.js';
import { policyOptions } from './program-approvals.js';
import type { Adder } from './program-session.js';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function age(text: string): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new InvalidArgumentError('Give a number and s, m, h or d, such as 30d');
  return Number(number) * UNITS[unit]!;
}

export const idleOption = (to: Command): Command =>
  to.option(
    '--idle-timeout <seconds>',
    'end the session when nothing has happened for so long',
    wholeSeconds,
  );

export function addLifeCommands({ io, command, finish }: Adder, session: Command): void {
  const life = () => import('./commands/life.js');
  const transfer = () => import('./commands/transfer.js');

  command(session, 'rename', 'give a session another title; without one the agent names it again')
    .argument('<id>', 'the session')
    .argument('[title]', 'its title')
    .addOption(json())
    .addHelpText('after', example('praxis session rename 4f2 "The flaky test"'))
    .action(async (id, title, options) => finish((await life()).rename(io, id, title, options)));

  idleOption(policyOptions(command(session, 'set', 'change the policy and the idle time-out of a session')))
    .argument('<id>', 'the session')
    .option('--reset', 'go by what the node says, before the other options')
    .addOption(json())
    .addHelpText(
      'after',
      example('praxis session set 4f2 --auto read,search --deny-after 600', 'praxis session set 4f2 --reset'),
    )
    .action(async (id, options) => finish((await life()).set(io, id, options)));

  for (const [name, description] of [
    ['archive', 'take a session that has ended out of the lists; its transcript stays'],
    ['restore', 'bring an archived session back into the lists'],
  ] as const)
    command(session, name, description)
      .argument('<id>', 'the session')
      .addOption(json())
      .addHelpText('after', example(`praxis session ${name} 4f2`))
      .action(async (id, options) => finish((await life())[name](io, id, options)));

  command(session, 'delete', 'remove a session that has ended, with its transcript')
    .argument('<id>', 'the session')
    .option('--force', 'also one that has not ended: it is closed first')
    .addOption(json())
    .addHelpText('after', example('praxis session delete 4f2', 'praxis session delete 4f2 --force'))
    .action(async (id, options) => finish((await life()).remove(io, id, options)));

  command(session, 'prune', 'remove sessions that ended long ago, the archived ones too')
    .requiredOption('--older-than <age>', 'nothing has happened in them for so long, such as 30d', age)
    .option('--dry-run', 'say which, and remove nothing')
    .addOption(json())
    .addHelpText('after', example('praxis session prune --older-than 30d --dry-run'))
    .action(async (options) => finish((await life()).prune(io, options)));

  command(session, 'export', 'print the transcript of a session')
    .argument('<id>', 'the session')
    .addOption(
      new Option('--format <format>', 'for people, or everything, for praxis session import')
        .choices(['markdown', 'jsonl'])
        .default('markdown'),
    )
    .addHelpText(
      'after',
      example('praxis session export 4f2 > 4f2.md', 'praxis session export 4f2 --format jsonl > 4f2.jsonl'),
    )
    .action(async (id, options) => finish((await transfer()).exportSession(io, id, options)));

  command(session, 'import', 'read from stdin what export --format jsonl printed')
    .option('--new-id', 'as another session, where there is one of that id')
    .addOption(json())
    .addHelpText('after', example('praxis session import < 4f2.jsonl'))
    .action(async (options) => finish((await transfer()).importSession(io, options)));
}
