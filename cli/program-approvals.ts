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
    .addArgument(new Argument('<answer>', 'what to say').choices(['allow', 'reject']))
    .option('--always', 'for the rest of the session, where the agent offers that')
    .option('--hash <hash>', 'only if its arguments are those that show has shown')
    .addOption(json())
    .addHelpText(
      'after',
      example('praxis approvals answer 9c1 allow', 'praxis approvals answer 9c1 reject --always'),
    )
    .action(async (id, answer, options) =>
      finish((await import('./commands/approvals.js')).answer(io, id, answer, options)),
    );
}
