/** `praxis up` and `praxis down`. */
import { loginProblem, placeOf } from '../../client/index.js';
import { ErrorCode, homeOf, PraxisError } from '../../proto/index.js';
import { EXIT } from '../exit.js';
import { type Io, note, say } from '../io.js';
import { bringUp } from '../up/start.js';
import { liveState } from '../up/state.js';
import { takeDown } from '../up/stop.js';
import { supervise } from '../up/supervisor.js';
import { status } from './status.js';

export async function up(
  io: Io,
  program: string,
  options: { foreground?: boolean; logFiles?: boolean },
): Promise<number> {
  if (options.foreground) return foreground(io, program, options.logFiles ?? false);
  const { started, place } = await bringUp(io, program);
  say(
    io,
    started
      ? 'Praxis is up. It goes on when this terminal closes; praxis down stops it.'
      : 'Praxis is up already.',
  );
  if (!place.parts.includes('service')) {
    say(io, `This machine is a node of the Praxis at ${place.elsewhere}.`);
    const problem = await loginProblem(io.env, 'node');
    if (problem === undefined) return EXIT.ok![0];
    throw new PraxisError(ErrorCode.Disconnected, `The broker is out of reach for it: ${problem}`, {
      hint: 'The node tries again by itself; praxis status says how it stands',
    });
  }
  return status(io, {});
}

async function foreground(io: Io, program: string, logFiles: boolean): Promise<number> {
  const home = homeOf(io.env);
  const { parts, elsewhere } = placeOf(io.env, home);
  if (parts.length === 0)
    throw new PraxisError(
      ErrorCode.InvalidRequest,
      `This machine is a client of the Praxis at ${elsewhere}; there is nothing to start here`,
    );
  const stopAsked = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const outcome = await supervise({
    home,
    env: io.env,
    parts,
    command: (part) => [process.execPath, ...process.execArgv, program, part],
    logFiles,
    log: (line) => note(io, `${new Date().toISOString()} ${line}`),
    stopAsked,
  });
  if (outcome === 'stopped') return EXIT.ok![0];
  if (outcome === 'failed')
    throw new PraxisError(
      ErrorCode.InternalError,
      'Every part was given up; praxis status has their last words',
    );
  // Of two that start at once, the one that comes second has nothing to do.
  if (logFiles) return EXIT.ok![0];
  throw new PraxisError(
    ErrorCode.InvalidRequest,
    `Praxis is up already (pid ${liveState(home)?.supervisor.pid ?? 'unknown'}); stop it with: praxis down`,
  );
}

export async function down(io: Io): Promise<number> {
  const ran = await takeDown(homeOf(io.env), (line) => note(io, line));
  say(io, ran ? 'Praxis is down.' : 'Nothing was running.');
  return EXIT.ok![0];
}
