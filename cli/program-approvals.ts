/** The arguments and help of the inbox of approvals, and the options that set a policy. */
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { ToolKind } from '../proto/index.js';
import { example, json, wholeSeconds } from './program.js';
import type { Adder } from './program-session.js';

const KINDS = ToolKind.options.join(', ');

function toolKinds(text: string): ToolKind[] {
  const kinds = ToolKind.array().safeParse(text.split(',').map((kind) => kind.trim()));
  if (!kinds.success)
    throw new InvalidArgumentError(`Give kinds of tool calls, with commas between: ${KINDS}`);
  return kinds.data;
}

const gathered = (one: string, before: string[] = []): string[] => [...before, one];

export const policyOptions = (to: Command): Command =>
  to
    .option(
      '--auto <kinds>',
      'allow tool calls of these kinds without asking, such as read,search',
      toolKinds,
    )
    .option('--deny-after <seconds>', 'reject what nobody has answered after so long', wholeSeconds);

export function addApprovalCommands({ io, command, finish }: Adder, program: Command): void {
  const approvals = command(program, 'approvals', 'the questions of all sessions that wait for an answer');
  approvals.addHelpText('after', '\nAn id may be any prefix of it that names one question.');

  command(approvals, 'list', 'the open questions, the oldest first')
    .addOption(json())
    .addHelpText('after', example('praxis approvals list', 'praxis approvals list --json'))
    .action(async (options) => finish((await import('./commands/approvals.js')).list(io, options)));

  command(approvals, 'show', 'one question with its exact arguments')
    .argument('<id>', 'the question')
    .addOption(json())
    .addHelpText('after', example('praxis approvals show 9c1'))
    .action(async (id, options) => finish((await import('./commands/approvals.js')).show(io, id, options)));

  command(approvals, 'answer', 'answer one question')
    .argument('<id>', 'the question')
    .addArgument(
      new Argument('<answer>', 'what to say').choices(['allow', 'reject', 'accept', 'decline', 'cancel']),
    )
    .option('--always', 'for the rest of the session, where the agent offers that')
    .option(
      '--set <field=value>',
      'an answer in a form; again for each field and each further choice',
      gathered,
    )
    .option('--hash <hash>', 'only if its arguments are those that show has shown')
    .addOption(json())
    .addHelpText(
      'after',
      `\nA permission is allowed or rejected; a form is accepted, declined or cancelled.\n${example(
        'praxis approvals answer 9c1 allow',
        'praxis approvals answer 9c1 reject --always',
        'praxis approvals answer 9c1 accept --set branch=main --set tag=a --set tag=b',
      )}`,
    )
    .action(async (id, answer, options) =>
      finish((await import('./commands/approvals.js')).answer(io, id, answer, options)),
    );
}
