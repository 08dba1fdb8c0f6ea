/** The command line as bin/ starts it: parses, runs one command, and turns whatever happens into an exit code. */
import { CommanderError } from 'commander';
import { EXIT, report } from './exit.js';
import { type Io, note, processIo } from './io.js';
import { buildProgram, type Parts } from './program.js';

export { EXIT } from './exit.js';
export { buildProgram, type Parts } from './program.js';

/** Resolves with the exit code. */
export async function main(argv: readonly string[], parts: Parts, io: Io = processIo()): Promise<number> {
  // Who reads our output may leave first, as `head` does. 141 is what a shell shows for SIGPIPE.
  io.stdout.on('error', (error: NodeJS.ErrnoException) => io.exit(error.code === 'EPIPE' ? 141 : 1));
  let exitCode = 0;
  const program = buildProgram(io, parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it already; help and version are no errors.
      if (error.exitCode !== 0) note(io, 'praxis --help lists the commands');
      return error.exitCode === 0 ? 0 : EXIT.usage![0];
    }
    return report(io, error, argv.includes('--json'));
  }
}
