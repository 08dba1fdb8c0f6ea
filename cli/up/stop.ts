/** Takes down what `praxis up` started; nothing of it is left running when this resolves. */
import { type Home, runs } from '../../proto/index.js';
import { STOP_GRACE_MS } from './part.js';
import { stopProcess } from './processes.js';
import { forgetStarting, readState, removeState, startingSupervisors } from './state.js';
import { endLeftovers } from './supervisor.js';

/** The supervisor stops two parts, one after the other, each with its grace. */
const SUPERVISOR_GRACE_MS = 2 * STOP_GRACE_MS + 5_000;

/** False when nothing ran. */
export async function takeDown(home: Home, log: (line: string) => void): Promise<boolean> {
  let ran = false;
  // One that has claimed the home meanwhile has ended what it had started when it ends.
  for (const supervisor of startingSupervisors(home)) {
    ran ||= runs(supervisor);
    await stopProcess(supervisor, SUPERVISOR_GRACE_MS);
    forgetStarting(home, supervisor.pid);
  }
  const state = readState(home);
  if (!state) return ran;
  const { supervisor, parts } = state;
  ran ||= runs(supervisor) || Object.values(parts).some(({ process }) => process && runs(process));
  await stopProcess(supervisor, SUPERVISOR_GRACE_MS);
  const rest = readState(home);
  if (rest) {
    await endLeftovers(rest, log);
    removeState(home);
  }
  return ran;
}
