/** The command line as bin/ starts it: parses, runs one command, and turns whatever happens into an exit code. */
import { CommanderError } from 'commander';
import { EXIT, report, UsageError, withoutPrefix } from './exit.js';
import { type Io, processIo, written } from './io.js';
import { buildProgram, type Parts } from './program.js';

export { buildProgram, type Parts } from './program.js';

/** Resolves with the exit code when everything that was said has been written. */
export async function main(argv: readonly string[], parts: Parts, io: Io = processIo()): Promise<number> {
  let exitCode = 0;
  let leaving = false;
  // Who reads our output may leave first, as `head` does. A command that can be interrupted hears of it and ends in order;
  // 141 is what a shell shows for SIGPIPE.
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (io.stdout.listenerCount('error') === 1 && !leaving) io.exit(error.code === 'EPIPE' ? 141 : 1);
    leaving = true;
  });
  // Remarks that nobody reads any more are no reason to stop.
  io.stderr.on('error', () => undefined);
  const program = buildProgram(io, parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    exitCode = failed(io, error, argv.includes('--json'));
  }
  await written(io);
  return exitCode;
}

function failed(io: Io, error: unknown, asJson: boolean): number {
  if (!(error instanceof CommanderError)) return report(io, error, asJson);
  // Commander has said it already, for people; help and version are no errors.
  if (error.exitCode === 0) return EXIT.ok![0];
  if (asJson && error.code !== 'commander.help')
    return report(io, new UsageError(withoutPrefix(error.message)), true);
  return EXIT.usage![0];
}
