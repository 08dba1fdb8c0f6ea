/** Stopping processes of ours, each known by pid and start time. */
import { type ProcessRef, runs } from '../../proto/index.js';

/** Sends a signal if the process still is the one that is meant. */
export function signal(ref: ProcessRef, name: NodeJS.Signals): void {
  if (!runs(ref)) return;
  try {
    process.kill(ref.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True when the process ended within `ms` milliseconds. */
export async function ended(ref: ProcessRef, ms: number): Promise<boolean> {
  for (const limit = performance.now() + ms; runs(ref); ) {
    if (performance.now() > limit) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** SIGTERM, then SIGKILL after the grace. */
export async function stopProcess(ref: ProcessRef, graceMs: number): Promise<void> {
  signal(ref, 'SIGTERM');
  if (await ended(ref, graceMs)) return;
  signal(ref, 'SIGKILL');
  await ended(ref, graceMs);
}
