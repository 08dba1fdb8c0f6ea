/** Ends a process group for good: SIGTERM, and SIGKILL for what is still there after the grace. */
import { KILL_GRACE_MS } from '../proto/index.js';
import type { Clock } from './clock.js';
import { groupAlive, signalGroup } from './groups.js';

/** Milliseconds between two looks at whether a group has ended. */
const GROUP_POLL_MS = 10;

/** Whether the group is gone, in the end. A process that the kernel cannot end (state D) is left to the next start. */
export async function endGroup(pgid: number, clock: Clock): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!groupAlive(pgid)) return true;
    signalGroup(pgid, signal);
    // A stopped process only takes SIGTERM when it goes on.
    signalGroup(pgid, 'SIGCONT');
    if (await goneWithin(pgid, KILL_GRACE_MS, clock)) return true;
  }
  return false;
}

async function goneWithin(pgid: number, ms: number, clock: Clock): Promise<boolean> {
  for (const limit = clock.now() + ms; clock.now() < limit; ) {
    if (!groupAlive(pgid)) return true;
    await new Promise<void>((resolve) => {
      clock.after(GROUP_POLL_MS, resolve);
    });
  }
  return !groupAlive(pgid);
}
