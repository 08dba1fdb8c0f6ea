/** Takes down what `praxis up` started; nothing of it is left running when this resolves. */
import { type Home, runs } from '../../proto/index.js';
import { STOP_GRACE_MS } from './part.js';
import { ended, signal } from './processes.js';
import { readState, removeState } from './state.js';
import { endLeftovers } from './supervisor.js';

/** The supervisor stops two parts, one after the other, each with its grace. */
const SUPERVISOR_GRACE_MS = 2 * STOP_GRACE_MS + 5_000;

/** False when nothing ran. */
export async function takeDown(home: Home, log: (line: string) => void): Promise<boolean> {
  const state = readState(home);
  if (!state) return false;
  const { supervisor, parts } = state;
  const ran = runs(supervisor) || Object.values(parts).some(({ process }) => process && runs(process));
  signal(supervisor, 'SIGTERM');
  if (!(await ended(supervisor, SUPERVISOR_GRACE_MS))) {
    signal(supervisor, 'SIGKILL');
    await ended(supervisor, STOP_GRACE_MS);
  }
  const rest = readState(home);
  if (rest) {
    await endLeftovers(rest, log);
    removeState(home);
  }
  return ran;
}
