/**
 * Every command with its arguments, options and help. What a command does is in commands/ and is loaded when it runs, so
 * that `praxis run` does not wait for the code of the others.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { homeOf, readyHome, VERSION } from '../proto/index.js';
import type { CheckConnector } from './commands/connector.js';
import { UsageError, withoutPrefix } from './exit.js';
import { type Io, styled } from './io.js';
import { addApprovalCommands, policyOptions } from './program-approvals.js';
import { addLifeCommands, idleOption } from './program-life.js';
import { addQueueCommand, addTerminalCommand } from './program-session.js';

/** What bin/ lends: our own program file, and the two parts that the command line may not import. */
export interface Parts {
  program: string;
  service(env: NodeJS.ProcessEnv): Promise<void>;
  node(env: NodeJS.ProcessEnv): Promise<void>;
  checkConnector: CheckConnector;
}

export const example = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 86_400)
    throw new InvalidArgumentError('Give a number of seconds, at most 86400');
  return value;
}

export function wholeSeconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0)
    throw new InvalidArgumentError('Give a whole number of seconds');
  return value;
}

/** `praxis session send`. */
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

export const json = () => new Option('--json', 'print JSON for programs');

/** Commander says which command was meant only where the parent does nothing by itself, as a copy without its action does. */
function unknownCommand(parent: Command, name: string): never {
  const copy = new Command(parent.name()).copyInheritedSettings(parent).helpCommand(false);
  for (const command of parent.commands) copy.command(command.name());
  copy.parse([name], { from: 'user' });
  throw new UsageError(`There is no command ${name}`);
}

/** `praxis help session start`: the same as `praxis session start --help`. */
async function help(program: Command, names: readonly string[]): Promise<number> {
  let at = program;
  for (const name of names) {
    const next = at.commands.find((command) => command.name() === name);
    if (!next) unknownCommand(at, name);
    at = next;
  }
  at.outputHelp();
  return 0;
}

/** What commander says of a command that takes a prompt. */
const UNQUOTED = /too many arguments for '(run|start|send)'/;

export function buildProgram(io: Io, parts: Parts, done: (exitCode: number) => void): Command {
  const program = new Command('praxis');
  const finish = async (work: Promise<number>) => done(await work);
  program
    .description('Talk to the coding agents on all your machines from one place.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--status', 'the same as praxis status')
    .addOption(json())
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('  praxis --help says how')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => {
        write(`${styled(io, 'stderr', 'red', 'praxis:')} ${withoutPrefix(text)}`);
        if (UNQUOTED.test(text)) write('  Put a prompt of several words in quotes\n');
      },
      getOutHasColors: () => io.stdout.isTTY === true && !io.env.NO_COLOR,
      getErrHasColors: () => io.stderr.isTTY === true && !io.env.NO_COLOR,
    })
    .addHelpText(
      'after',
      example(
        'praxis                                 open the screen (starts Praxis when it does not run)',
        'praxis run demo "Say hello"            one prompt, its reply on stdout',
        'git diff | praxis run demo - --json    the prompt from stdin, frames as JSON',
      ),
    )
    .hook('preAction', (root, action) => {
      const { status, json: asJson } = root.opts<{ status?: boolean; json?: boolean }>();
      if (action !== root && (status || asJson))
        throw new UsageError(
          `--${asJson ? 'json' : 'status'} comes after the command: ${pathOf(action)} ...`,
        );
      if (action !== root || root.args.length === 0) readyHome(homeOf(io.env));
      if (action === root && asJson && !status && root.args.length === 0)
        throw new UsageError('--json belongs to a command, such as: praxis status --json');
    })
    .allowExcessArguments()
    .action(async (options: { status?: boolean; json?: boolean }, { args }: Command) => {
      if (args[0] === 'help') return finish(help(program, args.slice(1)));
      if (args.length > 0) unknownCommand(program, args[0]!);
      if (options.status) return finish((await import('./commands/status.js')).status(io, options));
      return finish((await import('./commands/screen.js')).screen(io, parts.program));
    });

  const command = (parent: Command, name: string, description: string) => {
    const made = parent.command(name).description(description).helpOption('-h, --help', 'print this help');
    // A prompt without its quotes is many arguments, of which none may be dropped.
    return made
      .allowExcessArguments(false)
      .exitOverride()
      .showHelpAfterError(`  ${pathOf(made)} --help says how`);
  };

  command(program, 'up', 'start Praxis on this machine: service and node, started again when they die')
    .option('--foreground', 'stay in the foreground with the logs on stderr, for systemd and containers')
    .addOption(new Option('--log-files', 'logs go to files').hideHelp())
    .addHelpText('after', example('praxis up', 'praxis up --foreground'))
    .action(async (options) => finish((await import('./commands/up.js')).up(io, parts.program, options)));

  command(program, 'down', 'stop what praxis up started: the agents, the node, the service')
    .addHelpText('after', example('praxis down'))
    .action(async () => finish((await import('./commands/up.js')).down(io)));

  command(program, 'status', 'what runs on this machine, and what the service says')
    .addOption(json())
    .addHelpText('after', example('praxis status', 'praxis status --json'))
    .action(async (options) => finish((await import('./commands/status.js')).status(io, options)));

  command(program, 'service', 'run the service alone in the foreground, until SIGTERM')
    .addHelpText('after', example('PRAXIS_BUS_URL=amqp://user:password@host praxis service'))
    .action(() => finish(parts.service(io.env).then(() => 0)));

  command(program, 'node', 'run the node of this machine alone in the foreground, until SIGTERM')
    .addHelpText('after', example('praxis node'))
    .action(() => finish(parts.node(io.env).then(() => 0)));

  for (const [name, description, role] of [
    [
      'enroll',
      'make a login for another machine and print the command to paste there',
      'what the machine will be',
    ],
    ['revoke', 'take the login of another machine away and end its connections', 'what the machine is'],
  ] as const)
    command(program, name, description)
      .addArgument(new Argument('<role>', role).choices(['node', 'client']))
      .argument('<name>', 'its name: a-z, 0-9 and -')
      .addOption(json())
      .addHelpText('after', example(`praxis ${name} node build-box`, `praxis ${name} client laptop`))
      .action(async (role, machine, options) =>
        finish((await import('./commands/enroll.js'))[name](io, role, machine, options)),
      );

  command(
    program,
    'join',
    'read from stdin what praxis enroll printed, and keep it as the login of this machine',
  )
    .addHelpText('after', example('praxis join < join.txt'))
    .action(async () => finish((await import('./commands/enroll.js')).join(io)));

  command(program, 'nodes', 'the nodes, their agents and versions, live or not')
    .addOption(json())
    .addHelpText('after', example('praxis nodes', 'praxis nodes --json'))
    .action(async (options) => finish((await import('./commands/nodes.js')).nodes(io, options)));

  const connector = command(
    program,
    'connector',
    'the connectors of the nodes, and those of your own: list, test, new',
  );

  command(connector, 'list', 'every connector of every node, those whose agent is missing too')
    .addOption(json())
    .addHelpText('after', example('praxis connector list'))
    .action(async (options) => finish((await import('./commands/connector.js')).list(io, options)));

  command(connector, 'test', 'try a connector as a node would load it, on this machine')
    .argument('<which>', 'its id, as node.json, your own or ours have it; or the path of a connector.lua')
    .addOption(json())
    .addHelpText('after', example('praxis connector test my-agent', 'praxis connector test ./connector.lua'))
    .action(async (which, options) =>
      finish((await import('./commands/connector.js')).test(io, parts.checkConnector, which, options)),
    );

  command(connector, 'new', 'write the skeleton of a connector of your own')
    .argument('<id>', 'its id: a-z, 0-9 and -')
    .addOption(
      new Option(
        '--agent <kind>',
        'acp: it speaks ACP on its stdio; terminal: it shows a prompt on a terminal',
      )
        .choices(['acp', 'terminal'])
        .default('acp'),
    )
    .addHelpText(
      'after',
      example('praxis connector new my-agent', 'praxis connector new my-repl --agent terminal'),
    )
    .action(async (id, options) => finish((await import('./commands/connector.js')).create(io, id, options)));

  const sessionOptions = (to: Command) =>
    idleOption(policyOptions(to))
      .option('--node <name>', 'on this node; default: any that has the agent')
      .option('--transport <name>', 'how the agent is driven, such as praxis nodes lists; default: its first')
      .option('--cwd <directory>', 'working directory on the node; default: this one')
      .option('--yolo', 'allow everything that the agent asks for')
      .option('--timeout <seconds>', 'cancel the prompt after so long', seconds)
      .addOption(json())
      .option(
        '--verbose',
        'thoughts, plans, and tool calls with their output on stderr, also when it is no terminal',
      );

  sessionOptions(command(program, 'run', 'one prompt in a new session, its reply on stdout'))
    .argument('<agent>', 'such as praxis nodes lists')
    .argument('[prompt]', 'what to say; - or nothing: read it from stdin')
    .option('--keep', 'leave the session open afterwards')
    .addHelpText(
      'after',
      example(
        'praxis run demo "Say hello"',
        'praxis run demo "Run the tests" --yolo --timeout 300',
        'praxis run demo - --json < prompt.txt',
      ),
    )
    .action(async (agent, prompt, options) =>
      finish((await import('./commands/run.js')).run(io, agent, prompt, options)),
    );

  const session = command(
    program,
    'session',
    'sessions that stay: start, send, attach, list, show, cancel, resume, close',
  );
  session.addHelpText('after', '\nAn id may be any prefix of it that names one session.');

  sessionOptions(command(session, 'start', 'start a session, with a first prompt if there is one'))
    .argument('<agent>', 'such as praxis nodes lists')
    .argument('[prompt]', 'what to say first; -: read it from stdin')
    .addHelpText('after', example('praxis session start demo', 'praxis session start demo "Say hello"'))
    .action(async (agent, prompt, options) =>
      finish((await import('./commands/run.js')).start(io, agent, prompt, options)),
    );

  command(session, 'send', 'send a prompt to a session and print its reply')
    .argument('<id>', 'the session')
    .argument('[prompt]', 'what to say; - or nothing: read it from stdin')
    .option('--urgent', 'cancel the prompt that runs, and go before those that wait')
    .option('--timeout <seconds>', 'cancel the prompt after so long', seconds)
    .addOption(json())
    .option(
      '--verbose',
      'thoughts, plans, and tool calls with their output on stderr, also when it is no terminal',
    )
    .addHelpText('after', example('praxis session send 4f2 "And now in French"'))
    .action(async (id, prompt, options) =>
      finish((await import('./commands/session.js')).send(io, id, prompt, options)),
    );

  command(session, 'attach', 'print a session from its start and follow it until its turn ends')
    .argument('<id>', 'the session')
    .addOption(json())
    .option(
      '--verbose',
      'thoughts, plans, and tool calls with their output on stderr, also when it is no terminal',
    )
    .addHelpText('after', example('praxis session attach 4f2', 'praxis session attach 4f2 --json'))
    .action(async (id, options) => finish((await import('./commands/attach.js')).attach(io, id, options)));

  command(session, 'list', 'the sessions, newest first')
    .option('--all', 'those that have ended too, but for starts that failed')
    .option('--archived', 'those that are archived instead')
    .addOption(json())
    .addHelpText('after', example('praxis session list', 'praxis session list --all --json'))
    .action(async (options) => finish((await import('./commands/session.js')).list(io, options)));

  for (const [name, description] of [
    ['show', 'what is known of a session'],
    ['cancel', 'cancel the running prompt of a session; the session stays'],
    ['resume', 'bring back a session whose agent or node went away; a prompt does so too'],
    ['close', 'close a session and end its agent; the transcript stays'],
  ] as const)
    command(session, name, description)
      .argument('<id>', 'the session')
      .addOption(json())
      .addHelpText('after', example(`praxis session ${name} 4f2`))
      .action(async (id, options) => finish((await import('./commands/session.js'))[name](io, id, options)));

  addTerminalCommand({ io, command, finish }, session);
  addQueueCommand({ io, command, finish }, session);
  addLifeCommands({ io, command, finish }, session);
  addApprovalCommands({ io, command, finish }, program);

  command(program, 'acp', 'an ACP agent on stdin and stdout, for editors; logs on stderr')
    .option('--node <name>', 'sessions go to this node')
    .option('--connector <name>', 'sessions are of this agent')
    .option('--transport <name>', 'how their agent is driven, such as praxis nodes lists; default: its first')
    .addHelpText(
      'after',
      example('praxis acp --connector demo', 'praxis acp --node build-box --connector demo'),
    )
    .action(async (options) => finish((await import('./commands/acp.js')).acp(io, options)));

  return program;
}
