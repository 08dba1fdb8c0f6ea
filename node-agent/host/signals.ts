/** Signals by number, as the kernel reports them, and by name, as POSIX and Node.js do. */
import { constants } from 'node:os';

const names = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

export const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name);

/** null for a number that is no signal here. */
export const signalName = (number: number): NodeJS.Signals | null => names.get(number) ?? null;
