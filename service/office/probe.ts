/**
 * Whether the broker answers, sooner than its heartbeat tells: every PROBE_MS it is given a message for nobody, which it
 * confirms. A broker that takes SILENT_MS for that may be cut off from us; it is no reason to give up the connection, only to let
 * a standby that does reach it take over.
 */
import type { Bus } from '../../bus/index.js';
import type { Clock } from '../ports.js';

export const PROBE_MS = 500;
/** Counted in looks: in a time in which this process stood still, it was not the broker that was silent. */
export const SILENT_MS = 2_000;
/** An answer within this is a brisk one: who gets those is better off with the broker than who waits for SILENT_MS. */
const BRISK_MS = 500;
/** No queue has this name. */
const NOBODY = 'praxis.service.nobody';

export interface Probe {
  /** The broker answers without delay. */
  brisk(): boolean;
}

/** Calls `changed` when the broker falls silent while the connection is there, and when it answers again. */
export function probe(
  bus: Pick<Bus, 'state' | 'publish'>,
  clock: Pick<Clock, 'steady' | 'schedule'>,
  changed: (silent: boolean) => void,
): Probe {
  let asked: number | undefined;
  /** Milliseconds of looks that found no answer yet. */
  let waited = 0;
  let took = Number.POSITIVE_INFINITY;
  let silent = false;
  const tell = (now: boolean) => {
    if (now !== silent) changed(now);
    silent = now;
  };
  const look = () => {
    if (bus.state.kind === 'closed') return;
    clock.schedule(PROBE_MS, look);
    if (bus.state.kind !== 'connected') return;
    if (asked !== undefined) {
      waited += PROBE_MS;
      if (waited >= SILENT_MS) tell(true);
      return;
    }
    waited = 0;
    asked = clock.steady();
    bus.publish({ exchange: '', key: NOBODY, headers: {}, lines: [] }).then(
      () => {
        took = clock.steady() - (asked ?? 0);
        asked = undefined;
        tell(false);
      },
      // The connection is lost, which everybody knows.
      () => {
        took = Number.POSITIVE_INFINITY;
        asked = undefined;
      },
    );
  };
  look();
  return {
    brisk: () => took < BRISK_MS && (asked === undefined || clock.steady() - asked < BRISK_MS),
  };
}
